import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runCount } from '../../../contract/test-runs.js';
import { Allowance, mostUnreadBytes } from './allowance.js';
import { LineStream } from './lines.js';

/** Returns what a stream emits for pieces of bytes, written one after the other. */
function linesOf(pieces: readonly Uint8Array[], allowance = new Allowance(() => {})): [string, boolean][] {
  const lines: [string, boolean][] = [];
  const stream = new LineStream((...line) => lines.push(line), allowance);
  for (const piece of pieces) expect(stream.write(piece)).toBe(piece.length);
  stream.flush();
  return lines;
}

/** Texts with long lines, line ends of all kinds, and characters of one to four bytes. */
const printed = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom('\n', '\r\n', '\ufeff', '€'.repeat(6_000), '😀'.repeat(5_000), 'x'.repeat(16_384)),
    ),
    { maxLength: 8 },
  )
  .map((texts) => texts.join('').toWellFormed());

test('lines hold the text that was written, wherever the writes are split', () => {
  fc.assert(
    fc.property(printed, fc.array(fc.nat(40_000), { maxLength: 6 }), (text, cuts) => {
      const bytes = new TextEncoder().encode(text);
      const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort((a, b) => a - b);
      const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
      const lines = linesOf(pieces);
      expect(lines.map(([line, continues]) => (continues ? line : `${line}\n`)).join('')).toBe(text);
      expect(lines.every(([line]) => new TextEncoder().encode(line).length <= 16_384)).toBe(true);
    }),
    { numRuns: runCount(200) },
  );
});

test('bytes that are no UTF-8 become U+FFFD and end no line', () => {
  expect(linesOf([Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0xff, 10)])).toEqual([['\ufffd'.repeat(5), false]]);
  const [first] = linesOf([new Uint8Array(16_385).fill(0x80)]);
  expect(first).toEqual(['\ufffd'.repeat(16_384), true]);
});

test('a stream of empty lines is full long before there are 64 Mi of them', () => {
  let full = 0;
  let lines = 0;
  const stream = new LineStream(() => (lines += 1), new Allowance(() => (full += 1)));
  const newlines = new Uint8Array(2_000_000).fill(10);
  expect(stream.write(newlines)).toBeLessThan(newlines.length);
  expect(stream.write(newlines)).toBe(0);
  expect(lines).toBeLessThanOrEqual(mostUnreadBytes / 64);
  expect(full).toBe(2);
});
