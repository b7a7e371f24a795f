import { type ErrorCode, isPluginError, PluginError } from '../../contract/errors.js';
import type { MeterLevel } from '../../contract/policy.js';
import type { CallLimits } from '../../contract/protocol.js';
import type { FilesConflict, QuotaReport, WasiSetup } from '../../contract/wasi.js';
import { abortedError } from '../base/aborted.js';
import { ancestorsOf } from '../host-functions/ancestry.js';
import { Breaker } from '../scheduler/breaker.js';
import { callLimit, notFuelled, queueFull, reentrant, toCallInput } from './call-checks.js';
import type { CallOptions, CallSource } from '../base/call-options.js';
import type { RunResult } from '../base/compatibility-profile.js';
import { asyncDispose } from '../base/dispose.js';
import type { FailedCall } from './explanations.js';
import type { Inspection } from './inspection.js';
import { type InstanceEvent, type LogEvent, meteredGraceMs } from '../scheduler/instance.js';
import { callTimeout, Job } from '../scheduler/job.js';
import type { LiveSet } from '../scheduler/live-set.js';
import type { LogRecord, PluginSettings } from '../base/options.js';
import { PluginOutput } from '../base/output.js';
import type { PluginPlan } from '../loading/plan-parts.js';
import type { PluginFiles } from '../files/plugin-files.js';
import type { Loss } from '../scheduler/slot-state.js';
import { Slots } from '../scheduler/slots.js';
import type { ModuleIndex } from '../../wasm/module-index.js';
import type { WorkerPool } from '../workers/worker-pool.js';
import type { TypedTargetClass } from '../base/typed-target.js';
import { lazyChunk } from '../base/lazy-chunk.js';

/**
 * The state of a plug-in:
 * - `ready`: a call runs at once.
 * - `busy`: a call waits for the calls before it.
 * - `restarting`: the last instance died and the next one is starting.
 * - `hibernating`: other plug-ins needed the room; the next call starts a new instance.
 * - `disabled`: it died too many times in a row; see `enable`.
 * - `closed`: it was closed.
 */
export type PluginState = 'ready' | 'busy' | 'restarting' | 'hibernating' | 'disabled' | 'closed';

export interface PluginStats {
  readonly calls: number;
  readonly failures: number;
  /** Number of calls that wait for an instance. */
  readonly waiting: number;
  /** Number of instances that were replaced. */
  readonly restarts: number;
  /** Work of all calls so far, in units of about one instruction; null without the option `fuel`. */
  readonly fuel: number | null;
  /** How its code is metered: so that it can be stopped, or with its work counted too. Null: not metered. */
  readonly metering: MeterLevel | null;
}

/** The detail of a `restarted` event. Guest memory and globals are lost; vars of the last completed call are kept. */
export interface RestartDetail {
  readonly generation: number;
  /** Why the last instance is gone; `hibernated` when it gave up its room and a call woke the plug-in. */
  readonly reason: PluginError | 'hibernated';
}

/** The events that a plug-in dispatches, by type. */
export interface PluginEvents {
  readonly 'files-conflict': CustomEvent<FilesConflict>;
  readonly quota: CustomEvent<QuotaReport>;
  readonly restarted: CustomEvent<RestartDetail>;
}

/** Everything that one plug-in needs to start. */
export interface PluginParts extends PluginPlan {
  readonly settings: PluginSettings;
  readonly pool: WorkerPool;
  readonly live: LiveSet;
  readonly onClose: (plugin: Plugin) => void;
}

const PluginTarget: TypedTargetClass<PluginEvents> = EventTarget;

/**
 * A plug-in, which runs in its own workers. Close it when it is no longer needed.
 *
 * Dispatches `restarted` (a CustomEvent with a {@link RestartDetail}) when an instance was replaced; `quota` (with a
 * {@link QuotaReport}) when one of its directories, or a stream that it prints to, is full, at most once per call; and `files-conflict` (with
 * a {@link FilesConflict}) when a file of a picked directory was changed outside and by the plug-in.
 */
export class Plugin extends PluginTarget implements AsyncDisposable {
  readonly name: string;
  declare readonly [Symbol.asyncDispose]: () => Promise<void>;
  readonly #parts: PluginParts;
  readonly #slots: Slots;
  #generation = 1;
  #calls = 0;
  #failures = 0;
  #fuel = 0;
  #closed: PluginError | null = null;
  #files: PluginFiles | null = null;

  private constructor(parts: PluginParts) {
    super();
    Object.defineProperty(this, asyncDispose, { value: () => this.close() });
    this.name = parts.name;
    this.#parts = parts;
    this.#slots = new Slots(
      parts.settings.concurrency,
      {
        pool: parts.pool,
        request: {
          modules: parts.modules,
          main: parts.main,
          config: [...parts.config],
          policy: parts.policy,
          wasi: parts.wasi?.setup ?? null,
          hostModuleUrl: parts.settings.hostModuleUrl,
          limits: this.#limits(parts.settings.loadTimeouts.startingMs, null),
        },
        indexes: parts.entries.map(({ index }) => index),
        host: parts.host,
        live: parts.live,
        limitMs: parts.settings.loadTimeouts.startingMs,
        vars: parts.settings.vars,
        onVars: parts.settings.onVars,
        queueTimeoutMs: parts.settings.queueTimeoutMs,
        mayHibernate: parts.settings.hibernate && !keepsFilesInMemory(parts.wasi?.setup),
        name: parts.name,
        onEvent: (event) => (event.kind === 'log' ? this.#log(event) : this.#report(event)),
      },
      new Breaker(parts.settings.circuitBreaker),
      (reason) => this.#restarted(reason),
    );
  }

  /** Starts the instances of a planned plug-in. For `Host.createPlugin`. */
  static async start(parts: PluginParts): Promise<Plugin> {
    const plugin = new Plugin(parts);
    const { signal } = parts.settings;
    const onAbort = (): void => plugin.#end(abortedError(`Creation of ${parts.name}`, signal));
    signal?.addEventListener('abort', onAbort);
    try {
      if (signal?.aborted === true) onAbort();
      await plugin.#slots.startAll();
      parts.settings.profile?.onStart((...call) => plugin.#run(...call));
      return plugin;
    } catch (error) {
      throw plugin.#closed ?? (await explained(error, parts));
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /**
   * Calls an exported function. Calls on one plug-in queue; each settles exactly once.
   *
   * @param input text (encoded as UTF-8) or bytes (copied at once, unless `transfer`); nothing is the empty input
   * @throws PluginError `guest-error` with the plug-in's own message; `guest-trap`, `guest-exit`, `timeout`, `aborted`,
   * `function-not-found`, `queue-full`, `closed` and others: see `ErrorCode`
   * @example (await plugin.call('count_vowels', 'Hello')).json()
   */
  async call(name: string, input?: CallSource, options: CallOptions = {}): Promise<PluginOutput> {
    try {
      const { output, guestMs } = await this.#run(name, input, options);
      return new PluginOutput(output ?? new Uint8Array(0), guestMs, async (bytes, limits) => {
        const { parseOutput } = await lazyChunk(() => import('../workers/parse-output.js'));
        return parseOutput(() => this.#parts.pool.startReader(), this.name, { do: 'json', bytes, ...limits });
      });
    } catch (error) {
      throw await explained(error, this.#parts, () => ({ name, main: this.#index }));
    }
  }

  /** Frees all blocks of kernel memory, in the next idle instance only. Vars, guest memory and globals are kept. */
  async reset(): Promise<void> {
    await this.#queue(`reset() of ${this.name}`, {}, (slot) => slot.reset());
  }

  /** Returns access to its files, as they are between calls. */
  async files(): Promise<PluginFiles> {
    if (this.#files !== null) return this.#files;
    const { PluginFiles } = await lazyChunk(() => import('../files/plugin-files.js'));
    this.#files ??= new PluginFiles({
      name: this.name,
      directories: this.#parts.wasi?.setup.directories ?? [],
      request: (request) => this.#queue(`files() of ${this.name}`, {}, (slot) => slot.files(request)),
      isBusy: () => this.#closed === null && this.#slots.full,
    });
    return this.#files;
  }

  /** Enables a plug-in again that was disabled because it died too many times in a row. */
  enable(): void {
    this.#slots.enable();
  }

  /** Whether the plug-in exports a function of that name. */
  functionExists(name: string): boolean {
    return this.#index.exports.get(name)?.kind === 'function';
  }

  /** The exports of the main module. */
  get exports(): readonly WebAssembly.ModuleExportDescriptor[] {
    return Array.from(this.#index.exports.values(), ({ name, kind }) => ({ name, kind }));
  }

  /** The imports of the main module. */
  get imports(): readonly WebAssembly.ModuleImportDescriptor[] {
    return this.#index.imports.map(({ module, name, kind }) => ({ module, name, kind }));
  }

  /** Describes the plug-in's modules without running them. */
  async inspect(): Promise<Inspection> {
    // A lazy chunk: most pages never need it.
    const { inspectModules } = await lazyChunk(() => import('./inspection.js'));
    return inspectModules(this.#parts.modules, this.#parts.entries);
  }

  get state(): PluginState {
    if (this.#closed !== null) return 'closed';
    if (this.#slots.disabled) return 'disabled';
    if (this.#slots.hibernating) return 'hibernating';
    if (this.#slots.restarting) return 'restarting';
    return this.#slots.full ? 'busy' : 'ready';
  }

  /** Increases whenever an instance was replaced, and so lost its guest memory and globals. */
  get generation(): number {
    return this.#generation;
  }

  /** Returns counts of calls and failures so far. */
  stats(): PluginStats {
    const { metering } = this.#parts.policy;
    return {
      calls: this.#calls,
      failures: this.#failures,
      waiting: this.#slots.waiting,
      restarts: this.#generation - 1,
      fuel: metering === 'fuel' ? this.#fuel : null,
      metering,
    };
  }

  /** Ends the plug-in's workers. Waiting and running calls reject with `closed`. Further calls of `close` do nothing. */
  close(): Promise<void> {
    this.#end(new PluginError('closed', { message: `Plug-in ${this.name} is closed`, where: this.name }));
    return Promise.resolve();
  }

  get #index(): ModuleIndex {
    const { modules, entries, main } = this.#parts;
    const entry = entries[modules.findIndex(({ name }) => name === main)];
    if (entry === undefined) throw new PluginError('bug', { message: 'BUG: the plug-in has no main module' });
    return entry.index;
  }

  /** One call, as `call` and drop-ins make it. */
  async #run(name: string, input: CallSource, options: CallOptions): Promise<RunResult> {
    const wired = toCallInput(input, options.transfer === true);
    const program = this.#parts.wasi?.forCall(name, wired !== null, options) ?? null;
    const scope = { hostContext: options.hostContext, ancestors: [...ancestorsOf(options), this], program };
    const limits = this.#callLimits(options);
    const what = `"${name}" of ${this.name}`;
    const end = await this.#queue(what, options, (slot) => slot.call(name, wired, scope, limits));
    this.#files?.settled();
    this.#fuel += end.fuel;
    if (end.error === null) return end;
    this.#failures += 1;
    // A metered guest stops itself, and does not know the plug-in's name.
    const limitMs = limits?.timeoutMs ?? null;
    throw end.error.code === 'timeout' && limitMs !== null ? callTimeout(what, limitMs) : end.error;
  }

  #timeoutOf({ timeoutMs }: CallOptions): number | null {
    return smaller(callLimit('timeoutMs', timeoutMs), this.#parts.timeoutMs);
  }

  #callLimits(options: CallOptions): CallLimits | null {
    const { policy } = this.#parts;
    const fuel = callLimit('fuel', options.fuel);
    if (fuel !== null && policy.metering !== 'fuel') throw notFuelled();
    return this.#limits(this.#timeoutOf(options), fuel);
  }

  /** Returns the limits that a metered guest checks itself; null if it is not metered. */
  #limits(timeoutMs: number | null, fuel: number | null): CallLimits | null {
    const { policy, settings } = this.#parts;
    return policy.metering === null ? null : { timeoutMs, fuel: smaller(fuel, settings.fuel) };
  }

  /** Queues a job. Throws at once if it cannot be queued. */
  #queue<Value>(
    what: string,
    options: CallOptions,
    perform: ConstructorParameters<typeof Job<Value>>[0]['perform'],
  ): Promise<Value> {
    const { settings, policy } = this.#parts;
    const { signal = null } = options;
    if (this.#closed !== null) throw this.#closed;
    if (signal?.aborted === true) throw abortedError(what, signal);
    if (this.#slots.reentrant || ancestorsOf(options).includes(this)) throw reentrant(what);
    if (this.#slots.backlog >= settings.maxQueue) throw queueFull(what, settings.maxQueue);
    const job: Job<Value> = new Job<Value>({
      what,
      perform,
      timeoutMs: this.#timeoutOf(options),
      graceMs: policy.metering === null ? 0 : meteredGraceMs,
      queueTimeoutMs: settings.queueTimeoutMs,
      signal,
      onStop: (error) => this.#slots.stop(job, error),
    });
    this.#calls += 1;
    this.#slots.add(job);
    return job.promise.catch((error: unknown) => {
      this.#failures += 1;
      throw error;
    });
  }

  #log({ lines, dropped }: LogEvent): void {
    const { onLog } = this.#parts.settings;
    if (onLog === null) return;
    for (const line of lines) deliver(onLog, { plugin: this.name, ...line });
    if (dropped === 0) return;
    const message = `${dropped} log lines were dropped: expected at most 1,000 lines per second`;
    deliver(onLog, { plugin: this.name, level: 'warn', message, at: Date.now() });
  }

  #report({ kind, ...detail }: Exclude<InstanceEvent, LogEvent>): void {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }

  #restarted(reason: Loss): void {
    this.#generation += 1;
    this.#files?.settled();
    const detail: RestartDetail = { generation: this.#generation, reason };
    this.dispatchEvent(new CustomEvent('restarted', { detail }));
  }

  #end(error: PluginError): void {
    if (this.#closed !== null) return;
    this.#closed = error;
    this.#slots.close(error);
    this.#parts.onClose(this);
  }
}

/** The errors to which explanations.ts, a lazy chunk, adds something. */
const explainedCodes: Partial<Record<ErrorCode, true>> = {
  'missing-import': true,
  'cannot-wait': true,
  'guest-trap': true,
};

async function explained(error: unknown, plan: PluginPlan, call: (() => FailedCall) | null = null): Promise<unknown> {
  if (!isPluginError(error) || explainedCodes[error.code] !== true) return error;
  // If the chunk cannot be loaded, the plain error remains.
  try {
    const { explain } = await lazyChunk(() => import('./explanations.js'));
    return explain(error, plan, call?.() ?? null);
  } catch {
    return error;
  }
}

/** Whether the plug-in has writable files that exist only in its instance. */
function keepsFilesInMemory(wasi: WasiSetup | undefined): boolean {
  return wasi?.directories.some(({ backing, readOnly }) => backing.kind === 'memory' && !readOnly) === true;
}

function smaller(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

/** Reports an exception of the app's logger, so that it does not fail the call. */
function deliver(onLog: (record: LogRecord) => void, record: LogRecord): void {
  try {
    onLog(record);
  } catch (error) {
    reportError(error);
  }
}
