import { Place, Report } from './issues.js';
import { manifestShape, overridesShape } from './manifest-shape.js';
import type { ParsedManifest, SettingOverrides } from './parsed.js';
import { readAt } from './shape.js';
import type { Shape } from './shape.js';

export interface ParseOptions {
  /** What to do with fields that no manifest has; keys that start with `x-` are never refused. @default 'refuse' */
  readonly unknownFields?: 'refuse' | 'ignore';
}

/**
 * Reads a manifest, an object or JSON text, in camelCase, snake_case or both, into its one normal form. Only own
 * properties count. Null is the same as leaving a field out. Bytes in `data` and the values of `x-` keys are not copied.
 *
 * @param where what messages call it, such as its URL
 * @throws PluginError `invalid-manifest`; its `issues` hold every fault (the first 100), each with its path as written
 * @see https://extism.org/docs/concepts/manifest
 * @example parseManifest('{ "wasm": [{ "url": "count_vowels.wasm" }] }').main.name // 'main'
 */
export function parseManifest(input: unknown, where: string = 'manifest', options: ParseOptions = {}): ParsedManifest {
  const report = new Report(options.unknownFields === 'ignore');
  return readWhole(manifestShape, typeof input === 'string' ? parseJson(input, where, report) : input, where, report);
}

/**
 * Reads what an app's options say about the manifest's own matters: `config`, `allowedHosts`, `allowedPaths`, `memory`,
 * `timeoutMs`. Other fields of `options` are left to whoever knows them. Combine the result with `combineLimits`.
 *
 * @throws PluginError `invalid-manifest`, as `parseManifest`
 */
export function parseOverrides(options: unknown, where: string = 'options'): SettingOverrides {
  return readWhole(overridesShape, options, where, new Report(false));
}

function readWhole<T>(shape: Shape<T>, value: unknown, where: string, report: Report): T {
  const place = new Place('', report);
  const result = readAt(shape, value, place);
  // Nothing read and nothing said cannot be; were it so, it must not pass.
  if (result === undefined && report.count === 0) place.fault('not understood');
  if (report.count > 0) throw report.error(where);
  return result as T; // a missing result is a fault, and faults have thrown
}

function parseJson(text: string, where: string, report: Report): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    new Place('', report).fault(`not JSON: ${cause instanceof Error ? cause.message : 'it nests too deep'}`);
    throw report.error(where, cause);
  }
}
