/** Bundles of the vowel counter, signed as a publisher's tool would. */

import { pluginStatement } from 'tenon/library';
import type { SpecContext } from '../harness.js';
import { bytesOf, vowels } from '../loading/load-kit.js';
import { fileOf, zipOf } from './library-kit.js';

const base64 = (bytes: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(bytes)));

export async function publisher(context: SpecContext): Promise<CryptoKeyPair> {
  if (!context.secure) context.skip('there is no WebCrypto on an insecure page');
  try {
    return await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
  } catch {
    return context.skip('this build of the engine has no Ed25519');
  }
}

export async function signedBundle(
  context: SpecContext,
  version: string,
  keys: CryptoKeyPair | null,
  more: Readonly<Record<string, unknown>> = {},
): Promise<File> {
  const wasm = await bytesOf(context, vowels);
  const manifest = JSON.stringify({
    wasm: [{ url: 'vowels.wasm' }],
    plugin: { id: 'v', name: 'Vowels', version },
    ...more,
  });
  const entries: [string, Uint8Array | string][] = [
    ['manifest.json', manifest],
    ['vowels.wasm', wasm],
  ];
  if (keys !== null) {
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', wasm));
    const moduleHashes = [Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')];
    const statement = await pluginStatement({ id: 'v', version, manifest, moduleHashes });
    const signature = base64(await crypto.subtle.sign('Ed25519', keys.privateKey, statement));
    const publicKey = base64(await crypto.subtle.exportKey('raw', keys.publicKey));
    entries.push(['signature.json', JSON.stringify({ publicKey, signature })]);
  }
  return fileOf(zipOf(entries), 'vowels.zip');
}
