import { PluginError } from '../contract/errors.js';
import type { CallContext as CoreContext } from '../page/base/call-context.js';
import { createHost, createPlugin as createOnDefaultHost } from '../page/host/default-host.js';
import { type CompatibilityProfile, profileKey, type RunCall } from '../page/base/compatibility-profile.js';
import type { HostFunctions, RawHostFunction } from '../page/base/host-function.js';
import type { Host } from '../page/host/host.js';
import type { Plugin as CorePlugin } from '../page/host/plugin.js';
import { CallContext, type LogFloor } from './call-context.js';
import { functionMissing, sdkFailure } from './failure.js';
import { matchesHost } from './host-pattern.js';
import { coreManifest, itemsOf, type ReadSource, readSource, settingsOf } from './manifest.js';
import { coreOptions, leastStartingMs, sdkSemantics } from './options.js';
import { outputOf, type PluginOutput } from './output.js';
import type { ExtismPluginOptions, Manifest, ManifestLike, MemoryOptions, Plugin } from './types.js';

/**
 * Creates a plug-in, as the Extism JS SDK does. It runs in a worker, on every page.
 *
 * @param manifest a manifest (object or JSON text), URL, Response, WebAssembly.Module, bytes, or a promise of one
 * @throws PluginError with the SDK's messages
 * @example const plugin = await createPlugin('https://example.com/count_vowels.wasm', { useWasi: true });
 */
export async function createPlugin(
  manifest: ManifestLike | PromiseLike<ManifestLike>,
  opts: ExtismPluginOptions = {},
): Promise<Plugin> {
  const functions = opts.functions ?? {};
  try {
    const read = await readSource(await manifest, opts);
    const floor: LogFloor = { level: opts.logLevel ?? 'silent', reportFull: fullReporter(opts, read) };
    let run: RunCall = notStarted;
    const options = {
      ...coreOptions(opts, opts.allowedPaths ?? read.settings?.allowedPaths, floor),
      ...(Object.keys(functions).length === 0 ? {} : { functions: coreFunctions(functions, floor) }),
      [profileKey]: profileFor(opts, read, (started) => (run = started)),
    };
    if (opts.fetch === undefined)
      return new SdkPlugin({ core: await createOnDefaultHost(read.source, options), run, host: null, functions });
    return await onOwnHost(createHost({ fetch: opts.fetch, spareWorkers: 0 }), (host) =>
      host.createPlugin(read.source, options).then((core) => new SdkPlugin({ core, run, host, functions })),
    );
  } catch (error) {
    throw sdkFailure(error, functions);
  }
}

/** Creates a plug-in with a custom `fetch` on its own host, which is closed with the plug-in. */
async function onOwnHost(host: Host, create: (host: Host) => Promise<Plugin>): Promise<Plugin> {
  try {
    return await create(host);
  } catch (error) {
    await host.close();
    throw error;
  }
}

function notStarted(): never {
  throw new PluginError('bug', { message: 'BUG: the plug-in was called before it had started' });
}

/** In a manifest that was fetched. Its patterns may take 10 ms each to match. */
const mostFetchedHosts = 100;

function fullReporter({ memory, logger = console }: ExtismPluginOptions, { settings }: ReadSource) {
  const limits = (memory ?? settings?.memory ?? {}) as MemoryOptions;
  const allowed = limits.maxPages ? `, ${limits.maxPages} allowed` : '';
  return (length: number): void => {
    logger.error(`memory limit exceeded: ${Math.ceil(length / 65_536)} pages requested${allowed}`);
  };
}

function profileFor(
  opts: ExtismPluginOptions,
  { settings, ready }: ReadSource,
  onStart: (run: RunCall) => void,
): CompatibilityProfile {
  let hosts: unknown = opts.allowedHosts ?? settings?.allowedHosts;
  /** The hosts that a fetched manifest asks for; null if it has no list, or the app wrote it. */
  let requested: unknown = null;
  const timeoutMs = opts.timeoutMs || Number(settings?.timeoutMs ?? 0);
  return {
    semantics: sdkSemantics,
    readManifest: (value) => {
      const manifest = value as Manifest; // `itemsOf` checks it
      const own = settingsOf(manifest);
      // Fetched text is foreign: it grants nothing, and its limits hold beside those of the options.
      hosts = opts.allowedHosts;
      requested = own.allowedHosts ?? null;
      if (Array.isArray(requested) && requested.length > mostFetchedHosts)
        throw new PluginError('invalid-manifest', {
          message: `allowed_hosts of a fetched manifest: expected at most ${mostFetchedHosts} hosts, found ${requested.length}`,
        });
      const { memory: _memory, timeoutMs: _timeoutMs, ...others } = opts;
      return coreManifest(itemsOf(manifest), own, others);
    },
    ready,
    checkWasi: (isImported) => {
      if (isImported && opts.useWasi !== true) {
        throw new PluginError('missing-import', { message: 'WASI is not enabled; see the "useWasi" plugin option' });
      }
    },
    matchHost: ({ protocol, hostname }) => {
      // `*` covers hosts only: `data:` and `blob:` URLs have none.
      const isHttp = /^https?:$/u.test(protocol);
      const pattern = isHttp ? firstMatch(hosts, hostname) : undefined;
      // After the app's own list, because patterns of a stranger can take long to match.
      return pattern === undefined || (requested !== null && firstMatch(requested, hostname) === undefined)
        ? { allowed: false, reason: `no allowedHosts match "${hostname}"` }
        : { allowed: true, pattern: String(pattern) };
    },
    onStart,
    convertResult: wasmValue,
    startingMs: timeoutMs > 0 ? Math.max(timeoutMs, leastStartingMs) : null,
  };
}

/** Returns the first pattern that the host matches. */
function firstMatch(patterns: unknown, hostname: string): unknown {
  return Array.isArray(patterns) ? patterns.find((one) => matchesHost(String(one), hostname)) : undefined;
}

type SdkFunctions = NonNullable<ExtismPluginOptions['functions']>;

function coreFunctions(functions: SdkFunctions, floor: LogFloor): HostFunctions {
  return Object.fromEntries(
    Object.entries(functions).map(([namespace, group]) => [
      namespace,
      Object.fromEntries(Object.entries(group).map(([name, run]) => [name, coreFunction(run, floor)])),
    ]),
  );
}

function coreFunction(run: SdkFunctions[string][string], floor: LogFloor): RawHostFunction {
  return (core: CoreContext, ...args: never[]) => {
    const context = new CallContext(core, floor);
    const leave = (): void => CallContext.leave(context);
    let given: unknown;
    try {
      given = run(context, ...args);
    } catch (error) {
      leave();
      throw error;
    }
    if (typeof given !== 'object' || given === null || !('then' in given)) {
      leave();
      return given as WasmResult;
    }
    return Promise.resolve(given as PromiseLike<WasmResult>).finally(leave);
  };
}

type WasmResult = number | bigint | undefined;

/** Converts a result as WebAssembly does when JavaScript returns it to a module: typed arrays convert in the same way. */
function wasmValue(value: unknown, type: string | null | undefined): WasmResult {
  switch (type) {
    case 'i32':
      return Int32Array.of(value as number)[0];
    case 'i64':
      return BigInt64Array.of(value as bigint)[0];
    case 'f32':
      return Float32Array.of(value as number)[0];
    case 'f64':
      return Float64Array.of(value as number)[0];
    case null:
      return undefined;
    default:
      if (typeof value === 'number' || typeof value === 'bigint') return value;
      return typeof value === 'boolean' ? Number(value) : undefined;
  }
}

interface SdkParts {
  readonly core: CorePlugin;
  readonly run: RunCall;
  /** The host that only this plug-in uses, closed with it; null for the default host. */
  readonly host: Host | null;
  readonly functions: object;
}

class SdkPlugin implements Plugin {
  readonly #core: CorePlugin;
  readonly #run: RunCall;
  readonly #host: Host | null;
  readonly #functions: object;
  #active = 0;

  constructor({ core, run, host, functions }: SdkParts) {
    this.#core = core;
    this.#run = run;
    this.#host = host;
    this.#functions = functions;
  }

  async call<T>(funcName: string, input?: string | number | Uint8Array, hostContext?: T): Promise<PluginOutput | null> {
    this.#active += 1;
    try {
      const given = typeof input === 'number' ? String(input) : input;
      const { output } = await this.#run(funcName, given, { hostContext });
      return output === null ? null : outputOf(output);
    } catch (error) {
      throw functionMissing(sdkFailure(error, this.#functions), funcName);
    } finally {
      this.#active -= 1;
    }
  }

  functionExists(funcName: string): Promise<boolean> {
    return Promise.resolve(this.#core.functionExists(funcName));
  }

  getExports(): Promise<WebAssembly.ModuleExportDescriptor[]> {
    return Promise.resolve([...this.#core.exports]);
  }

  getImports(): Promise<WebAssembly.ModuleImportDescriptor[]> {
    return Promise.resolve([...this.#core.imports]);
  }

  getInstance(): Promise<WebAssembly.Instance> {
    const exports = Object.create(null) as Record<string, unknown>;
    for (const { name, kind } of this.#core.exports)
      exports[name] = kind === 'function' ? placeholder(name) : Object.freeze({});
    const instance = Object.create(WebAssembly.Instance.prototype, {
      exports: { value: Object.freeze(exports), enumerable: true },
    }) as WebAssembly.Instance;
    return Promise.resolve(instance);
  }

  isActive(): boolean {
    return this.#active > 0;
  }

  async reset(): Promise<boolean> {
    if (this.isActive()) return false;
    await this.#core.reset();
    return true;
  }

  async close(): Promise<void> {
    await this.#core.close();
    await this.#host?.close();
  }
}

/** Returns a placeholder for an exported function, which runs in the worker. */
function placeholder(name: string): () => never {
  return () => {
    throw new PluginError('unsupported', {
      message: `"${name}" runs in a worker and cannot be called from the page`,
      where: `export "${name}"`,
      fix: `Use plugin.call(${JSON.stringify(name)}).`,
    });
  };
}
