// The files in which the benchmarks and the soak keep their results.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../setup/processes.mjs';

/** @typedef {'soak' | 'foundation' | 'meter' | 'linking' | 'kernel'} ResultName */

/** @param {ResultName} name */
export function resultsFile(name) {
  return join(root, 'e2e/perf/results', `${name}.json`);
}

/**
 * The parsed results; an empty object when there are none yet.
 * @param {ResultName} name
 * @returns {Record<string, any>}
 */
export function readResults(name) {
  const file = resultsFile(name);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}
