import type { ReadRequest } from '../../manifest/package-files.js';
import { askReader } from './ask-reader.js';

const parseTimeoutMs = 10_000;

/** Parses an output of the plug-in `name`. A lazy chunk. @throws PluginError as `askReader`, and `output-format` */
export function parseOutput(start: () => Worker, name: string, request: ReadRequest): Promise<unknown> {
  const label = `the output of ${name}`;
  return askReader(start, request, { label, timeoutMs: parseTimeoutMs, signal: null, onProgress: () => {} });
}
