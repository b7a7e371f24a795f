import { PluginError } from '../contract/errors.js';
import type { Sha256Hex } from '../contract/units.js';

/** Returns the sha256 of bytes in hex. @throws PluginError `unsupported` on an insecure page, which has no WebCrypto */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<Sha256Hex> {
  const digest = new Uint8Array(await secureOnly(crypto.subtle).digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('') as Sha256Hex;
}

/** Returns an API that insecure pages lack, although its type says otherwise. @throws PluginError `unsupported` */
export function secureOnly<Api extends object>(api: Api | undefined): Api {
  if (api !== undefined) return api;
  throw new PluginError('unsupported', {
    message: 'Plug-ins cannot be stored on an insecure page, which has no WebCrypto and no Web Locks',
    where: 'library',
    fix: 'Serve the page over https, or from localhost.',
  });
}

/** Decodes base64. Returns null for invalid text. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
}
