// Builds what `tenon/javascript` contains besides code: the engine (`javascript.wasm`: QuickJS merged with the shim that connects it with
// the Extism kernel), and the texts of the prelude that runs in it. Skips what is up to date.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const shim = 'src/javascript/engine/shim.as.ts';
const preludeFolder = 'src/javascript/prelude';
const target = join(root, 'src/javascript/engine');
const shimOptions = ['--runtime', 'stub', '--use', 'abort=', '--noAssert', '--importMemory', '--noExportMemory', '-O3'];
const features = [
  'bulk-memory',
  'bulk-memory-opt',
  'mutable-globals',
  'sign-ext',
  'nontrapping-float-to-int',
  'multivalue',
].map((name) => `--enable-${name}`);
/** What a plug-in's own module uses. The others are merged away. */
const engineExports = ['run', 'memory'];

function fail(message) {
  console.error(message);
  process.exit(1);
}

/** Runs a program of binaryen. */
function binaryen(name, args) {
  execFileSync(process.execPath, [join(root, 'node_modules/binaryen/bin', name), ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/**
 * Compiles the shim. AssemblyScript imports its memory from a module `env`, which QuickJS calls its own imports too, so that name is
 * replaced by one of the same length.
 */
async function compileShim() {
  const { main } = await import('assemblyscript/asc');
  let binary;
  const { error, stderr } = await main([shim, '--baseDir', root, ...shimOptions, '--outFile', 'shim.wasm'], {
    writeFile: async (_name, contents) => {
      binary = contents;
    },
  });
  if (error) fail(`${shim} does not compile.\n${stderr.toString()}`);
  const bytes = Buffer.from(binary);
  const from = Buffer.from('\x03env\x06memory', 'latin1');
  const at = bytes.indexOf(from);
  if (at < 0) fail('The shim does not import its memory.');
  bytes.write('\x03qjs\x06memory', at, 'latin1');
  return bytes;
}

/** Merges QuickJS with the shim. Only features that Node 20 and Safari 16.4 have are enabled. */
async function buildEngine(quickjs) {
  const folder = await mkdtemp(join(tmpdir(), 'tenon-javascript-'));
  try {
    const [shimFile, merged, reduced, roots] = ['shim.wasm', 'merged.wasm', 'javascript.wasm', 'roots.json'].map(
      (name) => join(folder, name),
    );
    await writeFile(shimFile, await compileShim());
    binaryen('wasm-merge', [quickjs, 'qjs', shimFile, 'env', '-o', merged, '--skip-export-conflicts', ...features]);
    await writeFile(roots, JSON.stringify(engineExports.map((name) => ({ name, root: true, export: name }))));
    // QuickJS is optimized already: what it does not need is removed.
    binaryen('wasm-metadce', [merged, '--graph-file', roots, '-o', reduced, ...features]);
    return await readFile(reduced);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Returns a script whose value is what the module exports by default. */
async function bundle(entry) {
  const { build } = await import('vite');
  const result = await build({
    configFile: false,
    root,
    logLevel: 'warn',
    publicDir: false,
    build: {
      target: 'es2023',
      write: false,
      minify: true,
      lib: { entry: join(root, preludeFolder, entry), formats: ['iife'], name: 'exported' },
    },
  });
  const [output] = Array.isArray(result) ? result : [result];
  const chunk = output.output.find(({ type }) => type === 'chunk');
  return `(()=>{${chunk.code.trim()}\nreturn exported})()`;
}

async function inputs(quickjs) {
  const sources = (await readdir(join(root, preludeFolder))).filter((name) => !name.includes('.test')).toSorted();
  const files = [quickjs, fileURLToPath(import.meta.url), join(root, shim)];
  const hash = createHash('sha256');
  for (const file of [...files, ...sources.map((name) => join(root, preludeFolder, name))])
    hash.update(await readFile(file));
  for (const name of ['binaryen', 'assemblyscript', 'vite']) {
    const { version } = JSON.parse(await readFile(join(root, 'node_modules', name, 'package.json'), 'utf8'));
    hash.update(`${name} ${version}`);
  }
  return hash.digest('hex');
}

async function main() {
  const quickjs = join(root, 'node_modules/quickjs-wasi/quickjs.wasm');
  const stamp = await inputs(quickjs);
  const texts = join(target, 'prelude.generated.ts');
  const present = await readFile(texts, 'utf8').catch(() => '');
  const engine = await readFile(join(target, 'javascript.wasm')).catch(() => null);
  if (engine !== null && present.includes(`// Made from ${stamp}`))
    return console.log('The JavaScript engine is up to date.');
  await mkdir(target, { recursive: true });
  const bytes = await buildEngine(quickjs);
  if (!WebAssembly.validate(bytes)) fail('javascript.wasm came out as a module that Node refuses.');
  await writeFile(join(target, 'javascript.wasm'), bytes);
  const lines = [
    '// Generated by e2e/setup/build-javascript.mjs',
    `// Made from ${stamp}`,
    `export const preludeText: string = ${JSON.stringify(await bundle('prelude.ts'))};`,
    `export const platformText: string = ${JSON.stringify(await bundle('platform.ts'))};`,
  ];
  await writeFile(texts, `${lines.join('\n')}\n`);
  console.log(`Built the JavaScript engine: ${bytes.length} bytes of WebAssembly.`);
  return undefined;
}

await main();
