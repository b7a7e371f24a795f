import { errorToWire } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';
import type {
  CallInput,
  CallLimits,
  CallReply,
  Discarded,
  FilesEvent,
  LogLine,
  StartReply,
  StartRequest,
} from '../../contract/protocol.js';
import type { VarChange } from '../../contract/var-change.js';
import type { CallProgram, FilesReply, FilesRequest } from '../../contract/wasi.js';
import type { Kernel } from '../../kernel/kernel.js';
import { Vars } from '../../kernel/vars.js';
import { InterruptFlag } from '../suspend/interrupt-flag.js';
import type { Waiter } from '../suspend/waiter.js';
import { runExport, type RunEnd } from './call.js';
import { GuestFailure } from './guest-failure.js';
import { HostWork } from './host-work.js';
import type { GuestState } from './imports.js';
import { instantiateAll } from './instantiate.js';
import { planLinks } from './link.js';
import type { PlannedGroup, PlannedModule } from './link-plan.js';
import { Meter } from './meter.js';
import { Logs } from './logs.js';
import { pageFunction } from './page-functions.js';
import { startWasi } from './wasi-chunk.js';
import type { WorkerFunctions } from './worker-functions.js';

export interface InstanceContext {
  /** The kernel of this plug-in. It is not shared, and holds no data of another plug-in. */
  readonly kernel: Kernel;
  readonly sendLog: (lines: readonly LogLine[], dropped: number) => void;
  readonly sendFilesEvent: (event: FilesEvent) => void;
  /** The storage of the origin, for plug-ins with files; null where there is none. */
  readonly storage: StorageManager | null;
  /** How the guest waits for the page; null where it cannot or need not. */
  readonly waiter: Waiter | null;
  /** Functions of the app's host module; null where there is none. */
  readonly workerFunctions: WorkerFunctions | null;
}

const encoder = new TextEncoder();
const noBytes = new Uint8Array(0);
const nothing = (): void => {};

/** One live plug-in: kernel, linked modules, config, vars, logs. It runs one call at a time; the page queues calls. */
export class GuestInstance {
  readonly #state: GuestState;
  readonly #plan: readonly PlannedGroup[];
  readonly #main: PlannedModule;
  readonly #interruptFlag: InterruptFlag | null;
  /** Limits of start sections and init hooks. */
  readonly #startLimits: CallLimits | null;
  #exports: WebAssembly.Exports = {};
  /** The kernel's memory, and those that modules export. */
  #memories: readonly WebAssembly.Memory[] = [];
  /** Whether `_start` ran, so that the next call needs new instances. */
  #spent = false;
  /** Why the guest was discarded, so that the next call runs on new instances; false if it is kept. */
  #discarded: Discarded = false;
  #running = false;

  private constructor(request: StartRequest, context: InstanceContext, parts: OwnParts) {
    const { workerFunctions, waiter } = context;
    this.#plan = planLinks(request.modules, request.main, {
      functions: request.host?.functions ?? [],
      hasWorkerFunction: (module, name) => workerFunctions?.has(module, name) === true,
      wasiType: (name) => parts.wasi?.typeOf(name) ?? null,
      canWait: waiter !== null,
      commands: request.policy.semantics.init === 'reference',
    });
    this.#main = mainOf(this.#plan);
    this.#startLimits = request.limits;
    this.#interruptFlag = parts.interruptFlag;
    this.#state = guestState(request, context, parts);
  }

  /** Instantiates every module and runs start sections and init hooks. */
  static async start(request: StartRequest, context: InstanceContext): Promise<GuestInstance> {
    const { policy } = request;
    const failure = new GuestFailure(context.kernel.exports.host_trap);
    const interruptFlag = request.interrupt && new InterruptFlag(request.interrupt);
    const meter = new Meter(failure, interruptFlag);
    const work = new HostWork(failure, meter, policy.limits.maxHostCalls);
    const own = { failure, meter, work, interruptFlag, logs: new Logs(context.sendLog) };
    const wasi = request.wasi === null ? null : await startWasi({ ...context, ...own, policy, setup: request.wasi });
    if (wasi !== null) own.failure.explainWith(() => wasi.details());
    const instance = new GuestInstance(request, context, { ...own, wasi });
    await instance.#instantiate('the plug-in', instance.#startLimits, 'load-timeout');
    await wasi?.endRun();
    return instance;
  }

  /** Returns the reply to `start`. */
  started(): StartReply {
    return { vars: this.#state.vars.takeChanges() ?? [], memoryBytes: this.#memoryBytes };
  }

  get #memoryBytes(): number {
    return this.#memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  }

  call(
    name: string,
    input: CallInput,
    vars: readonly VarChange[] | null,
    limits: CallLimits | null,
    program: CallProgram | null,
  ): CallReply | Promise<CallReply> {
    if (this.#running) return [null, 0, null, errorToWire(secondEntry(name)), 0, false, 0];
    this.#running = true;
    this.#interruptFlag?.set(false);
    const { vars: own } = this.#state;
    const isDiscarded = this.#discarded !== false;
    // Like a new worker, an instance that replaces a discarded one starts from the committed vars.
    if (isDiscarded) own.clear();
    if (vars !== null) own.adopt(vars);
    if (program !== null) this.#state.wasi?.begin(program, input);
    try {
      const end = this.#spent || isDiscarded ? this.#runAnew(name, input, limits) : this.#run(name, input, limits);
      if (!(end instanceof Promise)) return this.#succeed(end);
      return end.then(
        (value) => this.#succeed(value),
        (thrown: unknown) => this.#fail(thrown),
      );
    } catch (thrown) {
      return this.#fail(thrown);
    }
  }

  /** Performs an operation of the app on the plug-in's files. */
  async files(request: FilesRequest): Promise<FilesReply> {
    const { wasi } = this.#state;
    if (this.#running) throw secondEntry('files');
    if (wasi === null) return { done: 'list', files: [] };
    this.#running = true;
    try {
      return await wasi.files(request);
    } finally {
      this.#running = false;
    }
  }

  /** Interrupts the running call, if there is one. */
  interrupt(): void {
    if (this.#running) this.#interruptFlag?.set(true);
  }

  /** Frees and zeroes all blocks. Vars, guest memory and globals stay. */
  reset(): void {
    if (this.#running) throw secondEntry('reset');
    this.#state.kernel.exports.host_reset();
  }

  #run(name: string, input: CallInput, limits: CallLimits | null): RunEnd | Promise<RunEnd> {
    this.#spent = name === '_start' && Object.hasOwn(this.#exports, name);
    this.#state.work.begin();
    if (limits !== null) this.#state.meter.begin(`"${name}"`, limits);
    return runExport(this.#state, this.#main, this.#exports, name, toBytes(input));
  }

  async #runAnew(name: string, input: CallInput, limits: CallLimits | null): Promise<RunEnd> {
    this.#state.wasi?.restart();
    // Starting counts against the time limit of the call but not against its fuel: otherwise the same call would need different amounts.
    const fuel = this.#startLimits?.fuel ?? null;
    const timeoutMs = limits?.timeoutMs ?? this.#startLimits?.timeoutMs ?? null;
    this.#discarded = 'stopped';
    await this.#instantiate(`"${name}", on a new instance,`, limits && { timeoutMs, fuel }, 'timeout');
    this.#discarded = false;
    return this.#run(name, input, limits);
  }

  #succeed({ output, guestMs }: RunEnd): CallReply | Promise<CallReply> {
    return this.#end(output, guestMs, null);
  }

  #fail(thrown: unknown): CallReply | Promise<CallReply> {
    return this.#end(null, 0, errorToWire(thrown));
  }

  #end(output: Uint8Array | null, guestMs: number, error: CallReply[3]): CallReply | Promise<CallReply> {
    const { failure, policy, vars, logs, wasi, meter } = this.#state;
    const written = wasi?.endRun() ?? null;
    logs.flush();
    if (meter.stopped) this.#discarded = 'stopped';
    else if (failure.needsNewInstance(policy.afterHostFailure)) this.#discarded ||= 'host-failure';
    const discarded = this.#discarded;
    // If the guest was stopped, its changes to vars are discarded with its instance.
    const changes = discarded === 'stopped' ? null : vars.takeChanges();
    const { used } = meter;
    const reply = (thrown?: unknown): CallReply => {
      this.#running = false;
      const bytes = this.#memoryBytes;
      return thrown === undefined
        ? [output, guestMs, changes, error, used, discarded, bytes]
        : [null, 0, changes, errorToWire(thrown), used, discarded, bytes];
    };
    // Files are stored before the reply is sent.
    return written === null ? reply() : written.then(() => reply(), reply);
  }

  async #instantiate(what: string, limits: CallLimits | null, late: 'timeout' | 'load-timeout'): Promise<void> {
    const { kernel, logs, meter, work } = this.#state;
    work.begin();
    meter.clear();
    if (limits !== null) meter.begin(what, limits, late);
    try {
      const instances = await instantiateAll(this.#plan, this.#state);
      this.#exports = instances.get(this.#main.module.name)?.exports ?? {};
      const values = [kernel, ...instances.values()].flatMap(({ exports }) => Object.values(exports));
      this.#memories = Array.from(new Set(values)).filter((value) => value instanceof WebAssembly.Memory);
      meter.check();
    } finally {
      logs.flush();
    }
  }
}

/** Calls exports directly, for guests that are never suspended. */
const plainEdge: GuestState['edge'] = { enter: (run, ...args) => run(...args), closure: (run) => run };

/** Parts that are created before the instance, because WASI needs them. */
interface OwnParts extends Pick<GuestState, 'failure' | 'logs' | 'meter' | 'wasi' | 'work'> {
  readonly interruptFlag: InterruptFlag | null;
}

function guestState(
  request: StartRequest,
  { kernel, waiter, workerFunctions }: InstanceContext,
  { interruptFlag, ...parts }: OwnParts,
): GuestState {
  const { policy, host } = request;
  const { limits, semantics } = policy;
  const vars = new Vars(limits.maxVarBytes, semantics.varCost);
  vars.adopt(request.vars);
  kernel.limit(limits.maxPages);
  const owner = {
    kernel,
    vars,
    config: new Map(request.config),
    policy,
    emptyOutput: { isSet: false },
    release: semantics.takenHandles === 'free' ? kernel.exports.free : nothing,
    ...parts,
  };
  return {
    ...owner,
    // Exports are called through JSPI if the interrupt flag or the waiter can suspend the guest.
    edge: interruptFlag?.suspension?.jspi ?? waiter ?? plainEdge,
    waiting: waiter === null ? null : (pageImport): WebAssembly.ImportValue => waiter.wrap(pageImport),
    pageFunction: (index) => {
      const wired = host?.functions[index];
      return wired === undefined ? undefined : waiter?.wrap(pageFunction(owner, index, wired));
    },
    workerFunction: (wanted) => workerFunctions?.bind(wanted, owner),
  };
}

/** The page queues calls, so this is not expected to happen. */
function secondEntry(name: string): PluginError {
  return new PluginError('reentrant', { message: `"${name}" cannot run while another call of the plug-in runs` });
}

function mainOf(plan: readonly PlannedGroup[]): PlannedModule {
  const main = plan.flat().find(({ isMain }) => isMain);
  if (main === undefined) throw new PluginError('bug', { message: 'BUG: no main module' });
  return main;
}

function toBytes(input: CallInput): Uint8Array {
  if (input === null) return noBytes;
  return typeof input === 'string' ? encoder.encode(input) : input;
}
