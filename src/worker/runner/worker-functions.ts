import type { GuestLogLevel } from '../../contract/abi.js';
import { userNamespace } from '../../contract/abi.js';
import { describeThrown } from '../../contract/error-wire.js';
import { isPluginError, PluginError } from '../../contract/errors.js';
import type { WasmValue } from '../../contract/host-function.js';
import { GuestContext } from '../../kernel/guest-context.js';
import type { Kernel } from '../../kernel/kernel.js';
import type { Vars } from '../../kernel/vars.js';
import { functionTypeOf, type IndexedImport } from '../../wasm/module-index.js';
import type { GuestFailure } from './guest-failure.js';
import type { HostWork } from './host-work.js';

/** What a function of a host module can use besides its arguments. */
export interface WorkerFunctionOwner {
  readonly kernel: Kernel;
  readonly vars: Vars;
  readonly failure: GuestFailure;
  readonly work: HostWork;
  readonly config: ReadonlyMap<string, string>;
  readonly logs: { write(level: GuestLogLevel, message: string): void };
}

/** What `typeof` returns for a result, by its WebAssembly type. */
const resultTypes: Readonly<Record<string, string>> = { i32: 'number', i64: 'bigint', f32: 'number', f64: 'number' };

type WorkerFunction = (context: GuestContext, ...args: WasmValue[]) => WasmValue | void;

/** Host functions that run in the worker: the exports of the app's host module. */
export class WorkerFunctions {
  readonly #functions = new Map<string, Map<string, WorkerFunction>>();

  /** @param exports of the host module: a function belongs to `extism:host/user`; an object contains the functions of the namespace it is named after */
  constructor(exports: Readonly<Record<string, unknown>>) {
    for (const [name, value] of Object.entries(exports)) {
      if (typeof value === 'function') this.#add(userNamespace, name, value as WorkerFunction);
      else if (typeof value === 'object' && value !== null) this.#addAll(name, value as Record<string, unknown>);
    }
  }

  /** @throws PluginError `host-function` when the module cannot be imported */
  static async load(url: string): Promise<WorkerFunctions> {
    try {
      return new WorkerFunctions((await import(url)) as Record<string, unknown>);
    } catch (cause) {
      throw new PluginError('host-function', {
        message: `Cannot load ${url}: ${describeThrown(cause)}`,
        where: url,
        fix: 'Serve an ES module that script-src allows.',
        cause,
      });
    }
  }

  has(module: string, name: string): boolean {
    return this.#functions.get(module)?.has(name) === true;
  }

  /** Creates the import for a function, or returns undefined if there is none. The function accesses the kernel's memory directly. */
  bind(wanted: IndexedImport, owner: WorkerFunctionOwner): WebAssembly.ImportValue | undefined {
    const { module, name } = wanted;
    const run = this.#functions.get(module)?.get(name);
    if (run === undefined) return undefined;
    const where = `host function "${module}" "${name}"`;
    const [type = ''] = functionTypeOf(wanted)?.results ?? [];
    const expected = resultTypes[type];
    const { kernel, vars, config, logs, failure, work } = owner;
    const log = (level: GuestLogLevel, message: string): void => logs.write(level, message);
    const context = new WorkerContext({ kernel, vars: () => vars, config, log, where });
    return (...args: WasmValue[]) => {
      work.count();
      context.takeError();
      try {
        const value = run(context, ...args);
        if (expected === undefined || typeof value === expected) return value;
        const message = `Invalid result of ${where}: expected a ${expected} (${type}), found ${String(value)}`;
        throw new PluginError('host-function', { message, where, expected, actual: typeof value });
      } catch (thrown) {
        return failure.raiseHost(isPluginError(thrown) ? thrown : threw(where, thrown, context.takeError()));
      }
    };
  }

  #addAll(module: string, functions: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(functions)) {
      if (typeof value === 'function') this.#add(module, name, value as WorkerFunction);
    }
  }

  #add(module: string, name: string, run: WorkerFunction): void {
    const group = this.#functions.get(module) ?? new Map<string, WorkerFunction>();
    this.#functions.set(module, group.set(name, run));
  }
}

class WorkerContext extends GuestContext {
  /** Returns the error that the function set since the previous `takeError`, and clears it. */
  takeError(): string | null {
    const text = this.errorText;
    this.errorText = null;
    return text;
  }
}

/** Returns the error for a host function that threw `cause`. @param said the error text that the function set before */
function threw(where: string, cause: unknown, said: string | null): PluginError {
  return new PluginError('host-function', { message: said ?? describeThrown(cause), where, cause });
}
