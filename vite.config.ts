import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectInlineConfiguration, type ViteUserConfig } from 'vitest/config';
import { installedEngines, engineLaunchOptions } from './e2e/setup/browsers.mjs';
import { entriesOf, type Entry } from './e2e/setup/entries.mjs';
import { appShellPlugin } from './e2e/setup/app-shell-plugin.js';
import { serveFixtures } from './e2e/setup/fixtures-plugin.js';
import { serveNetwork } from './e2e/setup/network-plugin.js';
import { plainFieldsPlugin } from './e2e/setup/plain-fields-plugin.js';
import { hasIdentity } from './e2e/setup/lazy-chunks.mjs';
import { keepImportsPlugin, workerUrlPlugin } from './e2e/setup/worker-url-plugin.js';

const fromRoot = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Safari 16.4 and browsers of the same time are the first that support everything a plug-in needs. */
const target = 'es2022';

interface ModuleGraph {
  getModuleInfo(id: string): { readonly importedIds: readonly string[]; readonly importers: readonly string[] } | null;
}

/** Returns the modules that an import of `source` loads, without those that it imports on demand. */
function neededBy(source: string, graph: ModuleGraph): Set<string> {
  const modules = new Set<string>();
  const queue = [fromRoot(source)];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (modules.has(id)) continue;
    modules.add(id);
    queue.push(...(graph.getModuleInfo(id)?.importedIds ?? []));
  }
  return modules;
}

/**
 * Returns the chunk of a module on the page. What the main entry needs at once is one chunk, with what its first plug-in and the base
 * of the page share with other entries. Other modules are split as usual; then e2e/setup/lazy-chunks.mjs makes each lazy chunk one file, so
 * shared modules that a page must not have twice are in the first chunk too.
 */
function chunkOf(id: string, graph: ModuleGraph): string | null {
  if (neededBy('src/index.ts', graph).has(id)) return 'core';
  const factory = 'src/page/host/plugin-factory.ts';
  const isOfFactory = neededBy(factory, graph).has(id);
  if (isOfFactory && entriesOf('page').some(({ source }) => neededBy(source, graph).has(id))) return 'core';
  const isImported = (graph.getModuleInfo(id)?.importers.length ?? 0) > 0;
  if (isImported && id.startsWith(fromRoot('src/')) && hasIdentity(readFileSync(id, 'utf8'))) return 'core';
  // Apart from the chunk that is imported: the names of its exports stay as they are.
  return isOfFactory && id !== fromRoot(factory) ? 'plugin-parts' : null;
}

/** `vite build --mode library`: dist/index.js, for an app's own bundler or for a script tag. */
const library: ViteUserConfig = {
  publicDir: false,
  plugins: [workerUrlPlugin(entriesOf('worker-script', 'lazy-chunk', 'binary')), keepImportsPlugin()],
  build: {
    target,
    outDir: 'dist',
    emptyOutDir: false,
    sourcemap: true,
    minify: true,
    lib: {
      entry: Object.fromEntries(entriesOf('page').map(({ name, source }) => [name, fromRoot(source)])),
      formats: ['es'],
    },
    rolldownOptions: {
      output: {
        chunkFileNames: '[name].js',
        minify: true,
        codeSplitting: { groups: [{ name: chunkOf }] },
      },
    },
  },
};

/** Builds one file that is valid as a classic script and as a module. */
function workerScript({ source, file }: Entry): ViteUserConfig {
  return {
    publicDir: false,
    plugins: [keepImportsPlugin()],
    build: {
      target,
      outDir: 'dist',
      emptyOutDir: false,
      sourcemap: true,
      minify: true,
      lib: { entry: fromRoot(source), formats: ['iife'], name: 'tenonWorker', fileName: () => file },
    },
  };
}

/** Builds one self-contained module. */
function singleModule({ source, file, plainFields = false }: Entry): ViteUserConfig {
  return {
    publicDir: false,
    plugins: plainFields ? [plainFieldsPlugin()] : [workerUrlPlugin(entriesOf('binary'))],
    build: {
      target,
      outDir: 'dist',
      emptyOutDir: false,
      sourcemap: true,
      minify: true,
      lib: { entry: fromRoot(source), formats: ['es'], fileName: () => file },
      rolldownOptions: { output: { minify: true } },
    },
  };
}

/** Builds the variant of another entry for Node. It imports the built file of that entry, and modules of Node. */
function nodeVariant({ source, file }: Entry): ViteUserConfig {
  const original = entriesOf('lazy-chunk').find(({ nodeFile }) => nodeFile === file)?.file ?? '';
  return {
    publicDir: false,
    plugins: [workerUrlPlugin(entriesOf('binary'))],
    build: {
      target,
      outDir: 'dist',
      emptyOutDir: false,
      minify: true,
      lib: { entry: fromRoot(source), formats: ['es'], fileName: () => file },
      rolldownOptions: {
        external: [/^node:/u, /\/index\.js$/u],
        output: { paths: (id) => (id.startsWith('node:') ? id : `./${original}`) },
      },
    },
  };
}

/** `vite build --mode demo`: the playground, in build/demo. It uses the built package as an app does. */
const demo: ViteUserConfig = {
  root: fromRoot('demo'),
  base: './',
  publicDir: fromRoot('public'),
  plugins: [appShellPlugin('service-worker.js')],
  build: {
    target,
    outDir: fromRoot('build/demo'),
    emptyOutDir: true,
    // The page's content security policy allows no data: URLs.
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: {
        index: fromRoot('demo/index.html'),
        library: fromRoot('demo/library.html'),
        'service-worker': fromRoot('demo/service-worker/service-worker.ts'),
      },
      output: {
        // The URL of a service worker must not change between builds.
        entryFileNames: ({ name }) => (name === 'service-worker' ? '[name].js' : 'assets/[name]-[hash].js'),
      },
    },
  },
};

/** `vite build --mode specs`: the specs' page, in build/specs. It uses the built package as an app does. */
const specs: ViteUserConfig = {
  root: fromRoot('e2e/specs'),
  publicDir: false,
  build: {
    target,
    outDir: fromRoot('build/specs'),
    emptyOutDir: true,
    minify: false,
    rolldownOptions: {
      input: {
        index: fromRoot('e2e/specs/index.html'),
        'long-polled/index': fromRoot('e2e/specs/long-polled/index.html'),
        'long-polled/service-worker': fromRoot('e2e/specs/long-polled/service-worker.ts'),
        'long-polled/worker': fromRoot('e2e/specs/long-polled/worker.ts'),
      },
      output: {
        entryFileNames: ({ name }) =>
          /^long-polled\/(?:service-)?worker$/u.test(name) ? '[name].js' : 'assets/[name]-[hash].js',
      },
    },
  },
};

/** By mode: the page entries, each entry that is built alone, and the two pages. */
const builds = new Map<string, ViteUserConfig>([
  ['library', library],
  ...entriesOf('worker-script').map((entry) => [entry.name, workerScript(entry)] as const),
  ...entriesOf('lazy-chunk', 'service-worker').map((entry) => [entry.name, singleModule(entry)] as const),
  ...entriesOf('node').map((entry) => [entry.name, nodeVariant(entry)] as const),
  ['demo', demo],
  ['specs', specs],
]);

/** `vite --mode demo`: the playground from the sources; it reloads when they change. */
const demoFromSources: ViteUserConfig = {
  ...demo,
  resolve: {
    alias: entriesOf('page', 'service-worker').map(({ subpath = '.', source }) => ({
      find: new RegExp(`^${subpath.replace(/^\./u, 'tenon')}$`, 'u'),
      replacement: fromRoot(source),
    })),
  },
  server: { fs: { allow: [fromRoot('.')] } },
};

/** The share of their full run counts that property tests run with; see src/contract/test-runs.ts. */
const runShare = Number(process.env['TENON_RUN_SHARE'] ?? 0.1);

/** `vitest`: unit tests in Node and in real browsers. */
async function tests(): Promise<ViteUserConfig> {
  const installed = await installedEngines();
  const wanted = (process.env['TENON_ENGINES'] ?? 'chromium,firefox').split(',');
  const engines = (['chromium', 'firefox'] as const).filter((engine) => installed[engine] && wanted.includes(engine));
  const inNode: TestProjectInlineConfiguration = {
    extends: true,
    test: {
      name: 'node',
      environment: 'node',
      include: ['src/**/*.test.ts', 'e2e/**/*.test.ts'],
      exclude: ['src/**/*.browser.test.ts', '**/node_modules/**'],
      testTimeout: 120_000, // Property tests are slow on a busy machine.
    },
  };
  const inBrowsers: TestProjectInlineConfiguration = {
    extends: true,
    // Listed here, because a dependency that Vite discovers during a run reloads the page and interrupts its tests.
    optimizeDeps: { include: ['comlink', 'idb-keyval', '@noble/hashes/sha2.js', 'fast-check', 'fflate', 'wabt'] },
    test: {
      name: 'browser',
      include: ['src/**/*.browser.test.ts', 'src/**/*.any.test.ts'],
      testTimeout: 120_000, // Property tests are slow on a busy machine.
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        instances: engines.map((engine) => ({
          browser: engine,
          provider: playwright({ launchOptions: engineLaunchOptions(engine) }),
        })),
      },
    },
  };
  return {
    publicDir: fromRoot('public'),
    plugins: [serveFixtures(fromRoot('e2e/fixtures/build')), serveNetwork()],
    test: { provide: { runShare }, projects: engines.length === 0 ? [inNode] : [inNode, inBrowsers] },
  };
}

export default defineConfig(async ({ mode, command }): Promise<ViteUserConfig> => {
  const build = builds.get(mode);
  if (build === undefined) return tests();
  return command === 'serve' ? demoFromSources : build;
});
