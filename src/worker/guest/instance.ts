import { errorToWire } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';
import type { CallInput, CallReply, LogLine, StartReply, StartRequest, VarChange } from '../../contract/protocol.js';
import { runExport } from './call.js';
import { GuestFailure } from './guest-failure.js';
import type { GuestState } from './imports.js';
import { instantiateAll } from './instantiate.js';
import { Kernel } from './kernel.js';
import { type PlannedModule, planLinks } from './link.js';
import { Logs } from './logs.js';
import { Vars } from './vars.js';

export interface InstanceContext {
  readonly kernelModule: WebAssembly.Module;
  readonly sendLog: (lines: readonly LogLine[], dropped: number) => void;
}

const encoder = new TextEncoder();
const noBytes = new Uint8Array(0);

/** One live plug-in: kernel, linked modules, config, vars, logs. One entry at a time; the page queues. */
export class GuestInstance {
  readonly #state: GuestState;
  readonly #plan: readonly PlannedModule[];
  readonly #main: PlannedModule;
  #exports: WebAssembly.Exports;
  /** `_start` ran: what it leaves behind is not to be called again. */
  #spent = false;

  constructor(request: StartRequest, context: InstanceContext) {
    const { policy } = request;
    const { limits, semantics } = policy;
    this.#plan = planLinks(request.modules, request.main);
    this.#main = mainOf(this.#plan, request.main);
    const vars = new Vars(limits.maxVarBytes, semantics.varCost);
    vars.adopt(request.vars);
    this.#state = {
      kernel: new Kernel(context.kernelModule, limits.maxPages),
      config: new Map(request.config),
      vars,
      logs: new Logs(context.sendLog),
      failure: new GuestFailure(),
      policy,
    };
    this.#exports = this.#instantiate();
  }

  /** What the page needs to know once the instance stands. */
  started(instantiateMs: number): StartReply {
    return { vars: this.#state.vars.takeChanges() ?? [], instantiateMs };
  }

  call(name: string, input: CallInput, vars: readonly VarChange[] | null): CallReply {
    const state = this.#state;
    if (vars !== null) state.vars.adopt(vars);
    try {
      if (this.#spent) this.#exports = this.#instantiate();
      this.#spent = name === '_start' && Object.hasOwn(this.#exports, name);
      const { output, guestMs } = runExport(state, this.#main, this.#exports, name, toBytes(input));
      return [output, guestMs, state.vars.takeChanges(), null];
    } catch (thrown) {
      return [null, 0, state.vars.takeChanges(), errorToWire(thrown)];
    } finally {
      state.logs.flush();
    }
  }

  /** Frees and zeroes all blocks. Vars, guest memory and globals stay. */
  reset(): void {
    this.#state.kernel.exports.reset();
  }

  #instantiate(): WebAssembly.Exports {
    const { failure, logs } = this.#state;
    failure.clear();
    try {
      const instance = instantiateAll(this.#plan, this.#state).get(this.#main.module.name);
      if (instance === undefined)
        throw new PluginError('bug', { message: 'BUG: the main module was not instantiated' });
      return instance.exports;
    } finally {
      logs.flush();
    }
  }
}

function mainOf(plan: readonly PlannedModule[], name: string): PlannedModule {
  const main = plan.find(({ module }) => module.name === name);
  if (main === undefined) throw new PluginError('bug', { message: `BUG: no module is named "${name}"` });
  return main;
}

function toBytes(input: CallInput): Uint8Array {
  if (input === null) return noBytes;
  return typeof input === 'string' ? encoder.encode(input) : input;
}
