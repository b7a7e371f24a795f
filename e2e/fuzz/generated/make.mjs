// `node e2e/fuzz/generated/make.mjs --seed 1 --count 2000`: writes 2,000 valid modules made of random bytes to .cache/generated/<seed>/.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { features } from '../../security/hostile/wat.mjs';
import { root } from '../../setup/processes.mjs';
import { globalsFor } from './globals.mjs';
import { makeTool } from './binaryen.mjs';

/** @param {number} seed */
export function folderOf(seed) {
  return join(root, '.cache/generated', String(seed));
}

/**
 * The features of all three engines. Some modules may use more: exceptions, of which the generator mixes both forms, so that engines
 * refuse many modules; or every feature of the generator, which the gate must refuse.
 */
const usual = ['simd', 'bulk-memory', 'tail-call', 'reference-types', 'multivalue', 'extended-const'];
const usualFlags = usual.map((feature) => `--enable-${feature}`);

/** @param {number} index */
function flagsOf(index) {
  if (index % 16 === 7) return ['--all-features'];
  return index % 8 === 3 ? [...usualFlags, '--enable-exception-handling'] : usualFlags;
}

/**
 * Returns pseudo-random bytes, always the same for a seed and a number.
 * @param {number} seed
 * @param {number} index
 */
function randomBytes(seed, index) {
  let state = (Math.imul(seed + 1, 0x9e37_79b1) ^ Math.imul(index + 1, 0x85eb_ca77)) | 1;
  const next = () => {
    // xorshift32
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  for (let warm = 0; warm < 8; warm += 1) next();
  return Uint8Array.from({ length: 64 + (next() % 500) }, () => next() >>> 13);
}

/** @param {string} name */
async function assembled(name) {
  const { default: wabt } = await import('wabt');
  const module = (await wabt()).parseWat(name, readFileSync(new URL(name, import.meta.url), 'utf8'), features);
  return module.toBinary({}).buffer;
}

/**
 * Makes the modules `0.wasm`, `1.wasm` and so on, unless they exist. Each is merged with modules that provide its further imports.
 * @param {number} seed
 * @param {number} count
 */
export async function makeModules(seed, count) {
  const folder = folderOf(seed);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'support.wasm'), await assembled('support.wat'));
  const start = join(folder, 'start.wasm');
  writeFileSync(start, await assembled('start.wat'));
  const generate = makeTool('wasm-opt');
  const merge = makeTool('wasm-merge');
  const support = join(folder, 'support.wasm');
  const noise = join(folder, 'noise');
  for (let index = 0; index < count; index += 1) {
    const file = join(folder, `${index}.wasm`);
    if (existsSync(file)) continue;
    writeFileSync(noise, randomBytes(seed, index));
    const flags = flagsOf(index);
    // Half of them start from the runtime's imports.
    const from = index % 2 === 0 ? [`--initial-fuzz=${start}`] : [];
    const [alone, globals] = [join(folder, 'alone.wasm'), join(folder, 'globals.wasm')];
    await generate('--translate-to-fuzz', noise, '--output', alone, '--quiet', ...flags, ...from);
    writeFileSync(globals, globalsFor(readFileSync(alone)));
    const modules = [alone, 'main', support, 'fuzzing-support', globals, '__fuzz_import'];
    // A module that cannot be merged keeps its unresolved imports, which must lead to a typed error.
    await merge(...modules, '--output', file, '--skip-export-conflicts', '--all-features').catch(() =>
      copyFileSync(alone, file),
    );
  }
  rmSync(noise, { force: true });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({ options: { seed: { type: 'string' }, count: { type: 'string' } } });
  await makeModules(Number(values.seed ?? 1), Number(values.count ?? 2_000));
}
