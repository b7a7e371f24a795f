// Builds the example plug-ins (demo/plugins) and the test fixtures (e2e/fixtures), and skips what is up to date.
//
//   node e2e/setup/build-plugins.mjs                 everything
//   node e2e/setup/build-plugins.mjs echo fixtures   only these; `fixtures` means all of e2e/fixtures
//   node e2e/setup/build-plugins.mjs --check         also checks that committed binaries match their sources
//
// AssemblyScript and WAT are compiled by npm packages, so their output is not committed. C and Rust need compilers that npm
// does not provide: their binaries are committed, with a record of the sources and compilers that they were built from.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const STAMPS = '.cache/plugins';
const require = createRequire(import.meta.url);

const USE_ABORT = ['--use', 'abort=demo/plugins/abort.as/abort'];
const ASSEMBLYSCRIPT = {
  'count-vowels': { output: 'public/plugins/count_vowels.wasm', flags: ['-O3', ...USE_ABORT] },
  discount: { output: 'public/plugins/discount.wasm', flags: ['-O3', ...USE_ABORT] },
  echo: { output: 'public/plugins/echo.wasm', flags: ['-O3', '--runtime', 'stub'] },
  'fetch-json': { output: 'public/plugins/fetch_json.wasm', flags: ['-O3', ...USE_ABORT] },
  'guest-book': { output: 'public/plugins/guest_book.wasm', flags: ['-O3', ...USE_ABORT] },
  headline: { output: 'public/plugins/headline.wasm', flags: ['-O3', ...USE_ABORT] },
  'upper-case': { output: 'public/plugins/upper_case.wasm', flags: ['-O3', ...USE_ABORT] },
  'kitchen-sink': { output: 'public/plugins/kitchen_sink.wasm', flags: ['-O3', ...USE_ABORT] },
};

/** Options that remove what differs from machine to machine, such as paths and debug data. */
const C_FLAGS = ['--target=wasm32-wasi', '-g0', '-Wall', '-Wextra', '-Werror', '-Wl,--strip-all'];
const WASI_SECTIONS =
  'check.h descriptors.c entries.c limits.c links.c listing.c main.c opening.c paths.c reading.c renaming.c rights.c status.c system.c';

/** Plug-ins that clang or rustc compiles, which npm does not provide; their binaries are committed. */
const COMPILED = {
  'count-vowels-c': {
    output: 'public/plugins/count_vowels_c.wasm',
    record: 'demo/plugins/count-vowels-c/build-record.json',
    sources: ['demo/plugins/count-vowels-c/count-vowels.c', 'demo/plugins/extism-abi.h'],
    flags: [
      '--target=wasm32-wasi',
      '-mexec-model=reactor',
      '-O2',
      '-g0',
      '-Wall',
      '-Wextra',
      '-Werror',
      '-Wl,--strip-all',
    ],
  },
  'notes-c': {
    output: 'public/plugins/notes_c.wasm',
    record: 'demo/plugins/notes-c/build-record.json',
    sources: ['demo/plugins/notes-c/notes.c', 'demo/plugins/extism-abi.h'],
    flags: [...C_FLAGS, '-mexec-model=reactor', '-Os'],
  },
  'wasi-tools': {
    output: 'e2e/specs/wasi/built/tools.wasm',
    record: 'e2e/specs/wasi/tools/build-record.json',
    sources: ['e2e/specs/wasi/tools/tools.c', 'demo/plugins/extism-abi.h'],
    flags: [...C_FLAGS, '-mexec-model=reactor', '-Os'],
  },
  'wasi-streams': {
    output: 'e2e/specs/wasi/built/streams.wasm',
    record: 'e2e/specs/wasi/streams/build-record.json',
    sources: ['e2e/specs/wasi/streams/streams.c'],
    flags: [...C_FLAGS, '-Os'],
  },
  'wasi-conformance-c': {
    output: 'e2e/specs/wasi/built/conformance_c.wasm',
    record: 'e2e/specs/wasi/c/build-record.json',
    sources: WASI_SECTIONS.split(' ').map((file) => `e2e/specs/wasi/c/${file}`),
    flags: [...C_FLAGS, '-Os'],
  },
  'wasi-conformance-rust': {
    output: 'e2e/specs/wasi/built/conformance_rust.wasm',
    record: 'e2e/specs/wasi/rust/build-record.json',
    sources: ['e2e/specs/wasi/rust/conformance.rs'],
    flags: [
      '--edition=2021',
      '--target=wasm32-wasi',
      '-Copt-level=s',
      '-Cpanic=abort',
      '-Clto=yes',
      '-Ccodegen-units=1',
      '-Cstrip=symbols',
      '-Clinker=wasm-ld',
    ],
  },
};

const FIXTURES = 'e2e/fixtures';
const WAT_FEATURES = {
  exceptions: true,
  bulk_memory: true,
  multi_value: true,
  mutable_globals: true,
  reference_types: true,
  sat_float_to_int: true,
  sign_extension: true,
  simd: true,
  tail_call: true,
  threads: true,
};

// --- Files, digests and stamps ---

const at = (path) => join(ROOT, path);
const say = (line) => console.log(line);
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

class BuildFailure extends Error {}

/** Returns one digest of the paths and contents of files, and of everything else that determines the output. */
function digestOf(paths, ...rest) {
  const files = paths.map((path) => [path, sha256(readFileSync(at(path)))]);
  return sha256(JSON.stringify([files, rest]));
}

function filesUnder(folder) {
  return readdirSync(at(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

/** Writes a file atomically, because another run may read or write it at the same time. */
function writeWhole(path, bytes) {
  mkdirSync(dirname(at(path)), { recursive: true });
  const draft = `${at(path)}.${process.pid}.draft`;
  writeFileSync(draft, bytes);
  renameSync(draft, at(path));
}

function versionOf(packageName) {
  const manifest = at(`node_modules/${packageName}/package.json`);
  if (!existsSync(manifest)) throw new BuildFailure(`${packageName} is not installed: run "npm ci" first.`);
  return `${packageName} ${JSON.parse(readFileSync(manifest, 'utf8')).version}`;
}

const stampPath = (output) => `${STAMPS}/${basename(output)}.json`;

function isUpToDate(output, inputDigest) {
  if (!existsSync(at(output)) || !existsSync(at(stampPath(output)))) return false;
  const stamp = JSON.parse(readFileSync(at(stampPath(output)), 'utf8'));
  return stamp.input === inputDigest && stamp.output === sha256(readFileSync(at(output)));
}

function finish(output, inputDigest, bytes) {
  if (!WebAssembly.validate(bytes)) throw new BuildFailure(`${output} came out as a module that Node refuses.`);
  writeWhole(output, bytes);
  writeWhole(stampPath(output), JSON.stringify({ input: inputDigest, output: sha256(bytes) }));
}

// --- AssemblyScript ---

async function buildAssemblyScript(name) {
  const { output, flags } = ASSEMBLYSCRIPT[name];
  const versions = [versionOf('assemblyscript'), versionOf('@extism/as-pdk')];
  const sources = [...filesUnder(`demo/plugins/${name}`), 'demo/plugins/abort.as.ts', 'demo/plugins/text-blocks.as.ts'];
  const inputDigest = digestOf(sources, flags, versions);
  if (isUpToDate(output, inputDigest)) return say(`  ${name}: up to date`);

  const asc = await import('assemblyscript/asc');
  const written = new Map();
  const result = await asc.main(
    [`demo/plugins/${name}/${name}.as.ts`, '--outFile', 'plugin.wasm', '--baseDir', ROOT, ...flags],
    {
      writeFile: (file, contents) => void written.set(file, contents),
    },
  );
  if (result.error)
    throw new BuildFailure(`${name} does not compile:\n${result.stderr.toString() || result.error.message}`);
  finish(output, inputDigest, written.get('plugin.wasm'));
  say(`  ${name}: compiled from AssemblyScript to ${output} (${written.get('plugin.wasm').length} bytes)`);
}

// --- C and Rust ---

const ask = (tool, ...args) =>
  execFileSync(tool, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();

/** Returns the command of the compiler for a plug-in's language. */
function compilerOf({ sources }) {
  return sources.some((path) => path.endsWith('.rs')) ? (process.env.RUSTC ?? 'rustc') : 'clang';
}

/** Returns the versions that determine the output: of the compiler, the linker and the linked libraries. Null when not installed. */
function findToolchain(plugin) {
  const compiler = compilerOf(plugin);
  try {
    const linker = ask('wasm-ld', '--version').split('\n')[0];
    if (compiler !== 'clang') return { rustc: ask(compiler, '--version'), linker };
    const [target] = plugin.flags;
    return {
      clang: ask('clang', '--version').split('\n')[0],
      linker,
      libcSha256: sha256(readFileSync(ask('clang', target, '-print-file-name=libc.a'))),
      builtinsSha256: sha256(readFileSync(ask('clang', target, '-print-libgcc-file-name'))),
    };
  } catch {
    return null;
  }
}

/** Returns the environment without npm's tools in the path: clang would run a `wasm-opt` that it finds there over its output. */
const pathWithoutNpm = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .join(delimiter);

function compileNative(name) {
  const { sources, flags } = COMPILED[name];
  const folder = mkdtempSync(join(tmpdir(), 'tenon-native-'));
  const compiler = compilerOf(COMPILED[name]);
  try {
    const output = join(folder, 'plugin.wasm');
    execFileSync(compiler, [...flags, '-o', output, ...sources.filter((path) => !path.endsWith('.h'))], {
      cwd: ROOT,
      env: { ...process.env, PATH: pathWithoutNpm },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    return readFileSync(output);
  } catch (cause) {
    throw new BuildFailure(`${name} does not compile with the ${compiler} of this machine.`, { cause });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function buildNative(name, check) {
  const { output, record: recordPath, sources, flags } = COMPILED[name];
  const sourceDigest = digestOf(sources, flags);
  const record = existsSync(at(recordPath)) ? JSON.parse(readFileSync(at(recordPath), 'utf8')) : null;
  const committed = existsSync(at(output)) ? readFileSync(at(output)) : null;
  const matches =
    record?.sourceDigest === sourceDigest && committed !== null && record.wasmSha256 === sha256(committed);
  if (matches && !check) return say(`  ${name}: the committed binary matches its source`);

  const toolchain = findToolchain(COMPILED[name]);
  if (check) return checkNative(name, { record, matches, committed, toolchain });
  if (toolchain === null) {
    throw new BuildFailure(
      `${name}: ${output} does not belong to its source, and this machine has no ${compilerOf(COMPILED[name])} for wasm32-wasi to rebuild it.\n` +
        `On Debian: apt-get install clang lld wasi-libc libclang-rt-dev-wasm32; for Rust: rustc libstd-rust-dev-wasm32`,
    );
  }
  const wasm = compileNative(name);
  if (!WebAssembly.validate(wasm)) throw new BuildFailure(`${output} came out as a module that Node refuses.`);
  const next = { sources, sourceDigest, flags, toolchain, wasmSha256: sha256(wasm) };
  writeWhole(output, wasm);
  writeWhole(recordPath, `${JSON.stringify(next, null, 2)}\n`);
  say(`  ${name}: compiled to ${output} (${wasm.length} bytes); commit it together with ${recordPath}`);
}

function checkNative(name, { record, matches, committed, toolchain }) {
  const { output, record: recordPath } = COMPILED[name];
  if (!matches) {
    throw new BuildFailure(`${name}: ${output}, its source and ${recordPath} do not belong together: build it again.`);
  }
  if (JSON.stringify(toolchain) !== JSON.stringify(record.toolchain)) {
    return say(
      `  ${name}: source and binary match their record (not rebuilt: it was made with ${record.toolchain.clang ?? record.toolchain.rustc})`,
    );
  }
  if (!compileNative(name).equals(committed)) {
    throw new BuildFailure(`${name}: the recorded compiler makes other bytes of the source than those committed.`);
  }
  say(`  ${name}: rebuilt with the recorded compiler; identical to the committed binary`);
}

// --- WAT fixtures ---

const fixtureNames = () =>
  readdirSync(at(FIXTURES))
    .filter((file) => file.endsWith('.wat'))
    .map((file) => basename(file, '.wat'))
    .sort();

/** Removes built fixtures whose source was renamed or removed. */
function removeOrphans(names) {
  if (!existsSync(at(`${FIXTURES}/build`))) return;
  const orphans = readdirSync(at(`${FIXTURES}/build`)).filter(
    (file) => file.endsWith('.wasm') && !names.includes(basename(file, '.wasm')),
  );
  for (const file of orphans) rmSync(at(`${FIXTURES}/build/${file}`), { force: true });
}

/** Fails unless README.md describes every fixture. */
function checkFixtureList(names) {
  const path = `${FIXTURES}/README.md`;
  const readme = readFileSync(at(path), 'utf8');
  const absent = names.filter((name) => !readme.includes(`\n| \`${name}\` `));
  if (absent.length > 0) throw new BuildFailure(`${path} does not list ${absent.join(', ')}.`);
}

async function buildFixtures(names) {
  const version = versionOf('wabt');
  const digest = (name) => digestOf([`${FIXTURES}/${name}.wat`], WAT_FEATURES, version);
  const output = (name) => `${FIXTURES}/build/${name}.wasm`;
  const stale = names.filter((name) => !isUpToDate(output(name), digest(name)));
  const skipped = names.length - stale.length;
  if (skipped > 0) say(`  fixtures: ${skipped} up to date`);
  if (stale.length === 0) return;
  const wabt = await require('wabt')();
  for (const name of stale) finish(output(name), digest(name), compileWat(wabt, name));
  say(`  fixtures: ${stale.length} compiled from WAT to ${FIXTURES}/build/`);
}

function compileWat(wabt, name) {
  const file = `${FIXTURES}/${name}.wat`;
  try {
    const module = wabt.parseWat(file, readFileSync(at(file), 'utf8'), WAT_FEATURES);
    module.resolveNames();
    module.validate(WAT_FEATURES);
    const { buffer } = module.toBinary({});
    module.destroy();
    return buffer;
  } catch (cause) {
    throw new BuildFailure(`${file} does not compile:\n${cause.message}`);
  }
}

// --- The playground's list of examples ---

function checkIndex() {
  const path = 'public/plugins/index.json';
  for (const { file, functions, linked = [] } of JSON.parse(readFileSync(at(path), 'utf8')).plugins) {
    for (const one of [file, ...linked.map((other) => other.file)]) {
      if (!existsSync(at(`public/plugins/${one}`)))
        throw new BuildFailure(`${path} names ${one}, which nothing builds.`);
    }
    const wasm = `public/plugins/${file}`;
    const exported = new Set(
      WebAssembly.Module.exports(new WebAssembly.Module(readFileSync(at(wasm)))).map(({ name }) => name),
    );
    const absent = functions.map(({ name }) => name).filter((name) => !exported.has(name));
    if (absent.length > 0) throw new BuildFailure(`${path}: ${file} does not export ${absent.join(', ')}.`);
  }
  say(`  examples: every function that ${path} lists is exported`);
}

// --- Command line ---

async function main(args) {
  const check = args.includes('--check');
  const names = args.filter((arg) => arg !== '--check');
  const known = new Set([...Object.keys(ASSEMBLYSCRIPT), ...Object.keys(COMPILED), 'fixtures', ...fixtureNames()]);
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0)
    throw new BuildFailure(`Nothing is called ${unknown.join(', ')}. There is: ${[...known].join(', ')}`);
  const wants = (name) => names.length === 0 || names.includes(name);

  say('Building example plug-ins and test fixtures.');
  for (const name of Object.keys(ASSEMBLYSCRIPT)) if (wants(name)) await buildAssemblyScript(name);
  for (const name of Object.keys(COMPILED)) if (wants(name)) buildNative(name, check);
  const fixtures = wants('fixtures') ? fixtureNames() : fixtureNames().filter(wants);
  if (fixtures.length > 0) await buildFixtures(fixtures);
  if (wants('fixtures')) {
    removeOrphans(fixtures);
    checkFixtureList(fixtures);
  }
  if (names.length === 0) checkIndex();
}

try {
  await main(process.argv.slice(2));
} catch (failure) {
  if (!(failure instanceof BuildFailure)) throw failure;
  console.error(failure.message);
  process.exitCode = 1;
}
