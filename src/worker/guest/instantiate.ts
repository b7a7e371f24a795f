import { describeThrown } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';
import { envImports, type GuestState } from './imports.js';
import { initHooks } from './init.js';
import type { PlannedModule } from './link.js';

/**
 * Instantiates in the planned order, providers first. The start section and the init hooks of each run right after it stands,
 * whatever the engine; the main module is the last.
 */
export function instantiateAll(plan: readonly PlannedModule[], state: GuestState): Map<string, WebAssembly.Instance> {
  const instances = new Map<string, WebAssembly.Instance>();
  const env = envImports(state);
  for (const planned of plan) {
    const { name, report } = planned.module;
    const instance = instantiateOne(planned, importsOf(planned, env, instances, state), state);
    instances.set(name, instance);
    if (report?.startExport != null) runStart(instance, report.startExport, name, state);
    for (const hook of initHooks(planned, instance.exports, planned === plan.at(-1))) {
      runAtStart(hook.run, `"${hook.name}", which runs before the first call,`, state);
    }
  }
  return instances;
}

function instantiateOne(planned: PlannedModule, imports: WebAssembly.Imports, state: GuestState): WebAssembly.Instance {
  const { name, module } = planned.module;
  try {
    return new WebAssembly.Instance(module, imports);
  } catch (thrown) {
    if (thrown instanceof WebAssembly.LinkError) {
      throw new PluginError('import-type', {
        message: `module "${name}" does not fit what it imports: ${describeThrown(thrown)}`,
        where: `module "${name}"`,
        cause: thrown,
      });
    }
    if (isOutOfRoom(thrown)) throw noRoom(name, thrown);
    // A module compiled by the app still has its start section, and data segments can trap too.
    throw state.failure.of(thrown, `instantiating module "${name}"`);
  }
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

function runStart(instance: WebAssembly.Instance, startExport: string, name: string, state: GuestState): void {
  const start = instance.exports[startExport];
  if (typeof start !== 'function')
    throw new PluginError('bug', { message: `BUG: module "${name}" lost its start section` });
  runAtStart(() => start(), `the start section of module "${name}"`, state);
}

function runAtStart(run: () => unknown, where: string, { failure }: GuestState): void {
  try {
    run();
  } catch (thrown) {
    throw failure.of(thrown, where);
  }
  if (failure.raised !== null) throw failure.raised;
}

/** Null prototypes: `__proto__` is a module name like any other. */
function importsOf(
  planned: PlannedModule,
  env: ReadonlyMap<string, WebAssembly.ImportValue>,
  instances: ReadonlyMap<string, WebAssembly.Instance>,
  state: GuestState,
): WebAssembly.Imports {
  const imports = Object.create(null) as WebAssembly.Imports;
  for (const { module, name, provider } of planned.imports) {
    const group = (imports[module] ??= Object.create(null) as WebAssembly.ModuleImports);
    switch (provider.kind) {
      case 'env': {
        const value = env.get(name);
        if (value !== undefined) group[name] = value;
        break;
      }
      case 'abort':
        group[name] = abortImport(planned, instances, state);
        break;
      case 'module': {
        const value = instances.get(provider.name)?.exports[name];
        if (value !== undefined) group[name] = value;
        break;
      }
    }
  }
  return imports;
}

/** What AssemblyScript calls when a program fails: a trap with its message and place. */
function abortImport(planned: PlannedModule, instances: ReadonlyMap<string, WebAssembly.Instance>, state: GuestState) {
  return (message: number, file: number, line: number, column: number): never => {
    const memory = instances.get(planned.module.name)?.exports['memory'];
    const text = readManagedString(memory, message) ?? 'abort';
    const place = `${readManagedString(memory, file) ?? 'unknown file'}:${line >>> 0}:${column >>> 0}`;
    return state.failure.raise(
      new PluginError('guest-trap', { message: `${text} (aborted at ${place})`, where: place, actual: text }),
    );
  };
}

const mostAbortText = 4_096;

/** A string of AssemblyScript: UTF-16 at `pointer`, its length in bytes in the 4 bytes before. */
function readManagedString(memory: WebAssembly.ExportValue | undefined, pointer: number): string | null {
  if (!(memory instanceof WebAssembly.Memory) || pointer >>> 0 < 4) return null;
  const start = pointer >>> 0;
  if (start > memory.buffer.byteLength) return null;
  const declared = new DataView(memory.buffer).getUint32(start - 4, true);
  const length = Math.min(declared, mostAbortText * 2, memory.buffer.byteLength - start) & ~1;
  return new TextDecoder('utf-16le').decode(new Uint8Array(memory.buffer, start, length));
}
