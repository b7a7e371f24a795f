import type { HostRequest, MemoryImage, WasmValue } from '../../contract/host-function.js';
import type { TableEntry } from './host-table.js';
import { asBytes, asNumber, asText, malformed } from '../base/parse-message.js';
import { parseVars } from '../workers/wire.js';

/**
 * Parses a request of a worker. The types of arguments are checked later, when they are decoded (`readParam`).
 * @throws PluginError `protocol`
 */
export function parseRequest(data: unknown, table: readonly TableEntry[]): HostRequest {
  if (!Array.isArray(data)) throw malformed('a request', 'an array');
  const [number, kind, ...rest] = data as readonly unknown[];
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) throw malformed('the request number', 'an integer');
  switch (kind) {
    case 'more':
    case 'printed':
      return [number, kind];
    case 'print':
      if (rest[0] !== 'stdout' && rest[0] !== 'stderr') throw malformed('stream', 'stdout or stderr');
      return [number, 'print', rest[0], asBytes(rest[1], 'bytes')];
    case 'stdin':
      return [number, 'stdin', rest[0] === true, rest[1] === null ? null : asNumber(rest[1], 'withinMs')];
    case 'http':
      return [number, 'http', asText(rest[0], 'request'), rest[1] === null ? null : asBytes(rest[1], 'body')];
    case 'call': {
      const [index, entry] = functionAt(table, rest[0]);
      return [number, 'call', index, listOf(rest[1], entry.params.length)];
    }
    case 'raw': {
      const [index, entry] = functionAt(table, rest[0]);
      if (entry.wire.types !== null) throw malformed('index', 'the index of a raw function');
      return [number, 'raw', index, wasmValues(rest[1]), parseImage(rest[2]), parseVars(rest[3])];
    }
    default:
      throw malformed('kind', 'http, call, raw, more, print, printed or stdin');
  }
}

function functionAt(table: readonly TableEntry[], index: unknown): readonly [number, TableEntry] {
  const entry = typeof index === 'number' ? table[index] : undefined;
  if (entry === undefined || typeof index !== 'number') throw malformed('index', 'the index of a host function');
  return [index, entry];
}

function listOf(value: unknown, length: number): readonly unknown[] {
  if (Array.isArray(value) && value.length === length) return value;
  throw malformed('args', `an array of ${length} values`);
}

/** The most parameters that engines accept (https://webassembly.github.io/spec/js-api/#limits). */
const mostArguments = 1_000;

function wasmValues(value: unknown): WasmValue[] {
  const fits = Array.isArray(value) && value.length <= mostArguments;
  if (fits && value.every((item) => typeof item === 'number' || typeof item === 'bigint')) return value;
  throw malformed('args', 'an array of numbers and bigints');
}

function parseImage(value: unknown): MemoryImage {
  if (typeof value !== 'object' || value === null) throw malformed('memory', 'a memory image');
  const { bytes, secret } = value as Partial<Record<keyof MemoryImage, unknown>>;
  if (typeof secret !== 'bigint') throw malformed('secret', 'a bigint');
  return { bytes: asBytes(bytes, 'memory'), secret: BigInt.asIntN(64, secret) };
}
