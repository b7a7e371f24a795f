import { describeThrown } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';
import type { Sha256Hex } from '../../contract/units.js';

type HashChunks = (chunks: readonly Uint8Array[]) => Uint8Array;

/**
 * Sha256 over exactly the bytes given. WebCrypto is absent on insecure origins (plain http that is not localhost): there a part
 * of its own, in JavaScript, is imported from `chunkUrl`; it is some ten times slower.
 */
export class Hasher {
  /** Where `hash.js` is; the page knows. */
  chunkUrl: string | null = null;
  readonly #subtle: SubtleCrypto | undefined;
  #chunk: Promise<HashChunks> | null = null;

  constructor(subtle: SubtleCrypto | undefined) {
    this.#subtle = subtle;
  }

  async sha256(chunks: readonly Uint8Array[]): Promise<Sha256Hex> {
    if (this.#subtle !== undefined) return toHex(await this.#subtle.digest('SHA-256', joinChunks(chunks)));
    this.#chunk ??= importChunk(this.chunkUrl);
    return toHex((await this.#chunk)(chunks));
  }
}

async function importChunk(url: string | null): Promise<HashChunks> {
  try {
    const chunk = (await import(/* @vite-ignore */ String(url))) as { hashChunks: HashChunks };
    return chunk.hashChunks;
  } catch (cause) {
    throw new PluginError('unsupported', {
      message: `Hashes cannot be computed here: there is no WebCrypto, and hash.js did not load (${describeThrown(cause)})`,
      fix: 'Serve the page over https, or serve hash.js next to the library, under a policy that lets worker.js import it.',
      cause,
    });
  }
}

/** One array with all bytes; the chunk itself if there is only one. */
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
