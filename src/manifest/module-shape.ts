import type { Sha256Hex } from '../contract/units.js';
import { maxHeaderChars, maxHeaders, maxUrlChars, maxWordChars } from './caps.js';
import { kindOf, quote } from './issues.js';
import type { Place } from './issues.js';
import type { ParsedModule } from './parsed.js';
import { isJavaScriptName } from './javascript-name.js';
import { map, record, refine, shortText, text } from './shape.js';
import type { Shape } from './shape.js';

/** An item of `wasm`: its module, unless it has a fault, and its name for the check of names. */
export interface ModuleDraft {
  readonly module: ParsedModule | undefined;
  readonly name: string | undefined;
  readonly namePlace: Place;
}

export function nonEmpty(maxLength: number): Shape<string> {
  return shortText(maxLength, 'text that is not empty', (value) => value !== '', { minLength: 1 });
}

/** A token of RFC 9110: a method or a header name. */
const token = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$";
const isToken = (value: string): boolean => new RegExp(token).test(value);

const headerValue: Shape<string> = {
  form: { leaf: { type: 'string', pattern: '^[^\\0\\r\\n]*$', maxLength: maxHeaderChars } },
  read(value, place) {
    if (typeof value === 'string' && value.length > maxHeaderChars) {
      return place.expected(`at most ${maxHeaderChars} characters`, String(value.length));
    }
    if (typeof value === 'string' && !/[\0\r\n]/.test(value)) return value;
    // Not the value itself: it may be a secret.
    return place.expected('text without line breaks', kindOf(value));
  },
};

export const headers: Shape<ReadonlyMap<string, string>> = map(
  headerValue,
  (key, place) => {
    if (!isToken(key)) place.expected("a header's name", quote(key));
  },
  maxHeaders,
);

const hashPattern = '^(?:[0-9A-Fa-f]{64}|sha256-[A-Za-z0-9+/_-]{43}=?)$';
const hashText = shortText(
  maxWordChars,
  'sha256 as 64 hex digits or as sha256-<base64>',
  (value) => new RegExp(hashPattern).test(value),
  { pattern: hashPattern },
);

export const hash: Shape<Sha256Hex> = refine(hashText, (value) => {
  const hex = value.length === 64 ? value.toLowerCase() : hexOf(decodeBase64(value.slice('sha256-'.length)));
  return hex as Sha256Hex; // 64 lower-case hex digits: the pattern says so
});

export const data: Shape<Uint8Array<ArrayBuffer>> = {
  form: { leaf: { type: 'string', contentEncoding: 'base64' } },
  read(value, place) {
    if (typeof value !== 'string') return bytesOf(value) ?? place.expected('base64 text or bytes', kindOf(value));
    try {
      return decodeBase64(value);
    } catch {
      return place.expected('base64 text or bytes', quote(value));
    }
  },
};

export const moduleShape: Shape<ModuleDraft> = record(
  {
    url: nonEmpty(maxUrlChars),
    method: shortText(maxWordChars, "an HTTP method's name", isToken, { pattern: token }),
    headers,
    data,
    path: text(),
    name: nonEmpty(maxWordChars),
    hash,
    type: shortText(maxWordChars, 'javascript', (value) => value === 'javascript', { pattern: '^javascript$' }),
  },
  ({ parts, given }, place) => {
    const here = (field: 'path' | 'method' | 'headers' | 'name'): Place => place.inside(given.get(field) ?? field);
    const isUrl = given.has('url');
    const isData = given.has('data');
    if (given.has('path')) here('path').fault('paths work only in Node: use url or data');
    else if (isUrl && isData) place.fault('give url or data, not both');
    else if (!isUrl && !isData) place.fault('give url or data: where is the module?');
    else if (isData) {
      for (const field of ['method', 'headers'] as const)
        if (given.has(field)) here(field).fault('goes with url, not with data');
    }
    const isJavaScript = parts.type !== undefined || isJavaScriptName(parts.url ?? '');
    const item = { name: parts.name ?? null, hash: parts.hash ?? null, isJavaScript };
    let module: ParsedModule | undefined;
    if (parts.url !== undefined) {
      const method = parts.method?.toUpperCase() ?? 'GET';
      module = { kind: 'url', ...item, url: parts.url, method, headers: parts.headers ?? new Map() };
    } else if (parts.data !== undefined) module = { kind: 'data', ...item, bytes: parts.data };
    return { module, name: parts.name, namePlace: here('name') };
  },
);

/** Returns a view of the bytes. Shared memory is copied, because hashing and compiling reject it. */
function bytesOf(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  const view = ArrayBuffer.isView(value) ? value : viewOf(value);
  if (view === undefined) return undefined;
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return isUnshared(bytes) ? bytes : new Uint8Array(bytes);
}

function viewOf(value: unknown): DataView | undefined {
  try {
    return new DataView(value as ArrayBuffer); // throws for anything but a buffer, from any realm
  } catch {
    return undefined;
  }
}

function isUnshared(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return Object.prototype.toString.call(bytes.buffer) === '[object ArrayBuffer]';
}

/** Decodes base64, also with the URL-safe alphabet or without padding. Throws on invalid text. */
export function decodeBase64(base64: string): Uint8Array<ArrayBuffer> {
  const binary = atob(base64.replace(/-/g, '+').replace(/_/g, '/'));
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
