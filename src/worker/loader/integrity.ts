import type { Sha256Hex } from '../../contract/units.js';
import { importAsset } from '../import-asset.js';

/** The exports of `hash.js`. */
interface HashChunk {
  readonly hashChunks: (chunks: readonly Uint8Array[]) => Uint8Array;
}

/**
 * Computes sha256. WebCrypto is absent on insecure origins (plain http that is not localhost); there a lazy chunk in JavaScript is
 * imported from `chunkUrl`. It is about ten times slower.
 */
export class Hasher {
  /** Absolute URL of `hash.js`, which the page sends with each load. */
  chunkUrl: string | null = null;
  readonly #subtle: SubtleCrypto | undefined;
  #chunk: Promise<HashChunk> | null = null;

  constructor(subtle: SubtleCrypto | undefined) {
    this.#subtle = subtle;
  }

  async sha256(chunks: readonly Uint8Array[]): Promise<Sha256Hex> {
    if (this.#subtle !== undefined) return toHex(await this.#subtle.digest('SHA-256', joinChunks(chunks)));
    const chunk = (this.#chunk ??= importAsset<HashChunk>(String(this.chunkUrl)));
    chunk.catch(() => (this.#chunk = null));
    return toHex((await chunk).hashChunks(chunks));
  }
}

/** Returns all bytes in one array; the chunk itself if there is only one. */
export function joinChunks(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const [first] = chunks;
  if (chunks.length === 1 && first?.buffer instanceof ArrayBuffer) return first as Uint8Array<ArrayBuffer>;
  const joined = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    joined.set(chunk, offset);
    offset += chunk.length;
  }
  return joined;
}

function toHex(digest: ArrayBuffer | Uint8Array): Sha256Hex {
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('') as Sha256Hex;
}
