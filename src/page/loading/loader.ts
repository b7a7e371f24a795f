import { PluginError } from '../../contract/errors.js';
import type {
  GateOptions,
  LoadedManifest,
  LoadedModule,
  LoadRequest,
  PumpMessage,
  WireSource,
} from '../../contract/protocol.js';
import type { Sha256Hex } from '../../contract/units.js';
import { abortedError } from '../base/aborted.js';
import { Deadline } from '../base/deadline.js';
import { isMetered, ModuleIndex } from '../../wasm/module-index.js';
import type { LoadedEntry } from './loaded.js';
import type { PluginSettings } from '../base/options.js';
import type { Resolved, PageSource } from './resolved.js';
import { parseEvent, parseLoadReply } from '../workers/wire.js';
import { withTransfer } from '../workers/worker-handle.js';
import type { WorkerChunk } from '../workers/assets.js';
import type { LoaderHandle, WorkerPool } from '../workers/worker-pool.js';
import { lazyChunk } from '../base/lazy-chunk.js';

interface LoadWants {
  readonly hash: Sha256Hex | null;
  readonly gate: GateOptions;
  readonly settings: PluginSettings;
  /** Whether the source is text, which is returned as it is. */
  readonly isText?: boolean;
  /** Called with the bytes that were read, for a module that may have to be loaded again under other limits. */
  readonly onOriginal?: (bytes: Blob) => void;
}

/** Loads sources in loader workers, and shares one compiled module per content and gate options within the page. */
export class Loader {
  readonly #pool: WorkerPool;
  readonly #cacheMaxBytes: number;
  readonly #pageFetch: typeof fetch | null;
  /** False if the app has its own `fetch`, or once the page has fetched what a worker could not (Content-Security-Policy). */
  #workerMayFetch: boolean;
  /** Weak, so that modules that no plug-in uses can be garbage-collected. */
  readonly #compiled = new Map<string, WeakRef<LoadedEntry>>();
  /** Modules that `compile` returned to the app: they have passed the gate. */
  readonly #given = new WeakMap<WebAssembly.Module, { readonly entry: LoadedEntry; readonly gateKey: string }>();
  /** Running loads of the same URL with the same options. */
  readonly #running = new Map<string, Promise<LoadedEntry | LoadedManifest>>();
  #lastLoadId = 0;

  constructor(pool: WorkerPool, cacheMaxBytes: number, pageFetch: typeof fetch | null) {
    this.#pageFetch = pageFetch;
    this.#workerMayFetch = pageFetch === null;
    this.#pool = pool;
    this.#cacheMaxBytes = cacheMaxBytes;
  }

  load(resolved: Resolved, wants: LoadWants): Promise<LoadedEntry | LoadedManifest> {
    const key = shareKey(resolved, wants);
    if (key === null) return this.#run(resolved, wants);
    const shared = this.#running.get(key) ?? this.#run(resolved, wants).finally(() => this.#running.delete(key));
    this.#running.set(key, shared);
    return shared;
  }

  /** Returns the entry's module for the app, and remembers that it passed the gate. */
  handOut(entry: LoadedEntry, gate: GateOptions): WebAssembly.Module {
    this.#given.set(entry.module, { entry, gateKey: gateKeyOf(gate) });
    return entry.module;
  }

  /** Returns what is known about a compiled module; null unless it passed the gate with the same options. */
  knownModule(module: WebAssembly.Module, gate: GateOptions): LoadedEntry | null {
    const given = this.#given.get(module);
    return given?.gateKey === gateKeyOf(gate) ? given.entry : null;
  }

  /** Starts a worker that parses what authors wrote. The caller ends it. */
  startReader(): Worker {
    return this.#pool.startReader();
  }

  /** Returns the URL from which workers import a chunk. */
  urlOf(chunk: WorkerChunk): string {
    return this.#pool.assets.urlOf(chunk);
  }

  async #run(resolved: Resolved, wants: LoadWants): Promise<LoadedEntry | LoadedManifest> {
    const gateKey = gateKeyOf(wants.gate);
    const known = this.#knownUnder(gateKey);
    const fromStore = wants.hash === null ? undefined : known.get(wants.hash);
    if (fromStore !== undefined) return { ...fromStore, from: 'memory', timings: { readMs: 0, compileMs: 0 } };
    this.#lastLoadId += 1;
    const { source, cancel } = this.#connect(resolved.source);
    const request: LoadRequest = {
      loadId: this.#lastLoadId,
      source,
      label: resolved.label,
      hash: wants.hash,
      gate: wants.gate,
      cache: wants.settings.cache,
      cacheMaxBytes: this.#cacheMaxBytes,
      known: [...known.keys()],
      hashUrl: this.urlOf('hash'),
      meterUrl: this.urlOf('meter'),
      keepsOriginal: wants.onOriginal !== undefined,
      isText: wants.isText ?? false,
      meteringIsOptional: wants.settings.metering === 'auto' && wants.settings.fuel === null,
    };
    const reply = await this.#inWorker(request, wants.settings).catch((error: unknown) => {
      cancel();
      throw error;
    });
    if (reply.kind === 'manifest') return reply;
    if (reply.original !== null) wants.onOriginal?.(reply.original);
    const entry = toEntry(reply, known);
    // If meter.js did not load, the module is not metered; the next load that needs it metered tries again.
    const asItIs = entry.metered ? gateKey : gateKeyOf({ ...wants.gate, metering: null });
    this.#compiled.set(`${asItIs} ${entry.sha256}`, new WeakRef(entry));
    return entry;
  }

  async #inWorker(request: LoadRequest, settings: PluginSettings): Promise<LoadedModule | LoadedManifest> {
    const worker = this.#pool.takeLoader();
    const { signal } = settings;
    const deadline = superviseLoad(worker, request, settings);
    const onAbort = (): void => worker.end(abortedError(`Loading of ${request.label}`, signal));
    signal?.addEventListener('abort', onAbort);
    try {
      if (signal?.aborted === true) onAbort();
      const transfer = 'port' in request.source ? [request.source.port] : [];
      return await worker.request((api) => api.load(withTransfer(request, transfer)), parseLoadReply);
    } finally {
      deadline.stop();
      signal?.removeEventListener('abort', onAbort);
      worker.onEvent = (): void => {};
      this.#pool.giveBackLoader(worker);
    }
  }

  /** Returns the source for the worker. Over the port of a URL source, the worker can ask the page to fetch. */
  #connect(source: PageSource): { readonly source: WireSource; readonly cancel: () => void } {
    if (source.kind === 'pump') return { source: { kind: 'pump', port: source.port }, cancel: source.cancel };
    if (source.kind !== 'url') return { source, cancel: () => {} };
    const { port1: near, port2: port } = new MessageChannel();
    let cancel = (): void => near.close();
    const open = (): Promise<void> =>
      lazyChunk(() => import('./response.js')).then(
        ({ serveUrl }) => {
          const onOpened = (): void => {
            this.#workerMayFetch = false;
          };
          cancel = serveUrl(near, source, this.#pageFetch ?? fetch, onOpened);
        },
        (error: PluginError) => near.postMessage({ type: 'error', error: error.toJSON() } satisfies PumpMessage),
      );
    near.addEventListener('message', ({ data }) => void (data === 'open' ? open() : cancel()), { once: true });
    near.start();
    return { source: { ...source, port, workerMayFetch: this.#workerMayFetch }, cancel: () => cancel() };
  }

  #knownUnder(gateKey: string): Map<Sha256Hex, LoadedEntry> {
    const known = new Map<Sha256Hex, LoadedEntry>();
    for (const [key, weak] of this.#compiled) {
      const entry = weak.deref();
      if (entry === undefined) this.#compiled.delete(key);
      else if (entry.sha256 !== null && key === `${gateKey} ${entry.sha256}`) known.set(entry.sha256, entry);
    }
    return known;
  }
}

/** Limits the time without progress while reading, then the time to compile. */
function superviseLoad(worker: LoaderHandle, request: LoadRequest, settings: PluginSettings): Deadline {
  const { readingMs, compilingMs } = settings.loadTimeouts;
  let phase: 'reading' | 'compiling' = 'reading';
  const deadline = new Deadline(() => {
    const limitMs = phase === 'reading' ? readingMs : compilingMs;
    const what =
      phase === 'reading'
        ? `Loading ${request.label} timed out: no data arrived`
        : `Compiling ${request.label} timed out`;
    worker.end(
      new PluginError('load-timeout', {
        message: `${what} (limit ${limitMs} ms)`,
        where: request.label,
        expected: phase === 'reading' ? `data within ${limitMs} ms` : `at most ${limitMs} ms`,
        actual: phase === 'reading' ? 'no data' : `more than ${limitMs} ms`,
        fix: 'Check the source, or raise loadTimeoutMs.',
        details: { limitMs, phase },
      }),
    );
  });
  deadline.start(readingMs);
  worker.onEvent = (data): void => {
    const event = parseEvent(data);
    if (event?.kind !== 'progress' || event.loadId !== request.loadId) return;
    phase = event.phase;
    deadline.start(phase === 'reading' ? readingMs : compilingMs);
    const { bytes, totalBytes } = event;
    settings.onProgress?.({ source: request.label, phase, bytes, totalBytes });
  };
  return deadline;
}

function toEntry(reply: LoadedModule, known: ReadonlyMap<Sha256Hex, LoadedEntry>): LoadedEntry {
  const { module, report, sha256, from, timings } = reply;
  const held = known.get(sha256);
  if (held !== undefined) return { ...held, from, timings };
  if (module === null || report === null) {
    throw new PluginError('protocol', {
      message: 'Reply from the loader refers to a module that this page does not have',
    });
  }
  return { module, report, index: new ModuleIndex(module, report), sha256, from, metered: isMetered(module), timings };
}

function gateKeyOf(gate: GateOptions): string {
  const { maxPages, maxTableEntries, maxModuleBytes, maxCompileCost, allowGc, metering } = gate;
  return [maxPages, maxTableEntries, maxModuleBytes, maxCompileCost, allowGc, metering].join('/');
}

/** Returns null for a load that is not shared: it has no URL, reports progress or its bytes, or can be aborted. */
function shareKey({ source }: Resolved, { hash, gate, settings, onOriginal, isText }: LoadWants): string | null {
  if (
    source.kind !== 'url' ||
    isText === true ||
    onOriginal !== undefined ||
    settings.signal !== null ||
    settings.onProgress !== null
  )
    return null;
  const { loadTimeouts, cache } = settings;
  return JSON.stringify([source, hash, gateKeyOf(gate), cache, loadTimeouts]);
}
