import { sha256 as sha256Js } from '@noble/hashes/sha2.js';
import type { Sha256Hex } from '../../contract/units.js';

/**
 * Sha256 over exactly `chunks`. WebCrypto is absent on insecure origins (plain http that is not localhost): there a small
 * JavaScript implementation does it, some ten times slower.
 */
export async function sha256(chunks: readonly Uint8Array[], subtle: SubtleCrypto | undefined): Promise<Sha256Hex> {
  if (subtle === undefined) {
    const hash = sha256Js.create();
    for (const chunk of chunks) hash.update(chunk);
    return toHex(hash.digest());
  }
  return toHex(new Uint8Array(await subtle.digest('SHA-256', joinChunks(chunks))));
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

function toHex(digest: Uint8Array): Sha256Hex {
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('') as Sha256Hex;
}
