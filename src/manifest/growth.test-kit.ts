import { expect } from 'vitest';

/** Runs below this are too short to compare on a loaded machine. */
const shortestMs = 1;
const runs = 5;
const attempts = 3;
/** Three doublings: a linear parser takes 8 times as long, a quadratic one 64 times. */
const doublings = 3;
const mostGrowth = 40;
const largest = 2 ** 23;

/**
 * Expects that `parse` takes time in proportion to its input. The size is doubled until a run is long enough to be measured.
 * Of several runs the fastest counts, because other processes only ever slow one down.
 * @param inputOf returns the worst input of about `size` characters
 */
export function expectLinear<Input>(inputOf: (size: number) => Input, parse: (input: Input) => unknown): void {
  for (let size = 2 ** 12; size <= largest >> doublings; size *= 2) {
    const small = inputOf(size);
    if (fastest(small, parse, runs) < shortestMs) continue;
    const large = inputOf(size << doublings);
    let growth = Infinity;
    for (let attempt = 0; attempt < attempts && growth > mostGrowth; attempt += 1)
      growth = Math.min(growth, fastest(large, parse, runs) / Math.max(shortestMs, fastest(small, parse, runs)));
    expect(growth, `growth from ${size} to ${size << doublings} characters`).toBeLessThan(mostGrowth);
    return;
  }
  // Even the largest input was parsed at once: it is refused by its length.
}

/** Returns the processor time in milliseconds. Unlike elapsed time, it does not grow while other processes run. */
function fastest<Input>(input: Input, parse: (input: Input) => unknown, times: number): number {
  let best = Infinity;
  for (let run = 0; run < times; run += 1) {
    const start = process.cpuUsage();
    parse(input);
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, (user + system) / 1_000);
  }
  return best;
}
