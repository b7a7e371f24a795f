import { encodeU32 } from './reader.js';

/** Hand-made modules for tests: the sections are arrays of bytes, and nothing is checked. */

export const preamble: readonly number[] = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

export function moduleOf(...sections: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from([...preamble, ...sections.flat()]);
}

export function section(id: number, body: readonly number[]): number[] {
  return [id, ...encodeU32(body.length), ...body];
}

export function vector(...items: readonly (readonly number[])[]): number[] {
  return [...encodeU32(items.length), ...items.flat()];
}

export function text(value: string): number[] {
  const bytes = [...new TextEncoder().encode(value)];
  return [...encodeU32(bytes.length), ...bytes];
}

export function custom(name: string, ...body: readonly number[]): number[] {
  return section(0, [...text(name), ...body]);
}

export function limits(initial: number, maximum?: number): number[] {
  return maximum === undefined ? [0, ...encodeU32(initial)] : [1, ...encodeU32(initial), ...encodeU32(maximum)];
}

export function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
