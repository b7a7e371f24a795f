import {
  createPlugin,
  type DirectoryOptions,
  type Inspection,
  isPluginError,
  type LoadProgress,
  type LogRecord,
  type Manifest,
  type Plugin,
  type RequestEvent,
} from 'tenon';
import { type Entry, nameOf } from './entries.js';
import { KeptValues, offerValues } from './kept-values.js';

/** The state of the one open plug-in. */
export type SessionState =
  | { readonly phase: 'empty' }
  | { readonly phase: 'loading'; readonly entry: Entry; readonly progress: LoadProgress | null }
  | { readonly phase: 'failed'; readonly entry: Entry; readonly error: unknown }
  | { readonly phase: 'ready'; readonly entry: Entry; readonly plugin: Plugin; readonly loaded: Loaded };

export interface Loaded {
  readonly inspection: Inspection;
  /** Milliseconds from `createPlugin` until the plug-in is ready. */
  readonly totalMs: number;
}

/** A call and its outcome. */
export interface CallRecord {
  readonly name: string;
  readonly inputBytes: number;
  readonly totalMs: number;
  readonly outcome:
    | { readonly kind: 'output'; readonly bytes: Uint8Array<ArrayBuffer>; readonly guestMs: number }
    | { readonly kind: 'error'; readonly error: unknown };
}

export interface CallRequest {
  readonly name: string;
  readonly input: string;
  readonly timeoutMs: number;
}

export interface SessionEvents {
  readonly onState: (state: SessionState) => void;
  readonly onLog: (record: LogRecord) => void;
  readonly onRequest: (event: RequestEvent) => void;
  readonly onRestart: (entry: Entry) => void;
}

/** Loads plug-ins, holds the one that is open, and calls it. */
export class Session {
  readonly #events: SessionEvents;
  #state: SessionState = { phase: 'empty' };
  #loading: AbortController | null = null;
  #calling: AbortController | null = null;

  constructor(events: SessionEvents) {
    this.#events = events;
  }

  get state(): SessionState {
    return this.#state;
  }

  get calling(): boolean {
    return this.#calling !== null;
  }

  /** Closes the open plug-in and opens `entry`. A later `open` or `close` takes precedence. */
  async open(entry: Entry): Promise<void> {
    this.#leave();
    const controller = new AbortController();
    this.#loading = controller;
    this.#become({ phase: 'loading', entry, progress: null });
    const isCurrent = (): boolean => this.#loading === controller;
    try {
      const startedAt = performance.now();
      const plugin = await this.#create(entry, controller.signal, isCurrent);
      const totalMs = performance.now() - startedAt;
      if (!isCurrent()) return await plugin.close();
      const inspection = await plugin.inspect();
      if (!isCurrent()) return await plugin.close();
      plugin.addEventListener('restarted', () => this.#events.onRestart(entry));
      this.#loading = null;
      this.#become({ phase: 'ready', entry, plugin, loaded: { inspection, totalMs } });
    } catch (error) {
      if (!isCurrent()) return;
      this.#loading = null;
      this.#become({ phase: 'failed', entry, error });
    }
  }

  /** Calls the open plug-in. Resolves with null if none is ready, or it was closed meanwhile. */
  async call({ name, input, timeoutMs }: CallRequest): Promise<CallRecord | null> {
    const state = this.#state;
    if (state.phase !== 'ready' || this.#calling !== null) return null;
    const controller = new AbortController();
    this.#calling = controller;
    const bytes = new TextEncoder().encode(input);
    const inputBytes = bytes.length;
    const startedAt = performance.now();
    let outcome: CallRecord['outcome'];
    try {
      const output = await state.plugin.call(name, bytes, { signal: controller.signal, timeoutMs, transfer: true });
      outcome = { kind: 'output', bytes: output.bytes(), guestMs: output.guestMs };
    } catch (error) {
      outcome = { kind: 'error', error };
    }
    const totalMs = performance.now() - startedAt;
    if (this.#calling !== controller) return null;
    this.#calling = null;
    return { name, inputBytes, totalMs, outcome };
  }

  /** Stops the running call, or the loading. */
  stop(): void {
    this.#calling?.abort();
    this.#loading?.abort();
  }

  close(): void {
    this.#leave();
    this.#become({ phase: 'empty' });
  }

  async #create(entry: Entry, signal: AbortSignal, isCurrent: () => boolean): Promise<Plugin> {
    return createPlugin(sourceOf(entry), {
      name: nameOf(entry),
      ...(entry.kind === 'example' ? { config: entry.config, allowedHosts: entry.allowedHosts } : {}),
      ...(entry.kind === 'example' && entry.keepsValues ? { functions: offerValues(new KeptValues(entry.file)) } : {}),
      signal,
      logLevel: 'trace',
      files: { '/': await directoryOf(entry) },
      onLog: this.#events.onLog,
      onRequest: this.#events.onRequest,
      onProgress: (progress) => {
        if (isCurrent()) this.#become({ phase: 'loading', entry, progress });
      },
    });
  }

  #leave(): void {
    const { plugin } = this.#state.phase === 'ready' ? this.#state : { plugin: null };
    this.#loading?.abort();
    this.#loading = null;
    this.#calling = null;
    void plugin?.close();
  }

  #become(state: SessionState): void {
    this.#state = state;
    this.#events.onState(state);
  }
}

/** Returns the plug-in's own directory: stored if the browser has a private file system, otherwise in memory. */
async function directoryOf({ id }: Entry): Promise<DirectoryOptions> {
  try {
    await navigator.storage.getDirectory();
    return { opfs: `playground ${id}`, whenShared: 'read-only' };
  } catch {
    return { memory: {} };
  }
}

function sourceOf(entry: Entry): File | string | Manifest {
  switch (entry.kind) {
    case 'example':
      return entry.source;
    case 'file':
      return new File([entry.blob], entry.title);
    case 'url':
      return entry.url;
  }
}

/** Returns whether the user stopped it, which is not a failure. */
export function wasStopped(error: unknown): boolean {
  return isPluginError(error, 'aborted');
}
