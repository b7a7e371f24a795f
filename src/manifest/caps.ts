import type { JsonLimits } from './json-limits.js';

/**
 * The largest sizes of what a manifest contains. They bound the time that a hostile manifest takes, and what the user is shown.
 * Lengths are in UTF-16 code units.
 */
export const caps = {
  id: 128,
  name: 120,
  author: 120,
  version: 100,
  description: 2_000,
  reason: 500,
  /** Names of modules, capabilities, engines and headers. */
  word: 128,
  path: 4_096,
  key: 1_024,
  headerValue: 8_192,
  configValue: 1_048_576,
  link: 2_048,
  /** No engine fetches a longer URL than Chromium's 2 MiB. */
  url: 2_097_152,
  modules: 64,
  permissions: 100,
  hosts: 1_000,
  paths: 100,
  configKeys: 1_000,
  headers: 100,
  engines: 100,
} as const;

/** The limits of a manifest's JSON text. The length leaves room for modules inside it, in base64. */
export const manifestJson: JsonLimits = { maxChars: 134_217_728, maxDepth: 64, maxValues: 200_000 };
