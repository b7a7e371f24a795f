// Skips build steps whose inputs have not changed since their last run and whose outputs exist.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './processes.mjs';

/**
 * Returns every file below a path of the project, without tests and ignored files.
 * @param {string} path
 * @returns {string[]}
 */
function filesUnder(path) {
  const stat = statSync(join(root, path), { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (stat.isFile()) return [path];
  return readdirSync(join(root, path), { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules' && !/\.test(?:-[\w-]+)?\.ts$/u.test(name))
    .flatMap(({ name }) => filesUnder(join(path, name)))
    .toSorted();
}

/** @param {readonly string[]} inputs */
function digestOf(inputs) {
  const hash = createHash('sha256');
  for (const file of inputs.flatMap(filesUnder)) hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

/**
 * Runs `work` unless its inputs are unchanged since it last succeeded and its outputs exist.
 * @param {{ name: string, inputs: readonly string[], outputs: readonly string[] }} step
 * @param {() => Promise<boolean>} work
 * @returns {Promise<'skipped' | 'done' | 'failed'>}
 */
export async function onlyWhenChanged({ name, inputs, outputs }, work) {
  const stamp = join(root, '.cache/stamps', name);
  const digest = digestOf(inputs);
  const known = existsSync(stamp) && readFileSync(stamp, 'utf8') === digest;
  if (known && outputs.every((output) => existsSync(join(root, output)))) return 'skipped';
  if (!(await work())) return 'failed';
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, digest);
  return 'done';
}
