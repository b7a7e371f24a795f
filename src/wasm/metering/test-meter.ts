import { meterAskExport, meterLeftExport } from '../../contract/abi.js';
import type { ModuleReport } from '../../contract/module-report.js';
import { meterModule } from './meter.js';
import type { MeterLevel } from '../../contract/policy.js';
import { gated } from '../gate/test-gate.js';
import { joined } from '../reader/test-modules.js';
import { assemble } from '../reader/test-wat.js';

/** Runs modules beside their metered versions, for tests in Node and in browsers. */

export const meterLevels: readonly MeterLevel[] = ['interrupt', 'fuel'];

export function metered(bytes: Uint8Array, level: MeterLevel): Uint8Array<ArrayBuffer> {
  return joined(meterModule(bytes, level));
}

/** (module (type (func (param i32) (result i32))) (import "m" "f" (func (type 0))) (func (export "f") (type 0) local.get 0 call 0)) */
const thunk = Uint8Array.from([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f, 2, 7, 1, 1, 0x6d, 1, 0x66, 0, 0, 3, 2, 1, 0, 7, 5,
  1, 1, 0x66, 0, 1, 10, 8, 1, 6, 0, 0x20, 0, 0x10, 0, 0x0b,
]);

/** The host function that grants more work: it returns how much is left then, or a negative number to stop. */
export type Ask = (left: number) => number;

/** Attaches a host function to a metered instance; does nothing for another one. */
export function attach(exports: WebAssembly.Exports, ask: Ask): void {
  const table = exports[meterAskExport];
  if (!(table instanceof WebAssembly.Table)) return;
  const { exports: made } = new WebAssembly.Instance(new WebAssembly.Module(thunk), { m: { f: ask } });
  table.set(0, made['f']);
}

/** Counts the fuel that a metered instance uses, and stops it past a limit. */
export class Tank {
  asked = 0;
  slice = 10_000;
  readonly #limit: number;
  #granted = 0;
  #left: ((more: number) => number) | null = null;

  constructor(limit = Infinity) {
    this.#limit = limit;
  }

  attach(exports: WebAssembly.Exports): void {
    const left = exports[meterLeftExport];
    if (typeof left === 'function') this.#left = (more) => Number(left(more));
    attach(exports, (remaining) => this.#ask(remaining));
  }

  get used(): number {
    return this.#granted - (this.#left?.(0) ?? 0);
  }

  #ask(remaining: number): number {
    this.asked += 1;
    const used = this.#granted - remaining;
    if (used > this.#limit) return -1;
    const slice = Math.min(this.slice, this.#limit - used);
    this.#granted = used + slice;
    return slice;
  }
}

const samples: Readonly<Record<string, unknown>> = {
  i32: 3,
  i64: 5n,
  f32: 1.5,
  f64: -2.25,
  externref: null,
  funcref: null,
};

/** Returns imports of the types in a report, whose functions always return the same values. */
export function stubImports(report: ModuleReport, memoryPages = 1): WebAssembly.Imports {
  const imports = Object.create(null) as WebAssembly.Imports;
  for (const entry of report.imports) {
    const group = (imports[entry.module] ??= Object.create(null) as WebAssembly.ModuleImports);
    if (entry.kind === 'function') {
      const results = entry.type.results.map((type) => samples[type] ?? null);
      group[entry.name] = () => (results.length === 1 ? results[0] : results);
    } else if (entry.kind === 'memory') {
      const { initial, maximum } = report.memories[0] ?? { initial: memoryPages, maximum: 16 };
      group[entry.name] = new WebAssembly.Memory({ initial, maximum: maximum ?? 65_536 });
    }
  }
  return imports;
}

/** Meters a module of these fields, and runs its export `run` until it returns or the tank is empty. */
export function runMetered(fields: string, level: MeterLevel, tank: Tank): unknown {
  const { bytes, report } = passed(assemble(fields));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(metered(bytes, level)));
  tank.attach(exports);
  const entry = exports[report.startExport ?? 'run'] ?? exports['run'];
  return typeof entry === 'function' ? entry() : 'nothing to run';
}

/** Runs all exports of a module, and returns the results or traps, then a digest of the memory. */
export function outcomes(bytes: Uint8Array<ArrayBuffer>, report: ModuleReport, tank: Tank = new Tank()): string[] {
  const lines: string[] = [];
  let instance: WebAssembly.Instance;
  try {
    instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), stubImports(report));
  } catch (thrown) {
    return [`instantiating: ${kindOf(thrown)}`];
  }
  const { exports } = instance;
  tank.attach(exports);
  if (report.startExport !== null) lines.push(outcomeOf(exports, report.startExport, []));
  for (const entry of report.exports) {
    if (entry.kind !== 'function') continue;
    const parameters = entry.type.params.map((type) => samples[type] ?? null);
    lines.push(outcomeOf(exports, entry.name, parameters));
  }
  for (const value of Object.values(exports)) if (value instanceof WebAssembly.Memory) lines.push(digest(value));
  return lines;
}

function outcomeOf(exports: WebAssembly.Exports, name: string, parameters: readonly unknown[]): string {
  const run = exports[name];
  if (typeof run !== 'function') return `${name}: none`;
  try {
    return `${name}: ${show(run(...parameters))}`;
  } catch (thrown) {
    return `${name}: ${kindOf(thrown)}`;
  }
}

function show(value: unknown): string {
  if (Array.isArray(value)) return value.map(show).join();
  // The bits of a NaN are the choice of the engine, and may differ from call to call.
  return typeof value === 'function' ? 'function' : Object.is(value, -0) ? '-0' : String(value);
}

/** Returns the kind of what was thrown, by its message. */
function kindOf(thrown: unknown): string {
  if (typeof WebAssembly.Exception === 'function' && thrown instanceof WebAssembly.Exception) return 'exception';
  return thrown instanceof Error
    ? `${thrown.name}: ${thrown.message.replace(/.*?: /u, '').slice(0, 60)}`
    : String(thrown);
}

/** Returns the FNV-1a hash of a memory. */
function digest({ buffer }: WebAssembly.Memory): string {
  let hash = 0x811c_9dc5;
  for (const word of new Uint32Array(buffer)) hash = Math.imul(hash ^ word, 0x0100_0193);
  return `${buffer.byteLength} bytes, ${(hash >>> 0).toString(16)}`;
}

/** Sends a module through the gate. */
export function passed(bytes: Uint8Array): ReturnType<typeof gated> {
  return gated(bytes, { maxPages: 64, allowGc: true });
}
