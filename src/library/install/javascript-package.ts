import { assetFailed } from '../../contract/asset-failed.js';
import type { Sha256Hex } from '../../contract/units.js';
import { isJavaScriptName } from '../../manifest/javascript-name.js';
import { abortedError } from '../../page/base/aborted.js';
import type { Host } from '../../page/host/host.js';
import { compileFiles, engineName } from '../../page/loading/compile-javascript.js';
import { sha256Hex } from '../hash.js';
import type { PackageModule, PackageSource } from './package-file.js';

type Files = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

/** The source of a plug-in in JavaScript, and what compiles it. */
export interface SourcePackage {
  readonly label: string;
  readonly files: Files;
  /** The file that exports the plug-in's functions; null for `main.js` or a like name, or the only file. */
  readonly main: string | null;
  readonly signal: AbortSignal | null;
  readonly host: Pick<Host, 'assetUrl' | 'startReader'>;
}

export interface CompiledPackage {
  /** The engine, which the compiled source is linked to. */
  readonly engine: PackageModule;
  readonly main: PackageModule;
  readonly functions: readonly string[];
  readonly sources: readonly PackageSource[];
  /** What a signature covers instead of the hash of a module. */
  readonly sourceHash: Sha256Hex;
}

/** Returns the files of a bundle that a plug-in in JavaScript consists of. */
export function sourceFiles(files: Files): Files {
  return new Map([...files].filter(([path]) => isJavaScriptName(path)));
}

/**
 * Compiles the files in a worker. The compiled module and the engine are stored, so that the plug-in works offline and stays as it is.
 * @throws PluginError `invalid-source`, `load-timeout`, `aborted`, `asset-failed`
 */
export async function compilePackage(source: SourcePackage): Promise<CompiledPackage> {
  const { label, files, main, signal, host } = source;
  const given = {
    url: host.assetUrl('javascript'),
    label,
    files: Object.fromEntries(files),
    main,
    hostFunctions: {},
    signal,
  };
  const [compiled, engine] = await Promise.all([
    compileFiles(given, () => host.startReader()),
    readEngine(host.assetUrl('javascriptEngine'), signal),
  ]);
  const sources: PackageSource[] = [];
  for (const [path, bytes] of files) sources.push({ path, bytes, sha256: await sha256Hex(bytes) });
  return {
    engine: await packageModule(engineName, engine),
    main: await packageModule('main', compiled.bytes),
    functions: compiled.exports,
    sources,
    sourceHash: await sourceHash(sources),
  };
}

async function packageModule(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<PackageModule> {
  return { name, bytes, sha256: await sha256Hex(bytes) };
}

/** Returns the hash of the only file, or that of a list of all paths and hashes, in the order of the paths. */
async function sourceHash(sources: readonly PackageSource[]): Promise<Sha256Hex> {
  const [only] = sources;
  if (only !== undefined && sources.length === 1) return only.sha256;
  const pairs = sources.map(({ path, sha256 }) => [path, sha256] as const);
  const sorted = pairs.toSorted(([one], [other]) => (one < other ? -1 : 1));
  return sha256Hex(new TextEncoder().encode(JSON.stringify(sorted)));
}

async function readEngine(url: string, signal: AbortSignal | null): Promise<Uint8Array<ArrayBuffer>> {
  const failed = (cause: unknown): never => {
    throw signal?.aborted === true ? abortedError(`reading ${url}`, signal) : assetFailed(url, cause);
  };
  const response = await fetch(url, { signal }).catch(failed);
  if (!response.ok) return failed(`status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer().catch(failed));
}
