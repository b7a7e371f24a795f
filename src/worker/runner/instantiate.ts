import { startExport } from '../../contract/abi.js';
import { describeThrown } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';
import type { FunctionType } from '../../contract/module-report.js';
import { functionTypeOf } from '../../wasm/module-index.js';
import type { GuestFunction } from '../suspend/waiter.js';
import { abortImport } from './abort.js';
import { trapError } from './guest-failure.js';
import { slowCallPrice } from './host-work.js';
import type { GuestState } from './imports.js';
import { envImports } from './imports.js';
import { initHooks } from './init.js';
import type { PlannedGroup, PlannedImport, PlannedModule } from './link-plan.js';
import { Thunks } from './thunk.js';

type Instances = ReadonlyMap<string, WebAssembly.Instance>;

/**
 * Instantiates all modules except commands in the planned order, providers first. Start sections and init hooks of a group
 * run as soon as all modules of the group are instantiated.
 */
export async function instantiateAll(groups: readonly PlannedGroup[], state: GuestState): Promise<Instances> {
  const linker = new Linker(groups.flat(), state);
  for (const group of groups) await linker.add(group.filter(({ isCommand }) => !isCommand));
  return linker.instances;
}

/** A forward import: the module that exports the value is instantiated after the module that imports it. */
interface Forward {
  readonly from: PlannedModule;
  readonly wanted: PlannedImport;
  readonly provider: string;
}

/**
 * Maximum number of nested calls of commands. A command may call its caller again. Suspended guests have their own stacks, so the engine's stack
 * limit does not limit the depth, and engines support few such stacks (Firefox: about 100).
 */
const maxCommands = 64;

class Linker {
  readonly instances = new Map<string, WebAssembly.Instance>();
  readonly #state: GuestState;
  readonly #env: ReadonlyMap<string, WebAssembly.ImportValue>;
  readonly #planned: ReadonlyMap<string, PlannedModule>;
  /** Number of command calls in progress. */
  #commands = 0;

  constructor(planned: readonly PlannedModule[], state: GuestState) {
    this.#state = state;
    state.failure.renew(this.instances);
    this.#env = envImports(state);
    this.#planned = new Map(planned.map((one) => [one.module.name, one]));
  }

  async add(group: PlannedGroup): Promise<void> {
    const forwards = this.#forwardsOf(group);
    const types = new Map(forwards.map((forward) => [forward.wanted, typeOfForward(forward)]));
    const thunks = types.size === 0 ? null : new Thunks(types);
    for (const planned of group) this.instances.set(planned.module.name, this.#instantiate(planned, thunks));
    for (const { provider, wanted } of forwards) {
      const target = this.instances.get(provider)?.exports[wanted.name];
      if (target !== undefined) thunks?.fill(wanted, target);
    }
    for (const planned of group) await this.#begin(planned);
  }

  /** Returns the imports of members of `group` from members that are instantiated after them. */
  #forwardsOf(group: PlannedGroup): Forward[] {
    const later = new Set(group.map(({ module }) => module.name));
    return group.flatMap((from) => {
      const forwards = from.imports.flatMap((wanted): Forward[] => {
        const { provider } = wanted;
        return provider.kind === 'module' && later.has(provider.name) && provider.name !== from.module.name
          ? [{ from, wanted, provider: provider.name }]
          : [];
      });
      later.delete(from.module.name);
      return forwards;
    });
  }

  /** Runs the start section, then the init hooks. */
  async #begin(planned: PlannedModule): Promise<void> {
    const { name } = planned.module;
    const exports = this.instances.get(name)?.exports ?? {};
    const start = startOf(planned, exports);
    if (start !== null) await this.#run(start, `The start section of module "${name}"`);
    for (const hook of initHooks(planned, exports, this.#state.policy.semantics.init)) {
      await this.#run(hook.run, `Init hook "${hook.name}" of module "${name}"`, hook.args);
    }
  }

  async #run(run: GuestFunction, where: string, args: readonly number[] = []): Promise<void> {
    const { failure, edge } = this.#state;
    try {
      await edge.enter(run, ...args);
    } catch (thrown) {
      if (failure.exitCode !== 0) throw failure.of(thrown, where);
    }
    if (failure.raised !== null) throw failure.raised;
  }

  #instantiate(planned: PlannedModule, thunks: Thunks | null, forOneCall = false): WebAssembly.Instance {
    const { name, module } = planned.module;
    // Null prototypes: `__proto__` is a module name like any other.
    const imports = Object.create(null) as WebAssembly.Imports;
    let instance: WebAssembly.Instance | null = null;
    const wasi = this.#state.wasi?.imports(() => memoryOf(planned, instance, imports));
    for (const wanted of planned.imports) {
      const group = (imports[wanted.module] ??= Object.create(null) as WebAssembly.ModuleImports);
      const value =
        wanted.provider.kind === 'wasi'
          ? wasi?.(wanted.module, wanted.name)
          : (thunks?.of(wanted) ?? this.#valueOf(planned, wanted));
      if (value !== undefined) group[wanted.name] = value;
    }
    try {
      instance = new WebAssembly.Instance(module, imports);
      this.#state.meter.attach(instance, forOneCall);
      return instance;
    } catch (thrown) {
      throw this.#instantiateError(name, thrown);
    }
  }

  #valueOf(planned: PlannedModule, wanted: PlannedImport): WebAssembly.ImportValue | undefined {
    const { name, provider } = wanted;
    switch (provider.kind) {
      case 'wasi':
        return undefined; // `#instantiate` creates these, because they need the module's memory.
      case 'env':
        return this.#env.get(name);
      case 'abort':
        return abortImport(() => this.instances.get(planned.module.name)?.exports['memory'], this.#state);
      case 'page':
        return this.#state.pageFunction(provider.index);
      case 'worker':
        return this.#state.workerFunction(wanted);
      case 'module':
        return this.instances.get(provider.name)?.exports[name];
      case 'command':
        return this.#state.edge.closure((...args) => this.#runCommand(provider.name, name, args));
    }
  }

  /** Runs one call of a command module, in a new instance. */
  #runCommand(moduleName: string, name: string, args: readonly (number | bigint)[]): unknown {
    const planned = this.#planned.get(moduleName);
    if (planned === undefined) throw new PluginError('bug', { message: `BUG: no module is named "${moduleName}"` });
    if (this.#commands === maxCommands)
      this.#state.failure.raise(trapError('calls of commands are nested too deeply', `Module "${moduleName}"`));
    this.#state.work.count(slowCallPrice);
    this.#commands += 1;
    let end: unknown;
    try {
      end = this.#enterCommand(planned, name, args);
      return end instanceof Promise ? end.finally(() => (this.#commands -= 1)) : end;
    } finally {
      if (!(end instanceof Promise)) this.#commands -= 1;
    }
  }

  #enterCommand(planned: PlannedModule, name: string, args: readonly (number | bigint)[]): unknown {
    const { exports } = this.#instantiate(planned, null, true);
    const run = exports[name] as GuestFunction;
    const start = startOf(planned, exports);
    const started = start === null ? undefined : this.#state.edge.enter(start);
    return started instanceof Promise
      ? started.then(() => this.#state.edge.enter(run, ...args))
      : this.#state.edge.enter(run, ...args);
  }

  #instantiateError(name: string, thrown: unknown): PluginError {
    if (thrown instanceof WebAssembly.LinkError) {
      return new PluginError('import-type', {
        message: `Cannot link module "${name}": ${describeThrown(thrown)}`,
        where: `module "${name}"`,
        cause: thrown,
      });
    }
    if (isOutOfRoom(thrown)) return noRoom(name, thrown);
    // Instantiation can trap: in data segments, and in the start section of a module that the app compiled.
    return this.#state.failure.of(thrown, `Instantiating module "${name}"`);
  }
}

/** Returns the memory that a module uses: the one it exports, or one that it imports. */
function memoryOf(
  { imports }: PlannedModule,
  instance: WebAssembly.Instance | null,
  given: WebAssembly.Imports,
): WebAssembly.Memory | undefined {
  const own = instance?.exports['memory'];
  if (own instanceof WebAssembly.Memory) return own;
  const wanted = imports.find(({ kind }) => kind === 'memory');
  const imported = wanted === undefined ? undefined : given[wanted.module]?.[wanted.name];
  return imported instanceof WebAssembly.Memory ? imported : undefined;
}

function startOf({ module }: PlannedModule, exports: WebAssembly.Exports): (() => unknown) | null {
  const { report } = module;
  // A module without a report may have been compiled by another host, whose gate added this export. No other module has an export of that name.
  if (report === null ? !(startExport in exports) : report.startExport === null) return null;
  const start = exports[startExport];
  if (typeof start === 'function') return start as () => unknown;
  throw new PluginError('bug', { message: `BUG: start section of module "${module.name}" not found` });
}

function typeOfForward({ from, wanted }: Forward): FunctionType {
  const type = functionTypeOf(wanted);
  if (type !== null) return type;
  throw new PluginError('unsupported', {
    message: `Cannot link module "${from.module.name}": it is part of an import cycle, and its types are unknown`,
    where: `module "${from.module.name}"`,
    fix: 'Pass its bytes, its URL, or a module from host.compile().',
  });
}

/** When memory runs out, Chromium throws a RangeError and Firefox the string "out of memory". */
function isOutOfRoom(thrown: unknown): boolean {
  return (thrown instanceof RangeError && !/call stack/i.test(thrown.message)) || thrown === 'out of memory';
}

function noRoom(name: string, cause: unknown): PluginError {
  return new PluginError('resources-exhausted', {
    message: `Out of memory while instantiating module "${name}": ${describeThrown(cause)}`,
    where: `module "${name}"`,
    fix: 'Close plug-ins that are not in use, or lower memory.maxPages.',
    cause,
  });
}
