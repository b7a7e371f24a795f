// Fuzzes what reads a stranger's bytes, with time and memory as oracles: `node e2e/fuzz/inputs/run.mjs [--count n] [target...]`.
// Each new fault is kept in findings/, where it is run first from then on. `TENON_SEED` repeats a run.
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'vite';
import { root, say } from '../../setup/processes.mjs';
import { findings, seeds } from './seeds.mjs';

/** @typedef {import('../../specs/harness.js').SpecResult} SpecResult */
/** @typedef {{ runs: number, corpus: number, blocks: number, slowestMs: number, mostBytes: number, faults: { input: string, fault: string }[] }} Fuzzed */

/** Without a sign of life for so long, the process is killed: the input that it runs never ends. */
const silenceMs = 60_000;
const folder = join(root, '.cache/fuzz');

/** Bundles the targets, which are the library's own functions. Returns the bundle's path. */
async function bundle() {
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: join(root, 'src/library/install/fuzz.test-targets.ts'),
      outDir: folder,
      emptyOutDir: false,
      rolldownOptions: { output: { entryFileNames: 'targets.mjs' } },
    },
  });
  return join(folder, 'targets.mjs');
}

/**
 * @param {string} bundled
 * @param {string} target
 * @param {{ seed: number, count: number }} wanted
 * @returns {Promise<Fuzzed>}
 */
async function fuzzOne(bundled, target, { seed, count }) {
  const current = join(folder, `${target}.input`);
  const program = fileURLToPath(new URL('process.mjs', import.meta.url));
  const child = fork(program, [bundled, target, String(seed), String(count), current], {
    execArgv: ['--max-old-space-size=1024'],
  });
  /** @type {Fuzzed | undefined} */
  let fuzzed;
  let isSilent = false;
  const silence = setTimeout(() => {
    isSilent = true;
    child.kill('SIGKILL');
  }, silenceMs);
  child.on('message', (/** @type {{ done?: Fuzzed }} */ message) => {
    silence.refresh();
    fuzzed = message.done ?? fuzzed;
  });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  clearTimeout(silence);
  if (fuzzed !== undefined) return fuzzed;
  const fault = isSilent ? `did not end within ${silenceMs} ms` : `ended the process (exit code ${code})`;
  const input = readFileSync(current).toString('base64');
  return { runs: 0, corpus: 0, blocks: 0, slowestMs: 0, mostBytes: 0, faults: [{ input, fault }] };
}

/** @param {string} target @param {Fuzzed} fuzzed */
function keepFindings(target, { faults }) {
  return faults.map(({ input, fault }) => {
    const bytes = Buffer.from(input, 'base64');
    const name = `${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}.bin`;
    mkdirSync(join(findings, target), { recursive: true });
    writeFileSync(join(findings, target, name), bytes);
    return `findings/${target}/${name}: ${fault}`;
  });
}

/**
 * Fuzzes each target with `count` inputs.
 * @param {{ seed: number, count: number, targets?: readonly string[] }} wanted
 */
export async function fuzzInputs({ seed, count, targets = Object.keys(seeds) }) {
  mkdirSync(folder, { recursive: true });
  const bundled = await bundle();
  /** @type {SpecResult[]} */
  const results = [];
  /** @type {Record<string, Omit<Fuzzed, 'faults'>>} */
  const figures = {};
  for (const target of targets) {
    const start = performance.now();
    const fuzzed = await fuzzOne(bundled, target, { seed, count });
    const { faults: _faults, ...figure } = fuzzed;
    figures[target] = figure;
    const error = keepFindings(target, fuzzed).join('\n');
    const name = `fuzzed: ${target}, ${count} inputs, seed ${seed}`;
    const ms = Math.round(performance.now() - start);
    results.push(error === '' ? { name, ok: true, ms } : { name, ok: false, ms, error });
    const { slowestMs, mostBytes, corpus, blocks } = figure;
    say(
      `    ${error === '' ? '✓' : '✗'} ${target}: ${count} inputs, ${corpus} in the corpus, ${blocks} blocks; slowest ${slowestMs.toFixed(0)} ms, most memory ${mostBytes >> 20} MiB (${ms} ms)`,
    );
    if (error !== '') say(error.replaceAll(/^/gmu, '        '));
  }
  return { results, figures };
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { count: { type: 'string', default: '100' }, json: { type: 'string' } },
  });
  const unknown = positionals.filter((target) => !(target in seeds));
  if (unknown.length > 0)
    throw new Error(`There is no target ${unknown.join(', ')}; there are: ${Object.keys(seeds).join(', ')}.`);
  const seed = Number(process.env['TENON_SEED'] ?? Math.floor(Date.now() / 1_000));
  const { results } = await fuzzInputs({
    seed,
    count: Number(values.count),
    ...(positionals.length > 0 ? { targets: positionals } : {}),
  });
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results));
  process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
