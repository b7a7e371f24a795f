import type { GuestLogLevel } from '../../contract/abi.js';
import { PluginError } from '../../contract/errors.js';
import type { MemoryImage } from '../../contract/host-function.js';
import type { Policy } from '../../contract/policy.js';
import type { VarChange } from '../../contract/var-change.js';
import { compileKernel, Kernel } from '../../kernel/kernel.js';
import { Vars } from '../../kernel/vars.js';
import { CallContext } from '../base/call-context.js';
import type { HostCall } from '../base/host-call.js';

/** A kernel whose memory grew larger than this is not reused. */
const keptKernelBytes = 16_777_216;

export interface RawCallParts {
  readonly image: MemoryImage;
  /** Returns the changes that lead to the vars of the running call, oldest first. */
  readonly vars: () => readonly VarChange[];
  readonly config: ReadonlyMap<string, string>;
  readonly log: (level: GuestLogLevel, message: string) => void;
  readonly where: string;
  readonly call: HostCall;
}

/** One call of a raw host function. */
export interface RawCall {
  readonly context: CallContext;
  /** Returns the memory, if the function changed it, and the changes of vars. */
  changes(): { readonly memory: Uint8Array<ArrayBuffer> | null; readonly vars: readonly VarChange[] };
  /** Returns the text of the error that the function set; null if there is none. */
  error(): string | null;
  /** Ends the context, whose methods then throw `context-expired`. */
  end(): void;
}

/**
 * Runs raw host functions, which read and write a plug-in's memory synchronously, although that memory is in the worker. The functions
 * use a copy of its used range, in a kernel on the page. The kernel module is the same, so blocks and handles behave the same.
 */
export class RawCalls {
  readonly #policy: Policy;
  readonly #idle: Kernel[] = [];
  #module: WebAssembly.Module | null = null;

  constructor(policy: Policy) {
    this.#policy = policy;
  }

  begin({ image, vars, config, log, where, call }: RawCallParts): RawCall {
    const kernel = this.#takeKernel();
    if (!kernel.adopt(image)) {
      throw new PluginError('resources-exhausted', {
        message: `Cannot copy ${image.bytes.length} bytes of the plug-in's memory to the page for ${where}: no memory available`,
        where,
        fix: 'Use hostFunction() with typed values, which needs no copy, or lower memory.maxPages.',
      });
    }
    const { limits, semantics } = this.#policy;
    let used: Vars | null = null;
    const varsInUse = (): Vars => {
      if (used === null) {
        used = new Vars(limits.maxVarBytes, semantics.varCost);
        used.adopt(vars());
      }
      return used;
    };
    const context = new RawContext({ kernel, config, log, where, vars: varsInUse }, call);
    return {
      context,
      changes: () => ({ memory: context.takesMemory ? kernel.image().bytes : null, vars: used?.takeChanges() ?? [] }),
      error: () => context.error,
      end: () => {
        context.end();
        this.#giveBack(kernel);
      },
    };
  }

  #takeKernel(): Kernel {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    this.#module ??= compileKernel();
    return new Kernel(this.#module, this.#policy.limits.maxPages);
  }

  #giveBack(kernel: Kernel): void {
    if (this.#idle.length === 0 && kernel.exports.memory.buffer.byteLength <= keptKernelBytes) this.#idle.push(kernel);
  }
}

class RawContext extends CallContext {
  get takesMemory(): boolean {
    return this.changedMemory;
  }

  get error(): string | null {
    return this.errorText;
  }

  end(): void {
    this.expire();
  }
}
