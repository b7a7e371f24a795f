import { PluginError } from '../../contract/errors.js';
import type { FunctionType } from '../../contract/module-report.js';
import type { PlannedImport } from './link-plan.js';

/**
 * Functions that can be imported before the module that exports them is instantiated, for modules that import from each other in a
 * cycle. A generated module exports one function for each import, which calls the real one through a table. No JavaScript is
 * between the two modules, so that a guest can be suspended during the call.
 */
export class Thunks {
  readonly #table: WebAssembly.Table;
  readonly #exports: WebAssembly.Exports;
  /** The place of each import in the table. */
  readonly #places: ReadonlyMap<PlannedImport, number>;

  constructor(types: ReadonlyMap<PlannedImport, FunctionType>) {
    const module = new WebAssembly.Module(thunkModule(Array.from(types.values())));
    this.#exports = new WebAssembly.Instance(module).exports;
    this.#table = this.#exports['table'] as WebAssembly.Table;
    this.#places = new Map(Array.from(types.keys(), (wanted, place) => [wanted, place]));
  }

  /** Returns the function to import; undefined for an import that needs no thunk. */
  of(wanted: PlannedImport): WebAssembly.ImportValue | undefined {
    const place = this.#places.get(wanted);
    return place === undefined ? undefined : this.#exports[String(place)];
  }

  /** Sets the function that the thunk of `wanted` calls. */
  fill(wanted: PlannedImport, target: WebAssembly.ExportValue): void {
    this.#table.set(this.#places.get(wanted) ?? 0, target);
  }
}

const preamble: readonly number[] = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

const valueTypeBytes: ReadonlyMap<string, number> = new Map([
  ['i32', 0x7f],
  ['i64', 0x7e],
  ['f32', 0x7d],
  ['f64', 0x7c],
  ['v128', 0x7b],
  ['funcref', 0x70],
  ['externref', 0x6f],
]);

/** Encodes the module of the thunks (https://webassembly.github.io/spec/core/binary/modules.html). */
function thunkModule(types: readonly FunctionType[]): Uint8Array<ArrayBuffer> {
  const numbers = types.map((_type, index) => index);
  const functionTypes = types.map(({ params, results }) => [0x60, ...list(params, byteOf), ...list(results, byteOf)]);
  const bodies = types.map(({ params }, index) => {
    // local.get of all parameters, i32.const of the index in the table, call_indirect with the type of the function, end.
    const gets = params.flatMap((_param, local) => [0x20, ...unsigned(local)]);
    const body = [0, ...gets, 0x41, ...signed(index), 0x11, ...unsigned(index), 0, 0x0b];
    return [...unsigned(body.length), ...body];
  });
  const functionExports = numbers.map((index) => [...text(String(index)), 0, ...unsigned(index)]);
  return Uint8Array.from([
    ...preamble,
    ...section(
      1,
      list(functionTypes, (type) => type),
    ),
    ...section(3, list(numbers, unsigned)),
    ...section(4, [1, 0x70, 0, ...unsigned(types.length)]),
    ...section(
      7,
      list([...functionExports, [...text('table'), 1, 0]], (entry) => entry),
    ),
    ...section(
      10,
      list(bodies, (body) => body),
    ),
  ]);
}

function byteOf(type: string): number[] {
  const byte = valueTypeBytes.get(type);
  if (byte !== undefined) return [byte];
  throw new PluginError('unsupported', {
    message: `Cannot link an import cycle: its functions use the value type ${type}`,
    expected: `one of ${Array.from(valueTypeBytes.keys()).join(', ')}`,
    actual: type,
    fix: 'Break the cycle by moving the shared functions into a third module.',
  });
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function list<Item>(items: readonly Item[], encode: (item: Item) => readonly number[]): number[] {
  return [...unsigned(items.length), ...items.flatMap(encode)];
}

function text(value: string): number[] {
  return [...unsigned(value.length), ...Array.from(value, (letter) => letter.charCodeAt(0))];
}

/** Encodes an unsigned LEB128 integer. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signed(value >>> 7)];
}
