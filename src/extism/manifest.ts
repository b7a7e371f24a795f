import { PluginError } from '../contract/errors.js';
import { lazyChunk } from '../page/base/lazy-chunk.js';
import { spawnDefaultReader } from '../page/workers/spawn.js';
import type { PluginSource } from '../page/loading/resolved.js';
import type { ExtismPluginOptions, Manifest, ManifestLike, MemoryOptions } from './types.js';

/** The settings of a manifest that options can set too. An option replaces the whole setting. */
export interface SdkSettings {
  readonly config?: unknown;
  readonly allowedHosts?: unknown;
  readonly allowedPaths?: unknown;
  readonly memory?: unknown;
  readonly timeoutMs?: unknown;
}

/** A source in the form of Tenon's core. */
export interface ReadSource {
  readonly source: PluginSource;
  /** Null if they are unknown before the source is loaded. */
  readonly settings: SdkSettings | null;
  /** Compiled modules, by their index in the manifest, which contains placeholders for them. */
  readonly ready: ReadonlyMap<number, WebAssembly.Module>;
}

type Fields = Readonly<Record<string, unknown>>;

const none: ReadonlyMap<number, WebAssembly.Module> = new Map();

/** Detects the SDK's form of a manifest and converts it. */
export async function readSource(given: ManifestLike, options: ExtismPluginOptions): Promise<ReadSource> {
  if (typeof given === 'string' && /^\s*\{/u.test(given)) return readObject(await parseText(given), options);
  if (typeof given === 'string' || given instanceof URL || given instanceof Response) {
    return { source: given, settings: null, ready: none };
  }
  if (given instanceof ArrayBuffer || ArrayBuffer.isView(given) || given instanceof WebAssembly.Module) {
    return { source: given as PluginSource, settings: null, ready: none };
  }
  return readObject(given, options);
}

/** Parses the text of a manifest, off the page's thread if it is large. */
async function parseText(text: string): Promise<Manifest> {
  const { manifestValue } = await lazyChunk(() => import('../page/loading/manifest-value.js'));
  const value = await manifestValue(text, { label: 'The manifest', startReader: spawnDefaultReader, signal: null });
  return value as Manifest; // `itemsOf` checks it
}

async function readObject(manifest: Manifest, options: ExtismPluginOptions): Promise<ReadSource> {
  const items = itemsOf(manifest);
  const ready = new Map<number, WebAssembly.Module>();
  const converted = await Promise.all(
    items.map(async (item, place) => {
      const { response, module } = item;
      if (response instanceof Response) return { ...item, data: await bytesOf(response) };
      if (!(module instanceof WebAssembly.Module) || item['data'] !== undefined || item['url'] !== undefined)
        return item;
      if (item['hash'] !== undefined) throw cannotHash();
      ready.set(place, module);
      return { ...item, data: new Uint8Array(0) };
    }),
  );
  const settings = settingsOf(manifest);
  return { source: coreManifest(converted, settings, options) as unknown as PluginSource, settings, ready };
}

/** Returns a manifest in the form of Tenon's core, without fields that the SDK ignores or that an option replaces. */
export function coreManifest(items: readonly Fields[], settings: SdkSettings, options: ExtismPluginOptions): object {
  const hasMain = items.some(({ name }) => name === 'main');
  const { config, memory, timeoutMs } = settings;
  return {
    wasm: items.map((item, place) => coreItem(item, defaultName(item, place, !hasMain && place === items.length - 1))),
    ...(options.config || !isObject(config) ? {} : { config: textsOf(config) }),
    ...(options.memory || !isObject(memory) ? {} : { memory: coreMemory(memory) }),
    ...(options.timeoutMs || !timeoutMs ? {} : { timeoutMs }),
  };
}

/** Returns the name of an item without one: `main` for the last, else its hash, else its index. */
function defaultName({ hash }: Fields, place: number, isLast: boolean): string {
  if (isLast) return 'main';
  return typeof hash === 'string' ? hash : String(place);
}

function coreItem(item: Fields, name: string): object {
  const { data, url, path, hash } = item;
  if (hash !== undefined && !/^(?:[\da-f]{64}|sha256-.{43}=?)$/iu.test(String(hash))) {
    const [expected, actual] = [String(hash), 'a sha256 of 64 hex digits'];
    throw new PluginError('hash-mismatch', { message: 'Hash mismatch', expected, actual });
  }
  const hashed = hash === undefined ? {} : { hash };
  const common = { name: item['name'] ?? name, ...hashed };
  if (data !== undefined) return { ...common, data };
  // In the SDK, relative URLs resolve against the page, also in a manifest from another address.
  if (url !== undefined) return { ...common, url: new URL(String(url), document.baseURI).href };
  return { ...common, path };
}

/** Converts memory limits. Zero is no limit, as in the SDK. One page more, because the SDK does not count the kernel's own. */
export function coreMemory({ maxPages, maxHttpResponseBytes, maxVarBytes }: MemoryOptions): MemoryOptions {
  return {
    ...(maxPages ? { maxPages: Math.min(maxPages + 1, 65_536) } : {}),
    ...(maxHttpResponseBytes ? { maxHttpResponseBytes } : {}),
    ...(maxVarBytes ? { maxVarBytes } : {}),
  };
}

/** @throws PluginError `invalid-manifest` */
export function itemsOf(manifest: Manifest): readonly Fields[] {
  if (!isObject(manifest) || !('wasm' in manifest)) throw wrong('Expected "wasm" key in manifest');
  if (!Array.isArray(manifest.wasm)) throw wrong('Expected "manifest.wasm" to be array');
  const items = manifest.wasm as unknown as readonly Fields[];
  const bad = items.findIndex(
    (item) => !isObject(item) || !['data', 'url', 'path', 'module', 'response'].some((key) => key in item),
  );
  if (bad === -1) return items;
  throw wrong(
    `Expected every item in "manifest.wasm" to include either a "data", "url", or "path" key; got bad item at index ${bad}`,
  );
}

export function settingsOf(manifest: Manifest): SdkSettings {
  const fields = manifest as unknown as Fields;
  const memory = fields['memory'];
  const own = (name: string, snake: string): unknown => fields[name] ?? fields[snake] ?? undefined;
  return {
    config: fields['config'],
    allowedHosts: own('allowedHosts', 'allowed_hosts'),
    allowedPaths: own('allowedPaths', 'allowed_paths'),
    timeoutMs: own('timeoutMs', 'timeout_ms'),
    ...(isObject(memory)
      ? {
          memory: {
            maxPages: memory['maxPages'] ?? memory['max_pages'],
            maxHttpResponseBytes: memory['maxHttpResponseBytes'] ?? memory['max_http_response_bytes'],
            maxVarBytes: memory['maxVarBytes'] ?? memory['max_var_bytes'],
          },
        }
      : {}),
  };
}

/** Only own properties: what every object inherits is nobody's config. */
export function textsOf(config: object): Record<string, string> {
  const entries = Object.entries(config).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(entries.map(([key, value]) => [key, String(value)]));
}

async function bytesOf(response: Response): Promise<Uint8Array> {
  if (response.ok) return new Uint8Array(await response.arrayBuffer());
  throw new PluginError('http-status', {
    message: `Server responded with status ${response.status} for ${response.url}`,
    where: response.url,
    details: { status: response.status },
  });
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function cannotHash(): PluginError {
  return new PluginError('invalid-manifest', {
    message: 'Item specified a hash but WebAssembly.Module source data is unavailable for hashing',
  });
}

function wrong(message: string): PluginError {
  return new PluginError('invalid-manifest', { message });
}
