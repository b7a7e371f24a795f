import { startExport } from '../../contract/abi.js';
import { describeThrown } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';
import type { FunctionType } from '../../contract/module-report.js';
import { functionTypeOf } from '../../wasm/module-index.js';
import type { GuestFunction } from '../suspend/waiter.js';
import { abortImport } from './abort.js';
import { trapError } from './guest-failure.js';
import type { GuestState } from './imports.js';
import { envImports } from './imports.js';
import { initHooks } from './init.js';
import type { PlannedGroup, PlannedImport, PlannedModule } from './link-plan.js';
import { Thunks } from './thunk.js';

type Instances = ReadonlyMap<string, WebAssembly.Instance>;

/**
 * Instantiates in the planned order, providers first. The start section and the init hooks of each run right after its group
 * stands, whatever the engine; the main module is the last.
 */
export async function instantiateAll(groups: readonly PlannedGroup[], state: GuestState): Promise<Instances> {
  const linker = new Linker(groups.flat(), state);
  for (const group of groups) await linker.add(group.filter(({ isCommand }) => !isCommand));
  return linker.instances;
}

/** A function that a module imports before the module that exports it stands. */
interface Forward {
  readonly from: PlannedModule;
  readonly wanted: PlannedImport;
  readonly provider: string;
}

/**
 * Commands may call back what called them, each time in a further instance, and where guests are suspended no stack bounds how often:
 * each has a stack of its own, of which engines give few (Firefox 100).
 */
const mostCommands = 64;

class Linker {
  readonly instances = new Map<string, WebAssembly.Instance>();
  readonly #state: GuestState;
  readonly #env: ReadonlyMap<string, WebAssembly.ImportValue>;
  readonly #planned: ReadonlyMap<string, PlannedModule>;
  /** Instances of commands that are in a call. */
  #commands = 0;

  constructor(planned: readonly PlannedModule[], state: GuestState) {
    this.#state = state;
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

  /** What `group`, in its order, imports of members that come later. */
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

  /** Start section, then init hooks. */
  async #begin(planned: PlannedModule): Promise<void> {
    const { name } = planned.module;
    const exports = this.instances.get(name)?.exports ?? {};
    const start = startOf(planned, exports);
    if (start !== null) await this.#run(start, `the start section of module "${name}"`);
    for (const hook of initHooks(planned, exports, this.#state.policy.semantics.init)) {
      await this.#run(hook.run, `"${hook.name}", which runs before the first call,`, hook.args);
    }
  }

  async #run(run: GuestFunction, where: string, args: readonly number[] = []): Promise<void> {
    const { failure, edge } = this.#state;
    try {
      await edge.enter(run, ...args);
    } catch (thrown) {
      throw failure.of(thrown, where);
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
          ? wasi?.get(wanted.name)
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

  #valueOf(planned: PlannedModule, { module, name, provider }: PlannedImport): WebAssembly.ImportValue | undefined {
    switch (provider.kind) {
      case 'wasi':
        return undefined; // Made together, for the module's own memory.
      case 'env':
        return this.#env.get(name);
      case 'abort':
        return abortImport(() => this.instances.get(planned.module.name)?.exports['memory'], this.#state.failure);
      case 'page':
        return this.#state.pageFunction(provider.index);
      case 'worker':
        return this.#state.workerFunction(module, name);
      case 'module':
        return this.instances.get(provider.name)?.exports[name];
      case 'command':
        return this.#state.edge.closure((...args) => this.#runCommand(provider.name, name, args));
    }
  }

  /** One call of a command module, in an instance of its own. */
  #runCommand(moduleName: string, name: string, args: readonly (number | bigint)[]): unknown {
    const planned = this.#planned.get(moduleName);
    if (planned === undefined) throw new PluginError('bug', { message: `BUG: no module is named "${moduleName}"` });
    if (this.#commands === mostCommands)
      this.#state.failure.raise(trapError('commands called each other too deeply', moduleName));
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
        message: `module "${name}" does not fit what it imports: ${describeThrown(thrown)}`,
        where: `module "${name}"`,
        cause: thrown,
      });
    }
    if (isOutOfRoom(thrown)) return noRoom(name, thrown);
    // A module compiled by the app still has its start section, and data segments can trap too.
    return this.#state.failure.of(thrown, `instantiating module "${name}"`);
  }
}

/** The memory that a module works in: its own, or one that it imports. */
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
  // One that nothing is known of may have gone through the gate for another host: no other module exports that name.
  if (report === null ? !(startExport in exports) : report.startExport === null) return null;
  const start = exports[startExport];
  if (typeof start === 'function') return start as () => unknown;
  throw new PluginError('bug', { message: `BUG: module "${module.name}" lost its start section` });
}

function typeOfForward({ from, wanted }: Forward): FunctionType {
  const type = functionTypeOf(wanted);
  if (type !== null) return type;
  throw new PluginError('unsupported', {
    message: `module "${from.module.name}", which the app compiled itself, is part of a circle of modules, and what it imports cannot be read`,
    where: `module "${from.module.name}"`,
    fix: 'Give its bytes or its URL instead, or a module from host.compile().',
  });
}

/** Chromium throws a RangeError when no memory is left to give, Firefox a bare string, "out of memory". */
function isOutOfRoom(thrown: unknown): boolean {
  return (thrown instanceof RangeError && !/call stack/i.test(thrown.message)) || thrown === 'out of memory';
}

function noRoom(name: string, cause: unknown): PluginError {
  return new PluginError('resources-exhausted', {
    message: `the engine has no room for module "${name}": ${describeThrown(cause)}`,
    where: `module "${name}"`,
    fix: 'Close plug-ins that are not in use, or lower memory.maxPages.',
    cause,
  });
}
