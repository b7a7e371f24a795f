import { encodeU32 } from '../wasm/reader/reader.js';

export const preamble: readonly number[] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** Encodes a name of the binary format. */
export function nameBytes(name: string): number[] {
  const bytes = new TextEncoder().encode(name);
  return [...encodeU32(bytes.length), ...bytes];
}

/** Encodes a vector of items that are encoded already. */
export function vector(items: readonly (readonly number[])[]): number[] {
  return [...encodeU32(items.length), ...items.flat()];
}

/** Puts a size in front of the bytes of a function body. */
export function sized(bytes: readonly number[]): number[] {
  return [...encodeU32(bytes.length), ...bytes];
}

/** Returns the pieces of a section. */
export function section(id: number, ...pieces: readonly ArrayLike<number>[]): ArrayLike<number>[] {
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  return [[id, ...encodeU32(size)], ...pieces];
}

export function joined(pieces: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
