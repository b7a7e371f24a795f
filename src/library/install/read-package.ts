import { PluginError } from '../../contract/errors.js';
import type { Sha256Hex } from '../../contract/units.js';
import type { ParsedManifest, ParsedModule } from '../../manifest/parsed.js';
import { maxInstalledConfigChars, maxInstalledManifestChars } from '../../manifest/caps.js';
import { checkForeignModules } from '../../manifest/foreign.js';
import { isJavaScriptName } from '../../manifest/javascript-name.js';
import type { PackageFiles, ReadRequest } from '../../manifest/package-files.js';
import type { Host } from '../../page/host/host.js';
import { checkSources } from '../../page/loading/compile-javascript.js';
import { askReader } from '../../page/workers/ask-reader.js';
import { sha256Hex } from '../hash.js';
import type { PackageModule, PackageSource } from './package-file.js';
import {
  checkSize,
  fetchSource,
  type InstallSource,
  type ReadOptions,
  type ReadSource,
  readSource,
  toUrl,
} from './read-source.js';
import { compilePackage, sourceFiles, type SourcePackage } from './javascript-package.js';
import type { SignatureRecord } from '../storage/record.js';
import { readSignature } from './signature.js';

/** A plug-in with all its files, read and parsed. Its JavaScript is compiled to WebAssembly; modules are not compiled yet. */
export interface Package {
  readonly label: string;
  readonly manifest: ParsedManifest | null;
  /** The unchanged text of the manifest. */
  readonly manifestText: string | null;
  readonly modules: readonly PackageModule[];
  readonly main: PackageModule;
  /** The hashes that a signature covers: of the manifest's modules, or of their source. */
  readonly moduleHashes: readonly Sha256Hex[];
  /** The files of a plug-in in JavaScript; empty for any other. */
  readonly sources: readonly PackageSource[];
  /** The functions that compiled JavaScript exports; null if the main module says. */
  readonly functions: readonly string[] | null;
  readonly readme: string | null;
  /** A PNG that the reader worker encoded. */
  readonly icon: { readonly bytes: Uint8Array<ArrayBuffer>; readonly sha256: Sha256Hex } | null;
  readonly signature: SignatureRecord | null;
}

export interface PackageOptions extends ReadOptions {
  /** A detached signature that was given besides the source. */
  readonly signature: unknown;
  /** The origin that the source's address may have although it is local. */
  readonly trusted: string | null;
  /** The expected sha256 of the source's bytes. */
  readonly sha256: string | null;
  readonly host: Pick<Host, 'assetUrl' | 'startReader'>;
}

/** Room for 64 modules and the files about them. */
const maxEntries = 128;
/** A hostile bundle may unpack slowly; an honest one takes far less. */
const readTimeoutMs = 20_000;

/** Reads a plug-in from any kind of source. @throws PluginError `not-a-plugin`, `invalid-manifest`, `hash-mismatch`, `bundle-…`, `signature-invalid`, as `readSource` */
export async function readPackage(source: InstallSource, options: PackageOptions): Promise<Package> {
  const read = await readSource(source, options.trusted, options);
  if (options.sha256 !== null) checkHash(read.label, options.sha256.toLowerCase(), await sha256Hex(read.bytes));
  const signature =
    options.signature === undefined || options.signature === null ? null : readSignature(options.signature, read.label);
  switch (kindOf(read)) {
    case 'javascript':
      return { ...(await bareSource(read, options)), signature };
    case 'module':
      return { ...(await bareModule(read.bytes, read.label)), signature };
    case 'zip':
      return readBundle(read, signature, options);
    case 'manifest':
      return readManifest(read, signature, options);
    case 'unknown':
      throw notAPlugin(read.label);
  }
}

function kindOf({ bytes, label }: ReadSource): 'javascript' | 'module' | 'zip' | 'manifest' | 'unknown' {
  if (isJavaScriptName(label)) return 'javascript';
  if (startsWith(bytes, [0x00, 0x61, 0x73, 0x6d])) return 'module';
  if (startsWith(bytes, [0x50, 0x4b, 0x03, 0x04])) return 'zip';
  const text = decode(bytes.subarray(0, 256));
  return text.trimStart().startsWith('{') ? 'manifest' : 'unknown';
}

/** Reads a bundle or a manifest in a worker: the page's thread gets the parsed result. */
async function readFiles({ bytes, label }: ReadSource, options: PackageOptions): Promise<PackageFiles> {
  const { signal, onProgress, maxBytes, host } = options;
  const totalBytes = bytes.length;
  const request: ReadRequest = { do: 'package', bytes, label, maxEntries, maxBytes };
  const value = await askReader(() => host.startReader(), request, {
    label,
    timeoutMs: readTimeoutMs,
    signal,
    onProgress: (read) => onProgress({ step: 'unpacking', bytes: read, totalBytes }),
  });
  return value as PackageFiles; // the worker runs this library's code alone
}

async function readBundle(read: ReadSource, given: SignatureRecord | null, options: PackageOptions): Promise<Package> {
  const { manifest, files, readme, icon, signature: detached } = await readFiles(read, options);
  const signature = given ?? (detached === null ? null : readSignature(detached, `${read.label}/signature.json`));
  const extras = { readme, icon: icon === null ? null : { bytes: icon, sha256: await sha256Hex(icon) } };
  if (manifest !== null) {
    return { ...(await fromManifest(manifest, files, { read, signature, options })), ...extras };
  }
  const bundled = { label: read.label, files: sourceFiles(files), main: null };
  const isSource = bundled.files.size > 0 && ![...files.keys()].some((name) => name.endsWith('.wasm'));
  if (isSource) return { ...(await sourcePackage(bundled, options)), ...extras, signature };
  const [[name, bytes] = [], ...more] = [...files].filter(([name]) => name.endsWith('.wasm'));
  if (name === undefined || bytes === undefined || more.length > 0) throw notInBundle(read.label);
  // Never the entry's path alone, which may look like an address. Without a query, so that the entry's name ends the label's path.
  const label = `${read.label.replace(/[?#].*$/su, '')}/${name}`;
  return { ...(await bareModule(bytes, label)), ...extras, signature };
}

async function readManifest(
  read: ReadSource,
  signature: SignatureRecord | null,
  options: PackageOptions,
): Promise<Package> {
  const { manifest } = await readFiles(read, options);
  if (manifest === null) throw notAPlugin(read.label);
  return fromManifest(manifest, null, { read, signature, options });
}

/** What a plug-in without a manifest and without other files has. */
const bare = {
  manifest: null,
  manifestText: null,
  sources: [],
  functions: null,
  readme: null,
  icon: null,
  signature: null,
} as const;

async function bareModule(bytes: Uint8Array<ArrayBuffer>, label: string): Promise<Package> {
  const main = { name: 'main', bytes, sha256: await sha256Hex(bytes) };
  return { ...bare, label, modules: [main], main, moduleHashes: [main.sha256] };
}

async function bareSource({ bytes, label }: ReadSource, options: PackageOptions): Promise<Package> {
  return sourcePackage({ label, files: new Map([[fileName(label), bytes]]), main: null }, options);
}

async function sourcePackage(
  source: Pick<SourcePackage, 'label' | 'files' | 'main'>,
  { signal, host }: PackageOptions,
): Promise<Package> {
  const { engine, main, sources, functions, sourceHash } = await compilePackage({ ...source, signal, host });
  const { label } = source;
  return { ...bare, label, modules: [engine, main], main, sources, functions, moduleHashes: [sourceHash] };
}

/** Returns the name of the file that a label, a URL or a file's name, ends in. */
function fileName(label: string): string {
  return /[^/]*$/u.exec(label.replace(/[?#].*$/su, ''))?.[0] ?? label;
}

interface ManifestContext {
  readonly read: ReadSource;
  readonly signature: SignatureRecord | null;
  readonly options: PackageOptions;
}

async function fromManifest(
  { text, parsed: manifest }: NonNullable<PackageFiles['manifest']>,
  files: PackageFiles['files'] | null,
  context: ManifestContext,
): Promise<Package> {
  const { read, signature, options } = context;
  checkForeignModules(manifest, read.label);
  checkKeptText(manifest, text, read.label);
  const modules: PackageModule[] = [];
  let total = 0;
  for (const [index, module] of manifest.modules.entries()) {
    const bytes = await moduleBytes(module, files, read, { ...options, maxBytes: options.maxBytes - total });
    total += bytes.length;
    checkSize(total, read.label, options.maxBytes);
    const sha256 = await sha256Hex(bytes);
    if (module.hash !== null) checkHash(`wasm[${index}]`, module.hash, sha256);
    modules.push({ name: module.name, bytes, sha256 });
  }
  const main = modules[manifest.modules.indexOf(manifest.main)];
  if (main === undefined) throw new PluginError('bug', { message: 'BUG: a manifest without a main module' });
  const moduleHashes = modules.map(({ sha256 }) => sha256);
  const { label } = read;
  const pack = { ...bare, label, manifest, manifestText: text, modules, main, moduleHashes, signature };
  return manifest.modules.some(({ isJavaScript }) => isJavaScript) ? withSource(pack, manifest, files, options) : pack;
}

/** Compiles the source that is the main module of a manifest: of a bundle, with the other files that it may import. */
async function withSource(
  pack: Package,
  manifest: ParsedManifest,
  files: PackageFiles['files'] | null,
  options: PackageOptions,
): Promise<Package> {
  checkSources(manifest);
  const given = manifest.main;
  const path = given.kind === 'url' ? bundledPath(given.url) : null;
  const isBundled = path !== null && files?.has(path) === true;
  const name = given.kind === 'url' ? fileName(given.url) : 'main.js';
  const source = isBundled
    ? { label: pack.label, files: sourceFiles(files), main: path }
    : { label: pack.label, files: new Map([[name, pack.main.bytes]]), main: null };
  const { modules, main, sources, functions, moduleHashes } = await sourcePackage(source, options);
  const [engine] = modules;
  const at = pack.modules.indexOf(pack.main);
  return {
    ...pack,
    modules: [...(engine === undefined ? [] : [engine]), ...pack.modules.with(at, main)],
    main,
    sources,
    functions,
    moduleHashes: pack.moduleHashes.flatMap((hash, index) => (index === at ? moduleHashes : [hash])),
  };
}

/** Returns the path in a bundle that a manifest names. */
function bundledPath(url: string): string {
  return url.replace(/^(\.\/)+/, '');
}

async function moduleBytes(
  module: ParsedModule,
  files: PackageFiles['files'] | null,
  { baseUrl, label, origin }: ReadSource,
  options: ReadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  if (module.kind === 'data') return module.bytes.slice();
  if (files === null || /^[a-z][a-z+.-]*:/i.test(module.url)) {
    return (await fetchSource(toUrl(module.url, baseUrl), origin, options)).bytes;
  }
  const bytes = files.get(bundledPath(module.url));
  if (bytes !== undefined) return bytes;
  throw new PluginError('bundle-format', {
    message: `The manifest of ${label} names ${JSON.stringify(module.url)}, which the bundle does not contain`,
    where: label,
    expected: `one of ${[...files.keys()].slice(0, 10).join(', ')}`,
    actual: module.url,
  });
}

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, index) => bytes[index] === byte);
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function checkHash(where: string, expected: string, actual: string): void {
  if (expected === actual) return;
  throw new PluginError('hash-mismatch', {
    message: `Hash mismatch of ${where}: expected sha256 ${expected}, found ${actual}`,
    where,
    expected,
    actual,
  });
}

function notAPlugin(label: string): PluginError {
  return new PluginError('not-a-plugin', {
    message: `${label} is not a WebAssembly module, a manifest or a bundle`,
    where: label,
    expected: 'a .wasm module, a .js or .ts source, a JSON manifest, or a zip',
  });
}

function notInBundle(label: string): PluginError {
  return new PluginError('bundle-format', {
    message: `The bundle ${label} contains neither a manifest.json nor exactly one .wasm file`,
    where: label,
    expected: 'a manifest.json, one .wasm file, or a main.js',
  });
}

/** Checks the size of what the page keeps of a manifest. @throws PluginError `invalid-manifest` */
function checkKeptText({ config, modules }: ParsedManifest, text: string, label: string): void {
  const configChars = Array.from(config, ([key, value]) => key.length + value.length).reduce(
    (sum, chars) => sum + chars,
    0,
  );
  const inside = modules.reduce(
    (sum, module) => sum + (module.kind === 'data' ? Math.ceil(module.bytes.length / 3) * 4 : 0),
    0,
  );
  for (const [what, most, chars] of [
    ['config', maxInstalledConfigChars, configChars],
    ['text besides its modules', maxInstalledManifestChars, text.length - inside],
  ] as const) {
    if (chars <= most) continue;
    const [expected, actual] = [`at most ${most} characters`, `${chars} characters`];
    throw new PluginError('invalid-manifest', {
      message: `The manifest of ${label} has too much ${what}: expected ${expected}, found ${actual}`,
      where: label,
      expected,
      actual,
      fix: 'Move large data into a module, or let the plug-in fetch it.',
    });
  }
}
