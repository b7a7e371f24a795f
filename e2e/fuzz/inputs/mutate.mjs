// Mutations of inputs for the fuzzer. All randomness comes from one seed.

/** @typedef {(limit: number) => number} Random An integer from 0 to below `limit`. */

/** The largest input: what grows faster than its input shows well before. */
const maxBytes = 1 << 20;

/** @param {number} seed @returns {Random} The generator mulberry32. */
export function randomOf(seed) {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % Math.max(1, limit);
  };
}

/** Bytes and numbers at which decoders go wrong: LEB128 of 0, 127, 2^31 - 1, 2^32 - 1 and longer than allowed. */
const numbers = [
  [0],
  [1],
  [0x7f],
  [0x80, 1],
  [0xff, 0x7f],
  [0xff, 0xff, 0xff, 0xff, 7],
  [0xff, 0xff, 0xff, 0xff, 15],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0],
  [0x7f, 0xff],
  [0xff, 0xff, 0xff, 0xff],
];

/** @typedef {(bytes: Uint8Array, random: Random, other: Uint8Array, words: readonly Uint8Array[]) => Uint8Array} Mutation */

/** @param {Uint8Array} bytes @param {number} from @param {number} to @param {Uint8Array} piece */
function spliced(bytes, from, to, piece) {
  const all = new Uint8Array(bytes.length - (to - from) + piece.length);
  all.set(bytes.subarray(0, from));
  all.set(piece, from);
  all.set(bytes.subarray(to), from + piece.length);
  return all;
}

/** @param {Uint8Array} bytes @param {Random} random @returns {readonly [from: number, to: number]} */
function range(bytes, random) {
  const from = random(bytes.length + 1);
  const most = random(4) === 0 ? bytes.length - from : Math.min(64, bytes.length - from);
  return [from, from + random(most + 1)];
}

/** @type {readonly Mutation[]} */
const mutations = [
  (bytes, random) => {
    const changed = bytes.slice();
    const at = random(bytes.length);
    if (at < bytes.length) changed[at] = (changed[at] ?? 0) ^ (1 << random(8));
    return changed;
  },
  (bytes, random) => {
    const changed = bytes.slice();
    const at = random(bytes.length);
    if (at < bytes.length) changed[at] = random(256);
    return changed;
  },
  (bytes, random) => {
    const at = random(bytes.length + 1);
    const number = Uint8Array.from(numbers[random(numbers.length)] ?? [0]);
    return spliced(bytes, at, Math.min(bytes.length, at + random(number.length + 1)), number);
  },
  (bytes, random) => spliced(bytes, ...range(bytes, random), new Uint8Array()),
  // The same piece again and again: what makes quadratic readers slow.
  (bytes, random) => {
    const [from, to] = range(bytes, random);
    const piece = bytes.subarray(from, to);
    const times = 1 << random(random(3) === 0 ? 17 : 6);
    const count = Math.min(times, Math.floor((maxBytes - bytes.length) / Math.max(1, piece.length)));
    if (piece.length === 0 || count < 1) return bytes;
    const repeated = new Uint8Array(piece.length * count);
    for (let at = 0; at < repeated.length; at += piece.length) repeated.set(piece, at);
    return spliced(bytes, to, to, repeated);
  },
  (bytes, random, other) => {
    const [from, to] = range(other, random);
    return spliced(bytes, ...range(bytes, random), other.subarray(from, to));
  },
  (bytes, random, _other, words) => {
    const at = random(bytes.length + 1);
    const word = words[random(words.length)] ?? new Uint8Array();
    return spliced(bytes, at, Math.min(bytes.length, at + (random(2) === 0 ? word.length : 0)), word);
  },
];

/**
 * Returns `bytes` with one to eight random changes.
 * @param {Uint8Array} bytes
 * @param {Random} random
 * @param {Uint8Array} other Another input, of which parts are taken.
 * @param {readonly Uint8Array[]} words Words of the format.
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function mutated(bytes, random, other, words) {
  let changed = bytes;
  for (let count = 1 << random(4); count > 0; count -= 1) {
    const next = mutations[random(mutations.length)]?.(changed, random, other, words) ?? changed;
    if (next.length <= maxBytes) changed = next;
  }
  return Uint8Array.from(changed);
}
