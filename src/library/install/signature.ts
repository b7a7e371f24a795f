import { PluginError } from '../../contract/errors.js';
import { jsonFault } from '../../manifest/json-limits.js';
import { fromBase64, secureOnly } from '../hash.js';
import type { SignatureRecord } from '../storage/record.js';

/** Room for both values and for fields of other tools. */
const signatureLimits = { maxChars: 16_384, maxDepth: 8, maxValues: 100 };

/**
 * Reads a detached signature: JSON with `publicKey` (raw Ed25519, 32 bytes) and `signature` (64 bytes), in base64.
 * @throws PluginError `signature-invalid`
 */
export function readSignature(given: unknown, label: string): SignatureRecord {
  const value: unknown = typeof given === 'string' ? parseJson(given, label) : given;
  if (typeof value === 'object' && value !== null && 'publicKey' in value && 'signature' in value) {
    const { publicKey, signature } = value;
    if (isBase64(publicKey, 32) && isBase64(signature, 64)) return { publicKey, signature };
  }
  throw invalid(label, 'expected JSON with publicKey (32 bytes) and signature (64 bytes) in base64');
}

/** Verifies a signature. @throws PluginError `signature-invalid`; `unsupported` if the browser has no Ed25519 */
export async function verifySignature(
  { publicKey, signature }: SignatureRecord,
  statement: Uint8Array<ArrayBuffer>,
  label: string,
): Promise<void> {
  const subtle = secureOnly(crypto.subtle);
  let key: CryptoKey;
  try {
    key = await subtle.importKey('raw', bytesOf(publicKey), 'Ed25519', false, ['verify']);
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'NotSupportedError') {
      throw new PluginError('unsupported', {
        message: `This browser cannot verify the signature of ${label}: it does not support Ed25519`,
        where: label,
        fix: 'Use a newer browser, or install a version without a signature.',
        cause,
      });
    }
    throw invalid(label, 'the key is not an Ed25519 key', cause);
  }
  const isGood = await subtle.verify('Ed25519', key, bytesOf(signature), statement);
  if (!isGood) throw invalid(label, 'it does not match the plug-in');
}

function invalid(label: string, what: string, cause?: unknown): PluginError {
  return new PluginError('signature-invalid', {
    message: `The signature of ${label} is invalid: ${what}`,
    where: label,
    fix: 'Download the plug-in again from its publisher.',
    cause,
  });
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return fromBase64(base64) ?? new Uint8Array(0);
}

function isBase64(value: unknown, size: number): value is string {
  // Four characters for three bytes, rounded up.
  const isShort = typeof value === 'string' && value.length <= Math.ceil(size / 3) * 4;
  return isShort && fromBase64(value)?.length === size;
}

function parseJson(text: string, label: string): unknown {
  const fault = jsonFault(text, signatureLimits);
  if (fault !== null) throw invalid(label, fault);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(label, 'it is not JSON', cause);
  }
}
