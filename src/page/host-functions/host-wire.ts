import type { HostRequest, MemoryImage, WasmValue } from '../../contract/host-function.js';
import type { TableEntry } from './host-table.js';
import { asBytes, asText, malformed } from '../base/parse-message.js';
import { parseVars } from '../workers/wire.js';

/**
 * What a worker asks of the page, parsed as hostile. Whether values have their parameter's type is seen when they are used.
 * @throws PluginError `protocol`
 */
export function parseRequest(data: unknown, table: readonly TableEntry[]): HostRequest {
  if (!Array.isArray(data)) throw malformed('a question', 'a list');
  const [number, kind, ...rest] = data as readonly unknown[];
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) throw malformed('a number', 'a whole number');
  switch (kind) {
    case 'more':
      return [number, 'more'];
    case 'http':
      return [number, 'http', asText(rest[0], 'request'), rest[1] === null ? null : asBytes(rest[1], 'body')];
    case 'call': {
      const [index, entry] = functionAt(table, rest[0]);
      return [number, 'call', index, listOf(rest[1], entry.params.length)];
    }
    case 'raw': {
      const [index, entry] = functionAt(table, rest[0]);
      if (entry.wire.types !== null) throw malformed('index', 'that of a raw function');
      return [number, 'raw', index, wasmValues(rest[1]), parseImage(rest[2]), parseVars(rest[3])];
    }
    default:
      throw malformed('kind', 'http, call, raw or more');
  }
}

function functionAt(table: readonly TableEntry[], index: unknown): readonly [number, TableEntry] {
  const entry = typeof index === 'number' ? table[index] : undefined;
  if (entry === undefined || typeof index !== 'number') throw malformed('index', 'that of a host function');
  return [index, entry];
}

function listOf(value: unknown, length: number): readonly unknown[] {
  if (Array.isArray(value) && value.length === length) return value;
  throw malformed('args', `a list of ${length}`);
}

/** https://webassembly.github.io/spec/core/appendix/implementation.html: no engine takes more parameters. */
const mostArguments = 1_000;

function wasmValues(value: unknown): WasmValue[] {
  const fits = Array.isArray(value) && value.length <= mostArguments;
  if (fits && value.every((item) => typeof item === 'number' || typeof item === 'bigint')) return value;
  throw malformed('args', 'a list of numbers and bigints');
}

function parseImage(value: unknown): MemoryImage {
  if (typeof value !== 'object' || value === null) throw malformed('memory', 'an image');
  const { bytes, secret } = value as Partial<Record<keyof MemoryImage, unknown>>;
  if (typeof secret !== 'bigint') throw malformed('secret', 'a bigint');
  return { bytes: asBytes(bytes, 'memory'), secret: BigInt.asIntN(64, secret) };
}
