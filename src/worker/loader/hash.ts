import { sha256 } from '@noble/hashes/sha2.js';

/**
 * Sha256 in JavaScript, a lazy chunk (`hash.js`): the loader imports it only where WebCrypto is absent, which is on
 * insecure origins.
 */
export function hashChunks(chunks: readonly Uint8Array[]): Uint8Array {
  const hash = sha256.create();
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest();
}
