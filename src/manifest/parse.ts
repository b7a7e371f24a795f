import type { PluginError } from '../contract/errors.js';
import { manifestJson, maxManifestChars, maxModules } from './caps.js';
import { Place, Report } from './issues.js';
import { jsonFault } from './json-limits.js';
import { decodeBase64 } from './module-shape.js';
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
  const value = typeof input === 'string' ? parseJson(input, where, report) : input;
  return readWhole(manifestShape, value, report, () => report.manifestError(where));
}

/**
 * Parses the JSON text of a manifest, within its limits, and decodes the base64 of modules in it. The result is the input of
 * `parseManifest`.
 * @throws PluginError `invalid-manifest`
 */
export function parseManifestJson(text: string, where: string): unknown {
  const report = new Report(false);
  const value = parseJson(text, where, report);
  const chars = text.length - decodeModules(value);
  if (chars <= maxManifestChars) return value;
  new Place('', report).fault(
    `expected at most ${maxManifestChars} characters besides the data of modules, found ${chars}`,
  );
  throw report.manifestError(where);
}

/**
 * Parses the manifest's settings in an app's options: `config`, `allowedHosts`, `allowedPaths`, `memory` and `timeoutMs`.
 * Other fields are ignored. Combine the result with `combineLimits`.
 *
 * @throws PluginError `invalid-argument`; its `issues` list the first 100 faults
 */
export function parseOverrides(options: unknown): SettingOverrides {
  return parseOptionsAs(overridesShape, options);
}

/**
 * Parses an app's options as `shape` says.
 *
 * @throws PluginError `invalid-argument`; its `issues` list the first 100 faults
 */
export function parseOptionsAs<T>(shape: Shape<T>, options: unknown): T {
  const report = new Report(false);
  return readWhole(shape, options, report, () => report.optionsError());
}

function readWhole<T>(shape: Shape<T>, value: unknown, report: Report, error: () => PluginError): T {
  const place = new Place('', report);
  const result = readAt(shape, value, place);
  // A missing result without a fault would be a bug; it must not pass as valid.
  if (result === undefined && report.count === 0) place.fault('not understood');
  if (report.count > 0) throw error();
  return result as T; // a missing result is a fault, and faults have thrown
}

/** Returns the items of `wasm` that are objects, of a value that was parsed from JSON. */
export function moduleItems(manifest: unknown): Record<string, unknown>[] {
  const { wasm } = Object(manifest) as Readonly<Record<string, unknown>>;
  const items: unknown[] = Array.isArray(wasm) ? wasm.slice(0, maxModules) : [];
  return items.filter((item): item is Record<string, unknown> => typeof item === 'object' && item !== null);
}

/** Replaces base64 by its bytes. Returns the number of characters replaced. Invalid text stays, for `parseManifest` to report. */
function decodeModules(manifest: unknown): number {
  let chars = 0;
  for (const item of moduleItems(manifest)) {
    const { data } = item;
    if (typeof data !== 'string') continue;
    try {
      item['data'] = decodeBase64(data);
      chars += data.length;
    } catch {
      // Not base64.
    }
  }
  return chars;
}

function parseJson(text: string, where: string, report: Report): unknown {
  const fault = jsonFault(text, manifestJson);
  if (fault !== null) {
    new Place('', report).fault(fault);
    throw report.manifestError(where);
  }
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    new Place('', report).fault(`not JSON: ${cause instanceof Error ? cause.message : 'it is nested too deeply'}`);
    throw report.manifestError(where, cause);
  }
}
