import { userNamespace } from '../../contract/abi.js';
import { PluginError } from '../../contract/errors.js';
import type { GateOptions } from '../../contract/protocol.js';
import type { Sha256Hex } from '../../contract/units.js';
import { isJavaScriptName } from '../../manifest/javascript-name.js';
import type { HostTypes } from '../../manifest/package-files.js';
import type { ParsedManifest, ParsedModule } from '../../manifest/parsed.js';
import type { HostFunctions, ValueSpec } from '../base/host-function.js';
import type { PluginSettings } from '../base/options.js';
import { checkSources, compileFiles, engineName } from './compile-javascript.js';
import type { Loader } from './loader.js';
import { labelName } from './plan-parts.js';
import type { Resolved } from './resolved.js';

/** What a source is read and compiled with. */
export interface SourceReading {
  readonly loader: Loader;
  readonly gate: GateOptions;
  readonly settings: PluginSettings;
  /** The app's host functions. Those of the namespace `extism:host/user` are declared to the source. */
  readonly functions: HostFunctions | undefined;
}

/** Reads a source and compiles it to a manifest: the engine, and a module that is linked to it. A lazy chunk. */
export async function sourceManifest(source: Resolved, reading: SourceReading): Promise<unknown> {
  const data = await compileSource(source, null, reading);
  return {
    wasm: [
      { name: engineName, url: reading.loader.urlOf('javascriptEngine') },
      { name: 'main', data },
    ],
  };
}

/**
 * Returns the modules of a manifest, with the one that is JavaScript compiled and the engine in front of it.
 * @throws PluginError `invalid-manifest` for JavaScript that is not the main module
 */
export async function compiledModules(
  manifest: ParsedManifest,
  resolve: (module: ParsedModule, index: number) => Resolved,
  reading: SourceReading,
): Promise<readonly ParsedModule[]> {
  checkSources(manifest);
  const { modules, main } = manifest;
  const bytes = await compileSource(resolve(main, modules.indexOf(main)), main.hash, reading);
  const kind = { hash: null, isJavaScript: false } as const;
  const engine: ParsedModule = {
    kind: 'url',
    ...kind,
    name: engineName,
    url: reading.loader.urlOf('javascriptEngine'),
    method: 'GET',
    headers: new Map(),
  };
  const compiled: ParsedModule = { kind: 'data', ...kind, name: main.name, bytes };
  return [engine, ...modules.map((module) => (module === main ? compiled : module))];
}

/** Reads a source as a module is read, so that the limits, the cache and the hash apply to its bytes, and compiles it in a worker. */
async function compileSource(
  source: Resolved,
  hash: Sha256Hex | null,
  { loader, gate, settings, functions }: SourceReading,
): Promise<Uint8Array<ArrayBuffer>> {
  const { label } = source;
  const loaded = await loader.load(source, { hash, gate, settings, isText: true });
  if ('module' in loaded) throw new PluginError('bug', { message: `${label} was compiled as a module` });
  const name = labelName(label);
  const files = { [isJavaScriptName(name) ? name : 'main.js']: loaded.bytes };
  const { signal } = settings;
  const [url, hostFunctions] = [loader.urlOf('javascript'), hostTypes(functions)];
  const given = { url, label, files, main: null, hostFunctions, signal };
  return (await compileFiles(given, () => loader.startReader())).bytes;
}

/** Returns the WebAssembly types of the app's decoded host functions. Those of raw ones are not known. */
function hostTypes(functions: HostFunctions = {}): Readonly<Record<string, HostTypes>> {
  const decoded = Object.entries(functions[userNamespace] ?? {}).flatMap(([name, one]) =>
    typeof one === 'object' && Array.isArray(one.params)
      ? [[name, { params: one.params.map(typeOf), result: one.result === null ? null : typeOf(one.result) }] as const]
      : [],
  );
  return Object.fromEntries(decoded);
}

function typeOf(spec: ValueSpec): HostTypes['params'][number] {
  const type = typeof spec === 'object' && 'type' in spec ? spec.type : spec;
  return type === 'i32' ? 'I32' : type === 'f32' ? 'F32' : type === 'f64' ? 'F64' : 'I64';
}
