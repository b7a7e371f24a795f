// `node e2e/fuzz/generated/make.mjs --seed 1 --count 2000`: so many valid modules out of random bytes, in .cache/generated/<seed>/.
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
 * What all three engines have. Some modules may use more: exceptions, of which the generator mixes two kinds in one module, so
 * that an engine must refuse many; or whatever it knows, for the gate to refuse.
 */
const usual = ['simd', 'bulk-memory', 'tail-call', 'reference-types', 'multivalue', 'extended-const'];
const usualFlags = usual.map((feature) => `--enable-${feature}`);

/** @param {number} index */
function flagsOf(index) {
  if (index % 16 === 7) return ['--all-features'];
  return index % 8 === 3 ? [...usualFlags, '--enable-exception-handling'] : usualFlags;
}

/**
 * The same bytes for the same seed and number.
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
 * Makes the modules `0.wasm` and so on, unless they are there. Each is merged with what it imports beside the runtime.
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
    // Half of them start from the runtime's imports, half from nothing.
    const from = index % 2 === 0 ? [`--initial-fuzz=${start}`] : [];
    const [alone, globals] = [join(folder, 'alone.wasm'), join(folder, 'globals.wasm')];
    await generate('--translate-to-fuzz', noise, '--output', alone, '--quiet', ...flags, ...from);
    writeFileSync(globals, globalsFor(readFileSync(alone)));
    const modules = [alone, 'main', support, 'fuzzing-support', globals, '__fuzz_import'];
    // What cannot be merged goes as it is: its imports are missing then, which is a typed error too.
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
