// Makes the folder of an app with the packed package, and builds it with a tool chain.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, run } from '../setup/processes.mjs';

/** @typedef {import('./tool-chains.mjs').ToolChain} ToolChain */

/** The path at which an app serves the scripts of workers, if its tool chain does not find them. */
export const assetsPath = '/vendor/tenon/';
const pageFolder = fileURLToPath(new URL('page/', import.meta.url));

/**
 * Installs the tools and unpacks the package. Tools that are there already are not installed again.
 * @param {ToolChain} chain
 * @param {string} tarball
 */
export async function makeApp({ name, packages, files }, tarball) {
  const folder = join(root, '.cache/embedding', name.replaceAll(' ', '-').toLowerCase());
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const installed = join(folder, 'installed.txt');
  const wanted = packages.join('\n');
  if (!existsSync(installed) || readFileSync(installed, 'utf8') !== wanted) {
    const words = ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', ...packages];
    if (packages.length > 0 && !(await run('npm', words, { quiet: true, folder })))
      throw new Error(`No tools: ${wanted}`);
    writeFileSync(installed, wanted);
  }
  for (const old of ['out', 'node_modules/tenon', 'node_modules/.vite'])
    rmSync(join(folder, old), { recursive: true, force: true });
  const unpacked = join(folder, 'node_modules/tenon');
  mkdirSync(unpacked, { recursive: true });
  if (!(await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', unpacked]))) throw new Error('Cannot unpack');
  for (const file of ['app.mjs', 'uses.mjs']) cpSync(join(pageFolder, file), join(folder, file));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** @param {string} folder @param {string} name */
export function toolIn(folder, name) {
  return join(folder, 'node_modules/.bin', name);
}

/**
 * Builds the app. Returns the folder to serve.
 * @param {ToolChain} chain
 * @param {string} folder
 */
export async function buildApp({ build, output = '.', assets = false }, folder) {
  if (build !== undefined) {
    const [tool = '', ...words] = build;
    const environment = { NODE_ENV: 'production' };
    if (!(await run(toolIn(folder, tool), words, { quiet: true, folder, environment })))
      throw new Error('The build failed');
  }
  const served = join(folder, output);
  if (assets) cpSync(join(folder, 'node_modules/tenon/dist'), join(served, assetsPath), { recursive: true });
  return served;
}
