// `node e2e/perf/bench/kernel.mjs` measures alloc, free and config_get of the kernel, linked to a guest, relative to the kernel before it
// kept the lifetimes of the reference. That one is compiled from the history of this repository. Times do not fail the run.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { format } from 'prettier';
import { root, say } from '../../setup/processes.mjs';
import { resultsFile } from './results.mjs';
import { writeScoreboard } from './scoreboard.mjs';

/** The last commit whose kernel preferred freed blocks to new ones. */
const earlierCommit = '4f2f8c7';
const source = 'src/kernel/kernel.as.ts';
const rounds = 20_000;
/** Only the shortest of many short runs is meaningful on a busy machine. */
const slices = 40;

/** @typedef {Record<string, any>} Exports */

/**
 * @typedef {object} Linked
 * @property {() => void} reset
 * @property {Exports} guest
 */

/**
 * @type {readonly { name: string, prepare: (linked: Linked) => void, run: (linked: Linked) => number }[]}
 * `run` returns how many operations it did.
 */
const cases = [
  { name: 'alloc of 5,000 blocks', prepare: () => {}, run: (linked) => filled(linked, 5_000) },
  {
    name: 'config_get and free, 20 in a call',
    prepare: () => {},
    run: ({ reset, guest }) => {
      for (let call = 0; call < 500; call += 1) {
        reset();
        guest['config'](20);
      }
      return 10_000;
    },
  },
  { name: 'config_get and free, once blocks are reused', prepare: prepareConfig, run: ({ guest }) => configs(guest) },
  ...[1, 10, 100, 1_000].map((live) => ({
    name: `free, alloc and length of ${live.toLocaleString('en-US')} live ${live === 1 ? 'block' : 'blocks'}, once blocks are reused`,
    prepare: (/** @type {Linked} */ linked) => {
      filled(linked, live);
      linked.guest['churn'](live, 300_000);
    },
    run: (/** @type {Linked} */ { guest }) => {
      guest['churn'](live, rounds);
      return rounds;
    },
  })),
];

/** @param {Linked} linked @param {number} blocks */
function filled({ reset, guest }, blocks) {
  reset();
  guest['fill'](blocks);
  return blocks;
}

/** @param {Linked} linked */
function prepareConfig({ reset, guest }) {
  reset();
  guest['config'](40_000);
}

/** @param {Exports} guest */
function configs(guest) {
  guest['config'](rounds);
  return rounds;
}

/** The source of the earlier kernel, or null where the history does not reach back to it. */
function earlierSource() {
  try {
    return execFileSync('git', ['show', `${earlierCommit}:${source}`], { cwd: root, encoding: 'utf8', stdio: 'pipe' });
  } catch {
    return null;
  }
}

/** @param {string} folder @param {string} name @param {string} text @param {readonly string[]} options */
function compile(folder, name, text, options) {
  const file = join(folder, `${name}.ts`);
  const output = join(folder, `${name}.wasm`);
  writeFileSync(file, text);
  const asc = join(root, 'node_modules/assemblyscript/bin/asc.js');
  const common = ['--runtime', 'stub', '--use', 'abort=', '--noAssert', '--outFile', output];
  execFileSync(process.execPath, [asc, `${name}.ts`, '--baseDir', folder, ...common, ...options], { cwd: folder });
  return new WebAssembly.Module(readFileSync(output));
}

/**
 * Links a kernel to the guest, and to a config_get that does what that of the worker does.
 * @param {WebAssembly.Module} kernelModule
 * @param {WebAssembly.Module} guestModule
 * @returns {Linked}
 */
function link(kernelModule, guestModule) {
  /** @type {Exports} */
  const kernel = { ...new WebAssembly.Instance(kernelModule).exports };
  const values = Array.from({ length: 64 }, (_value, index) => new Uint8Array(20 + index).fill(0x61));
  const decoder = new TextDecoder();
  let bytes = new Uint8Array(kernel['memory'].buffer);
  const view = () => (bytes = bytes.length === 0 ? new Uint8Array(kernel['memory'].buffer) : bytes);
  const configGet = (/** @type {bigint} */ key) => {
    const length = kernel['host_length'](key) >>> 0;
    const at = Number(key);
    const text = decoder.decode(view().slice(at, at + length));
    kernel['free'](key);
    const value = values[(text.length * 7) & 63] ?? new Uint8Array(1);
    const handle = kernel['host_alloc'](value.length) >>> 0;
    view().set(value, handle);
    return BigInt(handle);
  };
  (kernel['set_secret'] ?? kernel['host_secret'])(0x1234_5678_9abc_def0n);
  const imports = { kernel, host: { config_get: configGet } };
  return {
    reset: kernel['reset'] ?? kernel['host_reset'],
    guest: new WebAssembly.Instance(guestModule, imports).exports,
  };
}

/**
 * Nanoseconds of one operation, for each kernel, measured in turn.
 * @param {(typeof cases)[number]} one @param {readonly Linked[]} kernels
 */
function nanoseconds({ prepare, run }, kernels) {
  for (const kernel of kernels) prepare(kernel);
  const least = kernels.map(() => Infinity);
  for (let slice = 0; slice < slices; slice += 1) {
    for (const [index, kernel] of kernels.entries()) {
      const startedAt = performance.now();
      const operations = run(kernel);
      const each = ((performance.now() - startedAt) * 1e6) / operations;
      least[index] = Math.min(least[index] ?? each, each);
    }
  }
  return least;
}

/** @param {string} earlier */
async function measure(earlier) {
  const folder = mkdtempSync(join(tmpdir(), 'kernel-bench-'));
  try {
    const page = ['--initialMemory', '1'];
    const guest = readFileSync(join(root, 'e2e/perf/bench/kernel/guest.as.ts'), 'utf8');
    const guestModule = compile(folder, 'guest', guest, ['--initialMemory', '2', '-O3']);
    // Each as the build of its time compiles it.
    const modules = [
      compile(folder, 'earlier', earlier, [...page, '-O3s']),
      compile(folder, 'kernel', readFileSync(join(root, source), 'utf8'), [...page, '-O3']),
    ];
    const results = cases.map((one) => {
      // New ones: memory and the sizes of the reference outlive `reset`.
      const [before = 0, now = 0] = nanoseconds(
        one,
        modules.map((module) => link(module, guestModule)),
      );
      say(`${one.name}: ${now.toFixed(1)} ns, before ${before.toFixed(1)} ns (${(now / before).toFixed(2)})`);
      return { name: one.name, nowNs: round(now), beforeNs: round(before), ratio: round(now / before) };
    });
    const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
    const node = { date: new Date().toISOString(), commit, version: process.version, load: round(loadavg()[0] ?? 0) };
    const text = JSON.stringify({ node: { ...node, earlierCommit, results } });
    writeFileSync(resultsFile('kernel'), await format(text, { parser: 'json', printWidth: 120 }));
    await writeScoreboard();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @param {number} value */
function round(value) {
  return Number(value.toFixed(2));
}

const earlier = earlierSource();
if (earlier === null) {
  say(`The history of this repository does not have commit ${earlierCommit}, whose kernel this one is compared with.`);
} else {
  await measure(earlier);
}
