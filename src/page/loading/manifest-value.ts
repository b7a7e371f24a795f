import { parseManifestJson } from '../../manifest/parse.js';
import { askReader } from '../workers/ask-reader.js';

/** A text of this size takes the page a few milliseconds, whatever it contains. Larger ones are parsed in a worker. */
export const mostPageBytes = 65_536;
const parseTimeoutMs = 10_000;

export interface ManifestReading {
  /** How messages name the manifest. */
  readonly label: string;
  readonly startReader: () => Worker;
  readonly signal: AbortSignal | null;
}

/**
 * Parses the JSON text of a manifest, off the page's thread if it is large. The result is the input of `parseManifest`.
 * @throws PluginError `invalid-manifest`, and as `askReader`
 */
export async function manifestValue(
  text: string | Uint8Array<ArrayBuffer>,
  { label, startReader, signal }: ManifestReading,
): Promise<unknown> {
  if (text.length <= mostPageBytes)
    return parseManifestJson(typeof text === 'string' ? text : new TextDecoder().decode(text), label);
  const limits = { label, timeoutMs: parseTimeoutMs, signal, onProgress: () => {} };
  return askReader(startReader, { do: 'manifest', text, label }, limits);
}
