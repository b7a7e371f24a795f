import type { Natives } from './natives.js';

/** Returns `TextEncoder` and `TextDecoder`, for UTF-8 only: https://encoding.spec.whatwg.org. */
export function textCoding(native: Natives): Record<string, unknown> {
  class TextEncoder {
    readonly encoding = 'utf-8';

    encode(text: unknown = ''): Uint8Array {
      return native.x(String(text).toWellFormed());
    }

    encodeInto(text: unknown, target: Uint8Array): { read: number; written: number } {
      const source = String(text).toWellFormed();
      const bytes = native.x(source);
      let written = Math.min(bytes.length, target.length);
      // Never a part of a character: bytes 10xxxxxx continue one.
      while (written < bytes.length && written > 0 && ((bytes[written] ?? 0) & 0xc0) === 0x80) written -= 1;
      target.set(bytes.subarray(0, written));
      return { read: native.u(bytes.subarray(0, written)).length, written };
    }
  }

  class TextDecoder {
    readonly encoding = 'utf-8';
    readonly fatal: boolean;
    readonly ignoreBOM: boolean;
    #rest: readonly number[] = [];
    #began = false;

    constructor(label: unknown = 'utf-8', { fatal = false, ignoreBOM = false } = {}) {
      if (!/^\s*(?:utf-?8|unicode-1-1-utf-8)\s*$/iu.test(String(label))) {
        throw new RangeError(`The encoding "${String(label)}" is not supported: expected utf-8`);
      }
      this.fatal = fatal;
      this.ignoreBOM = ignoreBOM;
    }

    decode(source?: ArrayBufferLike | ArrayBufferView, { stream = false } = {}): string {
      let bytes = bytesOf(source);
      if (this.#rest.length > 0) bytes = Uint8Array.from([...this.#rest, ...bytes]);
      const end = stream ? completeLength(bytes) : bytes.length;
      this.#rest = Array.from(bytes.subarray(end));
      const text = this.#decode(bytes.subarray(0, end));
      const isStart = !this.#began;
      this.#began = stream && (this.#began || end > 0);
      return isStart && !this.ignoreBOM && text.startsWith('\uFEFF') ? text.slice(1) : text;
    }

    /** The native decoder is exact for valid UTF-8. What it replaced shows as U+FFFD or as a lone surrogate. */
    #decode(bytes: Uint8Array): string {
      const text = native.u(bytes);
      if (text.isWellFormed() && !text.includes('\uFFFD')) return text;
      return decodeUtf8(bytes, this.fatal);
    }
  }
  return { TextEncoder, TextDecoder };
}

function bytesOf(source: ArrayBufferLike | ArrayBufferView | undefined): Uint8Array {
  if (source === undefined) return new Uint8Array(0);
  if (!ArrayBuffer.isView(source)) return new Uint8Array(source);
  return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
}

/** Returns how many bytes a first byte needs after it. */
function following(first: number): number {
  if (first >= 0xc2 && first <= 0xdf) return 1;
  if (first >= 0xe0 && first <= 0xef) return 2;
  return first >= 0xf0 && first <= 0xf4 ? 3 : 0;
}

/** Returns the length without an incomplete character at the end. */
function completeLength(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const at = bytes.length - back;
    if (((bytes[at] ?? 0) & 0xc0) !== 0x80) return following(bytes[at] ?? 0) >= back ? at : bytes.length;
  }
  return bytes.length;
}

/** https://encoding.spec.whatwg.org/#utf-8-decoder */
function decodeUtf8(bytes: Uint8Array, fatal: boolean): string {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at] ?? 0;
    const count = following(first);
    let code = first < 0x80 ? first : count === 0 ? -1 : first & (0x3f >> count);
    at += 1;
    for (let index = 0; index < count && code >= 0; index += 1) {
      const byte = bytes[at] ?? 0;
      const lowest = index > 0 ? 0x80 : first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
      const highest = index > 0 ? 0xbf : first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
      if (at >= bytes.length || byte < lowest || byte > highest) {
        code = -1;
        break;
      }
      code = code * 64 + (byte & 0x3f);
      at += 1;
    }
    if (code < 0 && fatal) throw new TypeError('The bytes are not valid UTF-8');
    text += code < 0 ? '\uFFFD' : String.fromCodePoint(code);
  }
  return text;
}
