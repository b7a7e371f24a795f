// The package's entry points, each declared once. The build, the size budgets, package.json, knip, the playground's aliases and the
// import rule read this list: a new entry point is one entry here, then `node e2e/setup/entries.mjs` writes package.json.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/**
 * How an entry is built and loaded:
 * - `page`: a module for the app's own page, built together with the other page entries; they share chunks.
 * - `page-chunk`: a chunk of the page's build that has a budget of its own; it is built with the entry that imports it.
 * - `worker-script`: one self-contained file that is valid as a module and as a classic script.
 * - `lazy-chunk`: one self-contained module that a worker imports by its URL when it needs it.
 * - `service-worker`: one self-contained module for an app's own service worker.
 * - `node`: the variant of another entry for Node, which imports that entry.
 * - `binary`: a WebAssembly module, which another script of the build made; it is copied.
 * - `schema`: JSON, written by the build.
 * @typedef {'page' | 'page-chunk' | 'worker-script' | 'lazy-chunk' | 'service-worker' | 'node' | 'binary' | 'schema'} EntryKind
 */

/**
 * @typedef {object} Entry
 * @property {string} name Also the mode of `vite build` for what is built alone.
 * @property {EntryKind} kind
 * @property {string} source Path from the project's root.
 * @property {string} file Name in `dist/`.
 * @property {string} [subpath] Key in package.json's `exports`; internal files have none.
 * @property {string} [nodeFile] Name in `dist/` of its variant for Node.
 * @property {string} [types] Path in `dist/types/`. Where it names no declaration of `source`, the entry exports nothing.
 * @property {string} [typesProject] The folder whose tsconfig.json emits the types.
 * @property {boolean} [sideEffects] Whether importing it does something, so that bundlers must keep it.
 * @property {boolean} [plainFields] Whether the build makes private fields plain; see plain-fields-plugin.ts.
 * @property {number} [budgetKib] The largest size, gzipped.
 * @property {string} [besides] The file in `dist/` that an app has loaded already: what the two share is not counted.
 * @property {string} [readmeLabel] The text in front of its size in the README's section "Size".
 */

/** @type {readonly Entry[]} */
export const entries = [
  {
    name: 'index',
    kind: 'page',
    source: 'src/index.ts',
    file: 'index.js',
    subpath: '.',
    types: 'index.d.ts',
    typesProject: 'src/page',
    budgetKib: 12,
    readmeLabel: 'at once',
  },
  {
    name: 'plugin-factory',
    kind: 'page-chunk',
    source: 'src/page/host/plugin-factory.ts',
    file: 'plugin-factory.js',
    // features(), which is part of what every page loads, says whether crashes can be detected. The live set counts the bytes of memories.
    // The loader keeps the bytes of modules that share pages, and the modules of a plug-in are checked together while it is installed.
    // Chunks that did not load are loaded again, and an app may say where the scripts of workers are.
    budgetKib: 21.5,
    readmeLabel: 'first plug-in',
  },
  {
    name: 'worker',
    kind: 'worker-script',
    source: 'src/worker/runner/entry.ts',
    file: 'worker.js',
    subpath: './worker',
    types: 'worker.d.ts',
    sideEffects: true,
    budgetKib: 20,
    readmeLabel: '`worker.js`',
  },
  {
    name: 'loader',
    kind: 'worker-script',
    source: 'src/worker/loader/entry.ts',
    file: 'loader.js',
    subpath: './loader',
    types: 'worker.d.ts',
    sideEffects: true,
    // The gate reads every instruction of every module, to estimate the cost of compilation: it cannot be a lazy chunk.
    // The source of a plug-in in JavaScript is text, which the loader reads under the same limits and returns as it is.
    budgetKib: 20,
    readmeLabel: '`loader.js`',
  },
  {
    name: 'reader',
    kind: 'worker-script',
    source: 'src/worker/reader/entry.ts',
    file: 'reader.js',
    subpath: './reader',
    types: 'worker.d.ts',
    sideEffects: true,
    budgetKib: 16.5,
    readmeLabel: '`reader.js`',
  },
  {
    name: 'hash',
    kind: 'lazy-chunk',
    source: 'src/worker/loader/hash.ts',
    file: 'hash.js',
    subpath: './hash',
    types: 'worker.d.ts',
    budgetKib: 4,
  },
  {
    name: 'wasi',
    kind: 'lazy-chunk',
    source: 'src/worker/wasi/wasi.ts',
    file: 'wasi.js',
    subpath: './wasi',
    types: 'worker.d.ts',
    budgetKib: 14,
    readmeLabel: '`wasi.js`',
  },
  {
    name: 'store',
    kind: 'lazy-chunk',
    source: 'src/worker/wasi/store/store-chunk.ts',
    file: 'store.js',
    subpath: './store',
    types: 'worker.d.ts',
    budgetKib: 7,
  },
  {
    name: 'files',
    kind: 'lazy-chunk',
    source: 'src/worker/wasi/access/files-chunk.ts',
    file: 'files.js',
    subpath: './files',
    types: 'worker.d.ts',
    budgetKib: 5,
  },
  {
    name: 'meter',
    kind: 'lazy-chunk',
    source: 'src/worker/loader/meter-chunk.ts',
    file: 'meter.js',
    subpath: './meter',
    types: 'worker.d.ts',
    plainFields: true,
    budgetKib: 16,
    readmeLabel: '`meter.js`',
  },
  {
    name: 'service-worker',
    kind: 'service-worker',
    source: 'src/service-worker/index.ts',
    file: 'service-worker.js',
    subpath: './service-worker',
    types: 'service-worker/index.d.ts',
    typesProject: 'src/service-worker',
    budgetKib: 2,
  },
  {
    name: 'library',
    kind: 'page',
    source: 'src/library/index.ts',
    file: 'library.js',
    subpath: './library',
    types: 'library/index.d.ts',
    typesProject: 'src/elements',
    budgetKib: 13,
    besides: 'index.js',
    readmeLabel: '`tenon/library`',
  },
  {
    name: 'elements',
    kind: 'page',
    source: 'src/elements/index.ts',
    file: 'elements.js',
    subpath: './elements',
    types: 'elements/index.d.ts',
    typesProject: 'src/elements',
    sideEffects: true,
    budgetKib: 25,
    besides: 'index.js',
    readmeLabel: '`tenon/elements`',
  },
  {
    name: 'extism',
    kind: 'page',
    source: 'src/extism/index.ts',
    file: 'extism.js',
    subpath: './extism',
    types: 'extism/index.d.ts',
    typesProject: 'src/extism',
    budgetKib: 6,
    besides: 'index.js',
    readmeLabel: '`tenon/extism`',
  },
  {
    name: 'javascript',
    kind: 'lazy-chunk',
    source: 'src/javascript/index.ts',
    file: 'javascript.js',
    subpath: './javascript',
    nodeFile: 'javascript.node.js',
    types: 'javascript/index.d.ts',
    typesProject: 'src/javascript',
    // Sucrase and Acorn. Pages load it only to compile a plug-in, in a worker.
    budgetKib: 100,
  },
  {
    name: 'javascript-node',
    kind: 'node',
    source: 'src/javascript/node.ts',
    file: 'javascript.node.js',
    budgetKib: 1,
    besides: 'javascript.js',
  },
  {
    name: 'javascript-engine',
    kind: 'binary',
    source: 'src/javascript/engine/javascript.wasm',
    file: 'javascript.wasm',
    subpath: './javascript.wasm',
    budgetKib: 290,
  },
  {
    name: 'schema',
    kind: 'schema',
    source: 'src/manifest/schema.ts',
    file: 'manifest.schema.json',
    subpath: './manifest.schema.json',
  },
];

/** @param {...EntryKind} kinds */
export function entriesOf(...kinds) {
  return entries.filter(({ kind }) => kinds.includes(kind));
}

/** The entries that export names to apps: each has declarations of its own. */
export function typedEntries() {
  return entries.filter((entry) => entry.types !== undefined && entry.typesProject !== undefined);
}

/**
 * The parts of package.json that this list determines.
 * @returns {{ sideEffects: string[], exports: Record<string, string | { types: string, node?: string, default: string }> }}
 */
export function packageFields() {
  const withEffects = entries.filter(({ sideEffects = false }) => sideEffects);
  /** @type {Record<string, string | { types: string, node?: string, default: string }>} */
  const exports = {};
  for (const { subpath, types, file, nodeFile } of entries) {
    if (subpath === undefined) continue;
    exports[subpath] =
      types === undefined
        ? `./dist/${file}`
        : {
            types: `./dist/types/${types}`,
            ...(nodeFile !== undefined && { node: `./dist/${nodeFile}` }),
            default: `./dist/${file}`,
          };
  }
  return {
    sideEffects: [
      ...withEffects.map(({ file }) => `./dist/${file}`),
      ...withEffects.map(({ source }) => `./${source}`),
      './demo/**',
      './e2e/**',
    ],
    exports,
  };
}

const packageJson = new URL('../../package.json', import.meta.url);

/** @returns {{ sideEffects: unknown, exports: unknown }} */
export function readPackage() {
  return JSON.parse(readFileSync(packageJson, 'utf8'));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(packageJson, `${JSON.stringify({ ...readPackage(), ...packageFields() }, null, 2)}\n`);
}
