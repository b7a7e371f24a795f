import { envNamespace, isReservedExport, wasiNamespace } from '../../contract/abi.js';
import { cannotWait, issueOf } from '../../contract/cannot-wait.js';
import { type ErrorIssue, type ImportPlace, PluginError } from '../../contract/errors.js';
import { wasmTypeOf, type WireFunction } from '../../contract/host-function.js';
import type { FunctionType } from '../../contract/module-report.js';
import type { StartModule } from '../../contract/protocol.js';
import { envFunctionType, showFunctionType } from './env-types.js';
import { wasiFunctionType } from './wasi-types.js';
import { orderGroups } from './link-order.js';
import type { ImportProvider, PlannedGroup, PlannedImport, PlannedModule } from './link-plan.js';

/** What modules can import beside each other's exports. */
export interface LinkOffer {
  readonly functions: readonly WireFunction[];
  /** Whether the worker itself has a host function of that name. */
  readonly hasWorkerFunction: (module: string, name: string) => boolean;
  /** Whether anything lets a guest wait for the page. */
  readonly canWait: boolean;
  /** Whether modules with `_start` make a fresh instance for each call; else `_start` runs once, as a hook. */
  readonly commands: boolean;
}

/**
 * Decides what provides each import of each module that `main` reaches, and in which order to instantiate: providers first.
 * Pure. All faults are reported at once.
 */
export function planLinks(modules: readonly StartModule[], main: string, offer: LinkOffer): PlannedGroup[] {
  const planner = new Planner(modules, main, offer);
  planner.visit(main);
  planner.throwFaults();
  return orderGroups(planner.planned);
}

class Planner {
  readonly planned: PlannedModule[] = [];
  readonly #modules: ReadonlyMap<string, StartModule>;
  readonly #main: string;
  readonly #offer: LinkOffer;
  readonly #visited = new Set<string>();
  readonly #missing: ImportPlace[] = [];
  readonly #waiting: ImportPlace[] = [];
  readonly #mismatched: ErrorIssue[] = [];

  constructor(modules: readonly StartModule[], main: string, offer: LinkOffer) {
    this.#modules = new Map(modules.map((module) => [module.name, module]));
    this.#main = main;
    this.#offer = offer;
    const taken = [envNamespace, wasiNamespace].find((name) => this.#modules.has(name));
    if (taken !== undefined) {
      throw new PluginError('link-name', {
        message: `a linked module is named "${taken}", which is the runtime's own name`,
        fix: 'Give the module another name in the manifest.',
      });
    }
  }

  visit(name: string): void {
    const module = this.#modules.get(name);
    if (module === undefined || this.#visited.has(name)) return;
    this.#visited.add(name);
    const imports: PlannedImport[] = [];
    for (const wanted of WebAssembly.Module.imports(module.module)) {
      const provider = this.#resolve(module, wanted);
      if (provider !== null) imports.push({ module: wanted.module, name: wanted.name, kind: wanted.kind, provider });
    }
    const isMain = name === this.#main;
    this.planned.push({ module, imports, isMain, isCommand: !isMain && this.#isCommand(module) });
  }

  throwFaults(): void {
    if (this.#missing.length > 0) throw missingImports(this.#missing);
    if (this.#waiting.length > 0) throw cannotWait(this.#waiting);
    const [first] = this.#mismatched;
    if (first === undefined) return;
    throw new PluginError('import-type', {
      message: `${first.path}: expected ${first.expected}, found ${first.actual}`,
      where: first.path,
      expected: first.expected,
      actual: first.actual,
      issues: this.#mismatched,
    });
  }

  #resolve(from: StartModule, wanted: WebAssembly.ModuleImportDescriptor): ImportProvider | null {
    if (wanted.module === envNamespace) return this.#resolveEnv(from, wanted);
    const provider = this.#modules.get(wanted.module);
    if (provider !== undefined && provider !== from) return this.#resolveModule(from, wanted, provider);
    if (wanted.kind === 'function') {
      const host = this.#resolveHost(from, wanted);
      if (host !== null) return host;
      if (wanted.module === wasiNamespace) return this.#resolveWasi(from, wanted);
      if (wanted.module === 'env' && wanted.name === 'abort') return { kind: 'abort' };
    }
    return this.#miss(from, wanted);
  }

  #resolveEnv(from: StartModule, wanted: WebAssembly.ModuleImportDescriptor): ImportProvider | null {
    const type = envFunctionType(wanted.name);
    if (type === null) return this.#miss(from, wanted);
    if (wanted.kind === 'function') this.#compareType(from, wanted, type);
    else this.#mismatch(from, wanted, showFunctionType(type), wanted.kind);
    return { kind: 'env' };
  }

  #resolveWasi(from: StartModule, wanted: WebAssembly.ModuleImportDescriptor): ImportProvider | null {
    const type = wasiFunctionType(wanted.name);
    if (type === null) return this.#miss(from, wanted);
    this.#compareType(from, wanted, type);
    return { kind: 'wasi' };
  }

  #resolveModule(
    from: StartModule,
    wanted: WebAssembly.ModuleImportDescriptor,
    provider: StartModule,
  ): ImportProvider | null {
    this.visit(provider.name);
    const exported = WebAssembly.Module.exports(provider.module).find(({ name }) => name === wanted.name);
    if (exported === undefined || isReservedExport(wanted.name)) return this.#miss(from, wanted);
    if (exported.kind !== wanted.kind) this.#mismatch(from, wanted, wanted.kind, exported.kind);
    const type = provider.report?.exports.find(({ name }) => name === wanted.name);
    if (wanted.kind === 'function' && type?.kind === 'function') this.#compareType(from, wanted, type.type);
    if (provider.name === this.#main || !this.#isCommand(provider)) return { kind: 'module', name: provider.name };
    if (wanted.kind !== 'function') this.#mismatch(from, wanted, 'a function', `${wanted.kind} of a command module`);
    return { kind: 'command', name: provider.name };
  }

  #resolveHost(from: StartModule, wanted: WebAssembly.ModuleImportDescriptor): ImportProvider | null {
    const { functions, hasWorkerFunction, canWait } = this.#offer;
    if (hasWorkerFunction(wanted.module, wanted.name)) return { kind: 'worker' };
    const index = functions.findIndex(({ module, name }) => module === wanted.module && name === wanted.name);
    const found = functions[index];
    if (found === undefined) return null;
    if (!canWait) this.#waiting.push({ ...wanted, from: from.name });
    if (found.types !== null) {
      const { params, result } = found.types;
      this.#compareType(from, wanted, {
        params: params.map(wasmTypeOf),
        results: result === null ? [] : [wasmTypeOf(result)],
      });
    }
    return { kind: 'page', index };
  }

  #compareType(from: StartModule, wanted: WebAssembly.ModuleImportDescriptor, provided: FunctionType): void {
    const declared = from.report?.imports.find(
      (candidate) => candidate.module === wanted.module && candidate.name === wanted.name,
    );
    if (declared?.kind !== 'function') return;
    const [expected, actual] = [showFunctionType(provided), showFunctionType(declared.type)];
    if (expected !== actual) this.#mismatch(from, wanted, expected, actual);
  }

  #mismatch(from: StartModule, wanted: WebAssembly.ModuleImportDescriptor, expected: string, actual: string): void {
    const path = `import "${wanted.module}" "${wanted.name}" of module "${from.name}"`;
    this.#mismatched.push({ path, message: `expected ${expected}, found ${actual}`, expected, actual });
  }

  #isCommand(module: StartModule): boolean {
    return this.#offer.commands && isCommand(module);
  }

  #miss(from: StartModule, wanted: WebAssembly.ModuleImportDescriptor): null {
    this.#missing.push({ ...wanted, from: from.name });
    return null;
  }
}

/** A module that exports `_start` does its work once: a call of it from another module meets a fresh instance. */
function isCommand({ module }: StartModule): boolean {
  return WebAssembly.Module.exports(module).some(({ name, kind }) => name === '_start' && kind === 'function');
}

/** The page says what each of them seems to be (page/missing-imports.ts). */
function missingImports(missing: readonly ImportPlace[]): PluginError {
  return new PluginError('missing-import', {
    message: `the plug-in imports what nothing provides`,
    issues: missing.map((place) => ({ ...issueOf(place), message: 'nothing provides it' })),
  });
}
