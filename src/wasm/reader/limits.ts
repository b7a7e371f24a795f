import { refuse } from './caps.js';
import { hex } from './reader.js';
import type { Reader } from './reader.js';

/** The limits of a memory or table, which are in the section from `start` up to, not including, `end`. */
export interface Limits {
  readonly start: number;
  readonly end: number;
  readonly initial: number;
  readonly maximum: number | null;
}

/** The pages of 4 GiB, the largest 32-bit memory: a cap of this many is no cap. */
export const mostPages = 65_536;

/**
 * Reads the limits of a memory or table. https://webassembly.github.io/spec/core/binary/types.html#limits
 * An unknown flag is refused, not skipped: that of custom page sizes would change what a page is.
 */
export function readLimits(reader: Reader, where: string): Limits {
  const start = reader.position;
  const flags = reader.byte();
  if (flags < 8 && (flags & 2) !== 0) {
    const fix = 'Build the plug-in without threads.';
    throw refuse('memory-shared', { where, expected: 'memory that is not shared', actual: 'shared', fix });
  }
  if (flags < 8 && (flags & 4) !== 0) {
    const fix = 'Build the plug-in for wasm32, not wasm64.';
    throw refuse('memory-64', { where, expected: '32-bit addresses', actual: '64-bit', fix });
  }
  if (flags > 1) throw reader.fail('limits (0 or 1)', hex(flags));
  const initial = reader.u32();
  const maximum = flags === 1 ? reader.u32() : null;
  if (maximum !== null && maximum < initial) {
    throw reader.fail(`a maximum of at least the initial ${initial}`, String(maximum));
  }
  return { start, end: reader.position, initial, maximum };
}
