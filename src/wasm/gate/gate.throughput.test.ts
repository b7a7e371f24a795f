import { expect, test } from 'vitest';
import { encodeU32 } from '../reader/reader.js';
import { moduleOf, section, vector } from '../reader/test-modules.js';
import { createGate } from './gate.js';

/** Returns a module of `count` functions of 250 bytes, with instructions as compilers emit them. */
function moduleOfFunctions(count: number): Uint8Array {
  const step = [0x20, 0, 0x41, 0xe5, 0x80, 0x26, 0x6c, 0x20, 1, 0x6a, 0x21, 0];
  const body = [2, 1, 0x7f, 1, 0x7e, ...Array.from({ length: 20 }, () => step).flat(), 0x20, 0, 0x0b];
  const entry = Uint8Array.from([...encodeU32(body.length), ...body]);
  const head = moduleOf(
    section(1, vector([0x60, 2, 0x7f, 0x7f, 1, 0x7f])),
    section(3, [...encodeU32(count), ...Array<number>(count).fill(0)]),
    [10, ...encodeU32(encodeU32(count).length + count * entry.length), ...encodeU32(count)],
  );
  const all = new Uint8Array(head.length + count * entry.length);
  all.set(head);
  for (let index = 0; index < count; index += 1) all.set(entry, head.length + index * entry.length);
  return all;
}

/** Sends a module through a gate `times` times, in chunks. */
function pass(bytes: Uint8Array, chunkBytes: number, times = 1): void {
  for (let turn = 0; turn < times; turn += 1) {
    const gate = createGate({ maxPages: 16 });
    for (let at = 0; at < bytes.length; at += chunkBytes) gate.push(bytes.subarray(at, at + chunkBytes));
    gate.finish();
  }
}

/** Reads each byte `times` times, which measures the speed of this machine. */
function sum(bytes: Uint8Array, times: number): number {
  let total = 0;
  for (let turn = 0; turn < times; turn += 1) {
    for (let at = 0; at < bytes.length; at += 1) total += bytes[at] ?? 0;
  }
  return total;
}

/** Returns the processor time of `work` in microseconds. Unlike elapsed time, it does not grow while other processes run. */
function costOf(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** Returns the ratio of the shortest times of both functions over several turns, which alternate so that a disturbance affects both. */
function ratioOf(over: () => unknown, under: () => unknown): number {
  const turns = Array.from({ length: 9 }, () => ({ over: costOf(over), under: costOf(under) }));
  return Math.min(...turns.map((turn) => turn.over)) / Math.min(...turns.map((turn) => turn.under));
}

const small = moduleOfFunctions(5_000);
const large = moduleOfFunctions(20_000);

test('the module that is measured is valid', () => {
  expect(WebAssembly.validate(Uint8Array.from(small))).toBe(true);
});

// If the time of the gate were quadratic, one large module would take four times as long as the same bytes in four modules.

test.each([1_000_000_000, 65_536, 1_024])('the time grows linearly with the code, in chunks of %i', (chunk) => {
  const ratio = ratioOf(
    () => pass(large, chunk, 3),
    () => pass(small, chunk, 12),
  );
  expect(ratio).toBeLessThan(2.5);
});

test('the time grows linearly with a buffered section that arrives byte by byte', () => {
  const types = (count: number): Uint8Array =>
    moduleOf(section(1, vector(...Array.from({ length: count }, () => [0x60, 1, 0x7f, 0]))));
  const [few, many] = [types(10_000), types(40_000)];
  const ratio = ratioOf(
    () => pass(many, 1),
    () => pass(few, 1, 4),
  );
  expect(ratio).toBeLessThan(2.5);
});

test('the gate takes less than 30 times as long as reading each byte once', () => {
  const ratio = ratioOf(
    () => pass(large, 65_536, 8),
    () => expect(sum(large, 8)).toBeGreaterThan(0),
  );
  expect(ratio).toBeLessThan(30);
});
