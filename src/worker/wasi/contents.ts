const chunkBytes = 1_048_576;
const minBytes = 256;
const noBytes = new Uint8Array(0);

/**
 * The bytes of one file in chunks of 1 MiB, so that growing copies at most one of them. Ranges that were never written take no
 * memory and read as zeros.
 */
export class FileContents {
  /** Each is at most `chunkBytes` long, and shorter if the rest is zeros. */
  #chunks: (Uint8Array<ArrayBuffer> | undefined)[] = [];
  #size = 0;

  /** Takes ownership of `initial`. */
  constructor(initial?: Uint8Array<ArrayBuffer>) {
    if (initial === undefined) return;
    this.#size = initial.length;
    for (let start = 0; start < initial.length; start += chunkBytes) {
      this.#chunks.push(initial.subarray(start, start + chunkBytes));
    }
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
      const found = this.#chunks[Math.floor(at / chunkBytes)]?.subarray(offset, offset + length);
      if (found !== undefined) target.set(found, done);
      target.fill(0, done + (found?.length ?? 0), done + length);
      done += length;
    }
    return count;
  }

  /** Writes `source` at `position`. The caller has checked the quota. */
  write(source: Uint8Array, position: number): void {
    for (let done = 0; done < source.length;) {
      const at = position + done;
      const offset = at % chunkBytes;
      const length = Math.min(source.length - done, chunkBytes - offset);
      const chunk = this.#chunkOf(Math.floor(at / chunkBytes), offset + length);
      chunk.set(source.subarray(done, done + length), offset);
      done += length;
    }
    this.#size = Math.max(this.#size, position + source.length);
  }

  resize(size: number): void {
    if (size < this.#size) {
      this.#chunks.length = Math.min(this.#chunks.length, Math.ceil(size / chunkBytes));
      // The bytes that are cut off must read as zeros when the file grows again.
      if (size % chunkBytes !== 0) this.#chunks[Math.floor(size / chunkBytes)]?.fill(0, size % chunkBytes);
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
      const chunk = this.#chunks[start / chunkBytes]?.subarray(0, length) ?? noBytes;
      if (chunk.length > 0) yield chunk;
      if (chunk.length < length) yield new Uint8Array(length - chunk.length);
    }
  }

  #chunkOf(index: number, length: number): Uint8Array<ArrayBuffer> {
    const present = this.#chunks[index];
    if (present !== undefined && present.length >= length) return present;
    const doubled = Math.max(length, (present?.length ?? 0) * 2, minBytes);
    const chunk = new Uint8Array(index > 0 ? chunkBytes : Math.min(chunkBytes, doubled));
    if (present !== undefined) chunk.set(present);
    this.#chunks[index] = chunk;
    return chunk;
  }
}
