import { moduleItems, parseManifestJson } from '../../manifest/parse.js';
import type { ReadRequest } from '../../manifest/package-files.js';

/** The JSON value of a manifest, and the buffers of the modules in it. */
export interface ManifestValue {
  readonly value: unknown;
  readonly buffers: ArrayBuffer[];
}

/** Parses the text of a manifest. @throws PluginError `invalid-manifest` for other text than JSON, and beyond the limits */
export function readManifestValue({ text, label }: Extract<ReadRequest, { do: 'manifest' }>): ManifestValue {
  const value = parseManifestJson(typeof text === 'string' ? text : new TextDecoder().decode(text), label);
  const buffers = moduleItems(value).flatMap(({ data }) =>
    data instanceof Uint8Array ? [data.buffer as ArrayBuffer] : [],
  );
  return { value, buffers };
}
