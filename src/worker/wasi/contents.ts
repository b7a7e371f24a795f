import { type Extent, storedChunkBytes as chunkBytes } from '../../contract/storage/stored-journal.js';
import { refuse } from './errno.js';

const minBytes = 256;
const noBytes = new Uint8Array(0);

/** Where the chunks of stored files are. */
export interface ChunkStore {
  /**
   * Reads the bytes of a chunk that is not in memory, and may drop them later, as long as its `extent` is the same. Returns null if they
   * cannot be read.
   */
  load(chunk: Chunk, extent: Extent): Uint8Array<ArrayBuffer> | null;
  /** Called when nothing refers to these stored bytes any more. */
  release(extent: Extent): void;
  /** Returns false if `bytes` more changed bytes cannot be stored. */
  reserve(bytes: number): boolean;
}

/** A chunk is in memory, stored, or both. A stored one is replaced, never overwritten. */
export interface Chunk {
  /** At most `chunkBytes` long, and shorter if the rest is zeros. */
  bytes: Uint8Array<ArrayBuffer> | null;
  /** Null if the bytes were changed since they were stored. */
  extent: Extent | null;
}

/**
 * The bytes of one file in chunks, so that growing copies at most one of them. Ranges that were never written take no memory and
 * read as zeros.
 */
export class FileContents {
  /** The chunks that have changed since they were last stored. Only files of a stored directory record them. */
  readonly changed: Set<number> = new Set();
  readonly #store: ChunkStore | null;
  #chunks: (Chunk | undefined)[] = [];
  #size = 0;

  /** Takes ownership of `initial`. */
  constructor(initial: Uint8Array<ArrayBuffer> = noBytes, store: ChunkStore | null = null) {
    this.#store = store;
    this.#size = initial.length;
    this.prepare(0, initial.length);
    for (let start = 0; start < initial.length; start += chunkBytes) {
      this.#mark(this.#chunks.length);
      this.#chunks.push({ bytes: initial.subarray(start, start + chunkBytes), extent: null });
    }
  }

  /** Returns the contents of a file whose chunks are all stored. */
  static stored(store: ChunkStore | null, size: number, extents: ReadonlyMap<number, Extent>): FileContents {
    const contents = new FileContents(noBytes, store);
    contents.#size = size;
    for (const [index, extent] of extents) contents.#chunks[index] = { bytes: null, extent };
    return contents;
  }

  get size(): number {
    return this.#size;
  }

  /** Reads from `position` into `target`; returns the number of bytes read. */
  read(target: Uint8Array, position: number): number {
    const count = Math.max(0, Math.min(target.length, this.#size - position));
    for (let done = 0; done < count;) {
      const at = position + done;
      const offset = at % chunkBytes;
      const length = Math.min(count - done, chunkBytes - offset);
      const found = this.#bytesOf(Math.floor(at / chunkBytes)).subarray(offset, offset + length);
      target.set(found, done);
      target.fill(0, done + found.length, done + length);
      done += length;
    }
    return count;
  }

  /** Reserves room in the store for a change of these bytes; refuses with `nospc` if there is none. */
  prepare(position: number, length: number): void {
    if (this.#store === null) return;
    let needed = 0;
    for (let index = Math.floor(position / chunkBytes); index * chunkBytes < position + length; index += 1) {
      const chunk = this.#chunks[index];
      const present = chunk?.extent?.length ?? chunk?.bytes?.length ?? 0;
      const after = Math.min(chunkBytes, position + length - index * chunkBytes);
      needed += grownLength(present, after, index > 0) - (chunk?.extent === null ? present : 0);
    }
    if (needed > 0 && !this.#store.reserve(needed)) refuse('nospc');
  }

  /** Writes `source` at `position`. The caller has checked the quota, and called `prepare`. */
  write(source: Uint8Array, position: number): void {
    for (let done = 0; done < source.length;) {
      const at = position + done;
      const offset = at % chunkBytes;
      const length = Math.min(source.length - done, chunkBytes - offset);
      const chunk = this.#writable(Math.floor(at / chunkBytes), offset + length);
      chunk.set(source.subarray(done, done + length), offset);
      done += length;
    }
    this.#size = Math.max(this.#size, position + source.length);
  }

  resize(size: number): void {
    if (size < this.#size) {
      const kept = Math.ceil(size / chunkBytes);
      for (let index = kept; index < this.#chunks.length; index += 1) this.#release(index);
      this.#chunks.length = Math.min(this.#chunks.length, kept);
      this.#cut(Math.floor(size / chunkBytes), size % chunkBytes);
    }
    this.#size = size;
  }

  /** Returns a copy of all bytes. */
  bytes(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.#size);
    this.read(all, 0);
    return all;
  }

  /** Yields all bytes in pieces, without copying. */
  *pieces(): Generator<Uint8Array<ArrayBuffer>> {
    for (let start = 0; start < this.#size; start += chunkBytes) {
      const length = Math.min(chunkBytes, this.#size - start);
      const bytes = this.#bytesOf(start / chunkBytes).subarray(0, length);
      if (bytes.length > 0) yield bytes;
      if (bytes.length < length) yield new Uint8Array(length - bytes.length);
    }
  }

  /** Returns chunk `index`; undefined if it is all zeros. */
  chunk(index: number): Chunk | undefined {
    return this.#chunks[index];
  }

  /** Yields the chunks that are not all zeros. */
  *chunks(): Generator<readonly [index: number, chunk: Chunk]> {
    for (const [index, chunk] of this.#chunks.entries()) if (chunk !== undefined) yield [index, chunk];
  }

  /** Returns the bytes of a chunk that are to be stored. */
  toStore(index: number, { bytes }: Chunk): Uint8Array<ArrayBuffer> {
    return bytes?.subarray(0, Math.max(0, this.#size - index * chunkBytes)) ?? noBytes;
  }

  /** Makes the store write a chunk again, somewhere else. */
  rewrite(index: number): void {
    this.#writable(index, 0);
  }

  /** Bytes that are cut off must read as zeros when the file grows again. */
  #cut(index: number, length: number): void {
    const chunk = this.#chunks[index];
    if (chunk === undefined || length >= (chunk.extent?.length ?? chunk.bytes?.length ?? 0)) return;
    this.#writable(index, 0).fill(0, length);
  }

  #bytesOf(index: number): Uint8Array<ArrayBuffer> {
    const chunk = this.#chunks[index];
    if (chunk === undefined) return noBytes;
    if (chunk.bytes !== null || chunk.extent === null || this.#store === null) return chunk.bytes ?? noBytes;
    chunk.bytes = this.#store.load(chunk, chunk.extent) ?? refuse('io');
    return chunk.bytes;
  }

  /** Returns the bytes of a chunk, at least `length` of them, to be changed. */
  #writable(index: number, length: number): Uint8Array<ArrayBuffer> {
    const present = this.#bytesOf(index);
    if (this.#chunks[index]?.extent === null && present.length >= length) return present;
    let bytes = present;
    if (present.length < length) {
      bytes = new Uint8Array(grownLength(present.length, length, index > 0));
      bytes.set(present);
    }
    this.#release(index);
    this.#chunks[index] = { bytes, extent: null };
    return bytes;
  }

  #release(index: number): void {
    this.#mark(index);
    const extent = this.#chunks[index]?.extent;
    if (extent != null) this.#store?.release(extent);
  }

  #mark(index: number): void {
    if (this.#store !== null) this.changed.add(index);
  }
}

/** Returns the length to which a chunk of `present` bytes grows, so that it holds `length` bytes. */
function grownLength(present: number, length: number, toFull: boolean): number {
  if (present >= length) return present;
  return toFull ? chunkBytes : Math.min(chunkBytes, Math.max(length, present * 2, minBytes));
}
