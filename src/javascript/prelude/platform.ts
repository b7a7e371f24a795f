import { fetchGlobal } from './fetch.js';
import type { Natives } from './natives.js';
import { structuredClone } from './structured-clone.js';
import { textCoding } from './text-coding.js';
import { URL } from './url.js';
import { URLSearchParams } from './url-search-params.js';

const quota = 65_536;

/** What platforms provide besides the language. It is evaluated when a plug-in reads one of its names. */
export default function platform(
  native: Natives,
  { Http }: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const encode = (text: string): Uint8Array => native.x(text.toWellFormed());
  return {
    ...textCoding(native),
    URL,
    URLSearchParams,
    structuredClone,
    crypto: cryptoGlobal(native),
    fetch: fetchGlobal(Http as Parameters<typeof fetchGlobal>[0], encode),
  };
}

function cryptoGlobal(native: Natives): Record<string, unknown> {
  return {
    getRandomValues<View extends ArrayBufferView>(view: View): View {
      if (!ArrayBuffer.isView(view) || view instanceof Float32Array || view instanceof Float64Array)
        throw new TypeError('getRandomValues() expects an array of integers');
      if (view.byteLength > quota)
        throw new DOMException(`getRandomValues() fills at most ${quota} bytes`, 'QuotaExceededError');
      native.m(view);
      return view;
    },
    randomUUID(): string {
      const bytes = new Uint8Array(16);
      native.m(bytes);
      bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
      bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
      return bytes.toHex().replace(/^(.{8})(.{4})(.{4})(.{4})/u, '$1-$2-$3-$4-');
    },
  };
}
