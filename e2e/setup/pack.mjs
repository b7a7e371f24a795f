// Packs the package as npm would publish it.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './processes.mjs';

/**
 * Returns the path of the packed package; undefined if it could not be packed.
 * @param {string} name The folder in `.cache/` to pack it in.
 */
export async function pack(name) {
  const folder = join(root, '.cache', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const packed = await run('npm', ['pack', '--silent', '--pack-destination', folder], { quiet: true });
  const file = packed ? readdirSync(folder).find((one) => one.endsWith('.tgz')) : undefined;
  return file === undefined ? undefined : join(folder, file);
}
