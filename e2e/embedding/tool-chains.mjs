// The tool chains in which e2e/embedding/run.mjs builds an app. Each runs in a folder with the packed package, its tools, and the files of
// page/.

/**
 * @typedef {object} ToolChain
 * @property {string} name
 * @property {readonly string[]} packages What npm installs beside the package.
 * @property {Readonly<Record<string, string>>} files Files of the app, by their path.
 * @property {readonly string[]} [build] The tool and its arguments; none if the browser loads the files as they are.
 * @property {string} [output] The folder that is served after the build. Default: the app's own.
 * @property {readonly string[]} [develop] The tool and its arguments that start a server for development.
 * @property {boolean} [assets] Whether the app serves the scripts of workers from a folder, which `assets` of `createHost` names. So it is for
 * bundlers that do not find files by `new URL('…', import.meta.url)`.
 * @property {boolean} [firefox] Whether it runs in Firefox too.
 */

/** @param {string} script */
const page = (script) => `<!doctype html><meta charset="utf-8"><title>App</title>${script}\n`;
/** @param {string} path */
const moduleScript = (path) => `<script type="module" src="${path}"></script>`;

const importMap = JSON.stringify({
  imports: {
    tenon: '/node_modules/tenon/dist/index.js',
    'tenon/library': '/node_modules/tenon/dist/library.js',
    'tenon/elements': '/node_modules/tenon/dist/elements.js',
  },
});

const rollupConfig = `import resolve from '@rollup/plugin-node-resolve';
export default { input: 'app.mjs', output: { dir: 'out', format: 'es', entryFileNames: 'app.js' }, plugins: [resolve({ browser: true })] };
`;

const webpackConfig = `import { fileURLToPath } from 'node:url';
export default {
  mode: 'production',
  entry: './app.mjs',
  output: { path: fileURLToPath(new URL('out', import.meta.url)), filename: 'app.js' },
  performance: { hints: false },
};
`;

/** A server for development passes on requests for plug-ins. Vite 7 must not bundle the package again, which loses its workers. */
const viteConfig = `const target = process.env.TENON_TEST_FILES;
export default {
  build: { outDir: 'out', target: 'es2022' },
  optimizeDeps: { exclude: ['tenon'] },
  server: { strictPort: true, proxy: { '/plugins': target, '/fixtures': target, '/wasi': target } },
};
`;

/** @param {string} name @param {string} version @returns {ToolChain[]} */
function vite(name, version) {
  const app = {
    packages: [`vite@${version}`],
    files: { 'index.html': page(moduleScript('/app.mjs')), 'vite.config.mjs': viteConfig },
  };
  return [
    { ...app, name: `${name} build`, build: ['vite', 'build', '--logLevel', 'warn'], output: 'out' },
    { ...app, name: `${name} dev`, develop: ['vite'] },
  ];
}

/** @type {readonly ToolChain[]} */
export const toolChains = [
  {
    name: 'no bundler',
    packages: [],
    files: { 'index.html': page(`<script type="importmap">${importMap}</script>${moduleScript('/app.mjs')}`) },
    firefox: true,
  },
  {
    name: 'esbuild',
    packages: ['esbuild@0.28.2'],
    files: { 'out/index.html': page(moduleScript('/app.js')) },
    build: ['esbuild', 'app.mjs', '--bundle', '--format=esm', '--splitting', '--outdir=out', '--log-level=warning'],
    output: 'out',
    assets: true,
    firefox: true,
  },
  {
    name: 'Rollup',
    packages: ['rollup@4.68.8', '@rollup/plugin-node-resolve@16.0.3'],
    files: { 'out/index.html': page(moduleScript('/app.js')), 'rollup.config.mjs': rollupConfig },
    build: ['rollup', '--config', '--silent'],
    output: 'out',
    assets: true,
  },
  ...vite('Vite 7', '7.3.8'),
  ...vite('Vite 8', '8.3.8').map((one) => ({ ...one, firefox: one.build !== undefined })),
  {
    name: 'webpack 5',
    packages: ['webpack@5.113.0', 'webpack-cli@7.3.1'],
    files: {
      'out/index.html': page('<script defer src="/app.js"></script>'),
      'webpack.config.mjs': webpackConfig,
    },
    build: ['webpack', '--stats', 'errors-only'],
    output: 'out',
    firefox: true,
  },
];
