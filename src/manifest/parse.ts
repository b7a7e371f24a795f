import { Place, Report } from './issues.js';
import { manifestShape, overridesShape } from './manifest-shape.js';
import type { ParsedManifest, SettingOverrides } from './parsed.js';
import { readAt } from './shape.js';
import type { Shape } from './shape.js';

export interface ParseOptions {
  /** Whether unknown fields are faults. Keys that start with `x-` are always accepted. @default 'refuse' */
  readonly unknownFields?: 'refuse' | 'ignore';
}

/**
 * Parses a manifest, an object or JSON text with camelCase or snake_case keys, into its normal form. Only own properties are
 * read. Null is the same as a missing field. Bytes in `data` and the values of `x-` keys are not copied.
 *
 * @param where how messages name the manifest, such as its URL
 * @throws PluginError `invalid-manifest`; its `issues` list the first 100 faults, each with its path as written
 * @see https://extism.org/docs/concepts/manifest
 * @example parseManifest('{ "wasm": [{ "url": "count_vowels.wasm" }] }').main.name // 'main'
 */
export function parseManifest(input: unknown, where: string = 'manifest', options: ParseOptions = {}): ParsedManifest {
  const report = new Report(options.unknownFields === 'ignore');
  return readWhole(manifestShape, typeof input === 'string' ? parseJson(input, where, report) : input, where, report);
}

/**
 * Parses the manifest's settings in an app's options: `config`, `allowedHosts`, `allowedPaths`, `memory` and `timeoutMs`.
 * Other fields are ignored. Combine the result with `combineLimits`.
 *
 * @throws PluginError `invalid-manifest`, as `parseManifest`
 */
export function parseOverrides(options: unknown, where: string = 'options'): SettingOverrides {
  return readWhole(overridesShape, options, where, new Report(false));
}

function readWhole<T>(shape: Shape<T>, value: unknown, where: string, report: Report): T {
  const place = new Place('', report);
  const result = readAt(shape, value, place);
  // A missing result without a fault would be a bug; it must not pass as valid.
  if (result === undefined && report.count === 0) place.fault('not understood');
  if (report.count > 0) throw report.error(where);
  return result as T; // a missing result is a fault, and faults have thrown
}

function parseJson(text: string, where: string, report: Report): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    new Place('', report).fault(`not JSON: ${cause instanceof Error ? cause.message : 'it is nested too deeply'}`);
    throw report.error(where, cause);
  }
}
