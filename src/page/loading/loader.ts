import { PluginError } from '../../contract/errors.js';
import type { GateOptions, LoadedModule, LoadRequest, PumpMessage, WireSource } from '../../contract/protocol.js';
import type { Sha256Hex } from '../../contract/units.js';
import { abortedError } from '../base/aborted.js';
import { Deadline } from '../base/deadline.js';
import { hashChunkUrl, meterChunkUrl } from '../workers/spawn.js';
import { isMetered, ModuleIndex } from '../../wasm/module-index.js';
import type { LoadedEntry, LoadedText } from './loaded.js';
import type { PluginSettings } from '../base/options.js';
import type { Resolved, PageSource } from './resolved.js';
import { parseEvent, parseLoadReply } from '../workers/wire.js';
import { passAlong } from '../workers/worker-handle.js';
import type { LoaderHandle, WorkerPool } from '../workers/worker-pool.js';

interface LoadWants {
  readonly hash: Sha256Hex | null;
  readonly gate: GateOptions;
  readonly settings: PluginSettings;
}

/** Loads sources in workers of their own, and holds one compiled module per content and gate options for the whole page. */
export class Loader {
  readonly #pool: WorkerPool;
  readonly #cacheMaxBytes: number;
  readonly #pageFetch: typeof fetch | null;
  /** False once the page has fetched what a worker could not: a policy closes the workers' network. */
  #workerMayFetch: boolean;
  /** Held weakly: a module no plug-in uses may go. */
  readonly #compiled = new Map<string, WeakRef<LoadedEntry>>();
  /** Of modules given out to the app by `compile`: they are known to be gated. */
  readonly #given = new WeakMap<WebAssembly.Module, { readonly entry: LoadedEntry; readonly gateKey: string }>();
  /** Loads of the same address under the same conditions, while they are under way. */
  readonly #underWay = new Map<string, Promise<LoadedEntry | LoadedText>>();
  #lastLoadId = 0;

  constructor(pool: WorkerPool, cacheMaxBytes: number, pageFetch: typeof fetch | null) {
    this.#pageFetch = pageFetch;
    this.#workerMayFetch = pageFetch === null;
    this.#pool = pool;
    this.#cacheMaxBytes = cacheMaxBytes;
  }

  load(resolved: Resolved, wants: LoadWants): Promise<LoadedEntry | LoadedText> {
    const key = shareKey(resolved, wants);
    if (key === null) return this.#run(resolved, wants);
    const shared = this.#underWay.get(key) ?? this.#run(resolved, wants).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, shared);
    return shared;
  }

  /** Remembers that `entry` passed the gate, should the app hand its module back. */
  give(entry: LoadedEntry, gate: GateOptions): WebAssembly.Module {
    this.#given.set(entry.module, { entry, gateKey: gateKeyOf(gate) });
    return entry.module;
  }

  /** What is known of a ready-made module; null unless it passed the gate under the same options. */
  knownModule(module: WebAssembly.Module, gate: GateOptions): LoadedEntry | null {
    const given = this.#given.get(module);
    return given?.gateKey === gateKeyOf(gate) ? given.entry : null;
  }

  async #run(resolved: Resolved, wants: LoadWants): Promise<LoadedEntry | LoadedText> {
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
      hashUrl: hashChunkUrl(),
      meterUrl: meterChunkUrl(),
      meteringIsOptional: wants.settings.metering === 'auto' && wants.settings.fuel === null,
    };
    const reply = await this.#inWorker(request, wants.settings).catch((error: unknown) => {
      cancel();
      throw error;
    });
    if (reply.kind === 'manifest') return reply;
    const entry = toEntry(reply, known);
    // Where meter.js did not load, the module is as it came: the next load that wants it metered tries again.
    const asItIs = entry.metered ? gateKey : gateKeyOf({ ...wants.gate, metering: null });
    this.#compiled.set(`${asItIs} ${entry.sha256}`, new WeakRef(entry));
    return entry;
  }

  async #inWorker(request: LoadRequest, settings: PluginSettings): Promise<LoadedModule | LoadedText> {
    const worker = this.#pool.takeLoader();
    const { signal } = settings;
    const deadline = superviseLoad(worker, request, settings);
    const onAbort = (): void => worker.end(abortedError(`loading ${request.label}`, signal));
    signal?.addEventListener('abort', onAbort);
    try {
      if (signal?.aborted === true) onAbort();
      const transfer = 'port' in request.source ? [request.source.port] : [];
      return await worker.request((api) => api.load(passAlong(request, transfer)), parseLoadReply);
    } finally {
      deadline.stop();
      signal?.removeEventListener('abort', onAbort);
      worker.onEvent = (): void => {};
      this.#pool.giveBackLoader(worker);
    }
  }

  /** The source as it goes to the worker. What it asks for over a URL's port, the page fetches. */
  #connect(source: PageSource): { readonly source: WireSource; readonly cancel: () => void } {
    if (source.kind === 'pump') return { source: { kind: 'pump', port: source.port }, cancel: source.cancel };
    if (source.kind !== 'url') return { source, cancel: () => {} };
    const { port1: near, port2: port } = new MessageChannel();
    let cancel = (): void => near.close();
    const open = async (): Promise<void> => {
      try {
        const { serveUrl } = await import('./response.js');
        const onOpened = (): void => {
          this.#workerMayFetch = false;
        };
        cancel = serveUrl(near, source, this.#pageFetch ?? fetch, onOpened);
      } catch (cause) {
        const error = new PluginError('fetch-failed', {
          message: `${source.url} could not be fetched`,
          cause,
        }).toJSON();
        near.postMessage({ type: 'error', error } satisfies PumpMessage);
      }
    };
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

/** Two clocks in one: time without progress while reading, then time to compile. */
function superviseLoad(worker: LoaderHandle, request: LoadRequest, settings: PluginSettings): Deadline {
  const { readingMs, compilingMs } = settings.loadTimeouts;
  let phase: 'reading' | 'compiling' = 'reading';
  const deadline = new Deadline(() => {
    const limitMs = phase === 'reading' ? readingMs : compilingMs;
    const what =
      phase === 'reading' ? `nothing more of ${request.label} arrived` : `${request.label} was still being compiled`;
    worker.end(
      new PluginError('load-timeout', {
        message: `${what} after ${limitMs} ms`,
        where: request.label,
        expected: `each step of loading within its time`,
        actual: `${phase} took longer than ${limitMs} ms`,
        fix: 'Raise loadTimeoutMs, or check the source.',
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
    throw new PluginError('protocol', { message: 'The worker named a module that this page does not hold' });
  }
  return { module, report, index: new ModuleIndex(module, report), sha256, from, metered: isMetered(module), timings };
}

function gateKeyOf(gate: GateOptions): string {
  return `${gate.maxPages}/${gate.maxTableEntries}/${gate.maxModuleBytes}/${gate.allowGc}/${gate.metering}`;
}

/** Null: not to be shared, because it has no address, or someone watches or may abort it. */
function shareKey({ source }: Resolved, { hash, gate, settings }: LoadWants): string | null {
  if (source.kind !== 'url' || settings.signal !== null || settings.onProgress !== null) return null;
  const { loadTimeouts, cache } = settings;
  return JSON.stringify([source.method, source.url, source.headers, hash, gateKeyOf(gate), cache, loadTimeouts]);
}
