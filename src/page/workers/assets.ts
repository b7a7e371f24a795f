import { PluginError } from '../../contract/errors.js';
import {
  filesChunkUrl,
  hashChunkUrl,
  javascriptChunkUrl,
  javascriptEngineUrl,
  meterChunkUrl,
  spawnDefaultLoader,
  spawnDefaultReader,
  spawnDefaultWorker,
  spawnFromUrl,
  storeChunkUrl,
  wasiChunkUrl,
} from './spawn.js';

/** A script that the library starts as a worker: `worker.js`, `loader.js` or `reader.js`. */
export type WorkerScript = 'worker' | 'loader' | 'reader';
/**
 * A file that workers load when they need it: `wasi.js`, `store.js`, `files.js`, `meter.js`, `hash.js`, `javascript.js`, or, as
 * `javascriptEngine`, `javascript.wasm`.
 */
export type WorkerChunk = 'wasi' | 'store' | 'files' | 'meter' | 'hash' | 'javascript' | 'javascriptEngine';

/** The URL of each script of the library's workers. One that is not named is beside the library. */
export type AssetUrls = Readonly<Partial<Record<WorkerScript | WorkerChunk, string | URL>>>;

/** The options of a host that say where the scripts of its workers are. */
export interface AssetOptions {
  /**
   * Where the scripts of the library's workers are: the URL of a folder that has all of them (`/vendor/tenon/`), or an object with the URL of
   * each. URLs are relative to the page. A worker script of another origin is imported by a blob. Takes precedence over `workerUrl`. @default beside the library
   * @example createHost({ assets: '/vendor/tenon/' })
   */
  assets?: string | URL | AssetUrls;
  /** URL of `worker.js`, with the other scripts beside it. @deprecated Use `assets`. */
  workerUrl?: string | URL;
  /** Starts a worker from `worker.js`, `loader.js` or `reader.js`, as `script` says. What these import is where `assets` says. */
  worker?: (script: WorkerScript) => Worker;
}

const defaultScripts: Readonly<Record<WorkerScript, () => Worker>> = {
  worker: spawnDefaultWorker,
  loader: spawnDefaultLoader,
  reader: spawnDefaultReader,
};

const defaultChunks: Readonly<Record<WorkerChunk, () => string>> = {
  wasi: wasiChunkUrl,
  store: storeChunkUrl,
  files: filesChunkUrl,
  meter: meterChunkUrl,
  hash: hashChunkUrl,
  javascript: javascriptChunkUrl,
  javascriptEngine: javascriptEngineUrl,
};

/** Starts the scripts of workers, and knows the URLs of what these import. */
export class Assets {
  readonly #options: AssetOptions;

  constructor(options: AssetOptions) {
    this.#options = options;
  }

  /** Starts a worker. The caller ends it. @throws PluginError `invalid-argument` */
  start(script: WorkerScript): Worker {
    const { worker } = this.#options;
    if (worker !== undefined) return worker(script);
    const url = this.#given(script);
    return url === null ? defaultScripts[script]() : spawnFromUrl(url);
  }

  /** Returns the absolute URL from which workers load a chunk. @throws PluginError `invalid-argument` */
  urlOf(chunk: WorkerChunk): string {
    return this.#given(chunk)?.href ?? defaultChunks[chunk]();
  }

  #given(name: WorkerScript | WorkerChunk): URL | null {
    const { assets, workerUrl } = this.#options;
    if (typeof assets === 'string' || assets instanceof URL) return new URL(fileOf(name), pageUrl(folder(assets)));
    const own = assets?.[name];
    if (own !== undefined) return pageUrl(own);
    if (workerUrl === undefined) return null;
    const worker = pageUrl(workerUrl);
    return name === 'worker' ? worker : new URL(fileOf(name), worker);
  }
}

function fileOf(name: WorkerScript | WorkerChunk): string {
  return name === 'javascriptEngine' ? 'javascript.wasm' : `${name}.js`;
}

function folder(url: string | URL): string {
  const text = String(url);
  return text.endsWith('/') ? text : `${text}/`;
}

function pageUrl(url: string | URL): URL {
  try {
    return new URL(url, document.baseURI);
  } catch (cause) {
    throw new PluginError('invalid-argument', {
      message: `Invalid URL of a script in the options of createHost: ${url}`,
      where: 'assets',
      cause,
    });
  }
}
