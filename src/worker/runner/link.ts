import { envNamespace, wasiNamespaces } from '../../contract/abi.js';
import { issueOf } from '../../contract/waiting/cannot-wait.js';
import { type ErrorCode, type ErrorIssue, type ImportPlace, PluginError } from '../../contract/errors.js';
import { wasmTypeOf, type WireFunction } from '../../contract/host-function.js';
import type { FunctionType } from '../../contract/module-report.js';
import type { StartModule } from '../../contract/protocol.js';
import { envFunctionType, showFunctionType } from '../../contract/import-types.js';
import { orderGroups } from './link-order.js';
import { functionTypeOf, type IndexedImport, ModuleIndex } from '../../wasm/module-index.js';
import type { ImportProvider, PlannedGroup, PlannedImport, PlannedModule } from './link-plan.js';

/** What the host provides to imports, and how commands are treated. */
export interface LinkOffer {
  readonly functions: readonly WireFunction[];
  /** Whether the app's host module, which runs in the worker, exports that function. */
  readonly hasWorkerFunction: (module: string, name: string) => boolean;
  /** Returns the type of a WASI function; null if there is none of that name. The table is in the lazy chunk of WASI. */
  readonly wasiType: (name: string) => FunctionType | null;
  /** Whether a guest can wait for the page here. */
  readonly canWait: boolean;
  /** Whether a module with `_start` gets a new instance for each call; otherwise `_start` runs once, as an init hook. */
  readonly commands: boolean;
}

/**
 * Determines what provides each import of each module that `main` reaches, and the order of instantiation: providers first.
 * Throws one error with all unresolved imports, else all imports that cannot wait for the page, else all type mismatches.
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
  readonly #indexes = new Map<StartModule, ModuleIndex>();
  /** Index in `offer.functions` of each host function of the page, by namespace and name. */
  readonly #places = new Map<string, Map<string, number>>();
  readonly #missing: ImportPlace[] = [];
  readonly #waiting: ImportPlace[] = [];
  readonly #mismatched: ErrorIssue[] = [];

  constructor(modules: readonly StartModule[], main: string, offer: LinkOffer) {
    this.#modules = new Map(modules.map((module) => [module.name, module]));
    this.#main = main;
    this.#offer = offer;
    offer.functions.forEach(({ module, name }, place) => {
      const names = this.#places.get(module) ?? new Map<string, number>();
      this.#places.set(module, names.set(name, place));
    });
    const taken = [envNamespace, ...wasiNamespaces].find((name) => this.#modules.has(name));
    if (taken !== undefined) {
      throw new PluginError('link-name', {
        message: `Invalid name "${taken}" of a linked module: it is a reserved import namespace`,
        fix: 'Give the module another name in the manifest.',
      });
    }
  }

  visit(name: string): void {
    const module = this.#modules.get(name);
    if (module === undefined || this.#indexes.has(module)) return;
    const index = new ModuleIndex(module.module, module.report);
    this.#indexes.set(module, index);
    const imports: PlannedImport[] = [];
    for (const wanted of index.imports) {
      const provider = this.#resolve(module, wanted);
      if (provider !== null) imports.push({ ...wanted, provider });
    }
    const isMain = name === this.#main;
    this.planned.push({ module, index, imports, isMain, isCommand: !isMain && this.#isCommand(index) });
  }

  throwFaults(): void {
    if (this.#missing.length > 0) throw importFailure('missing-import', 'Unresolved imports', this.#missing);
    if (this.#waiting.length > 0) throw importFailure('cannot-wait', 'Imports run on the page', this.#waiting);
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

  #resolve(from: StartModule, wanted: IndexedImport): ImportProvider | null {
    if (wanted.module === envNamespace) return this.#resolveEnv(from, wanted);
    const provider = this.#modules.get(wanted.module);
    if (provider !== undefined && provider !== from) return this.#resolveModule(from, wanted, provider);
    if (wanted.kind === 'function') {
      const host = this.#resolveHost(from, wanted);
      if (host !== null) return host;
      if (wasiNamespaces.includes(wanted.module)) return this.#resolveWasi(from, wanted);
      if (wanted.module === 'env' && wanted.name === 'abort') return { kind: 'abort' };
    }
    return this.#miss(from, wanted);
  }

  #resolveEnv(from: StartModule, wanted: IndexedImport): ImportProvider | null {
    const type = envFunctionType(wanted.name);
    if (type === null) return this.#miss(from, wanted);
    if (wanted.kind === 'function') this.#compareType(from, wanted, type);
    else this.#mismatch(from, wanted, showFunctionType(type), wanted.kind);
    return { kind: 'env' };
  }

  #resolveWasi(from: StartModule, wanted: IndexedImport): ImportProvider | null {
    const type = this.#offer.wasiType(wanted.name);
    if (type === null) return this.#miss(from, wanted);
    this.#compareType(from, wanted, type);
    return { kind: 'wasi' };
  }

  #resolveModule(from: StartModule, wanted: IndexedImport, provider: StartModule): ImportProvider | null {
    this.visit(provider.name);
    const index = this.#indexes.get(provider);
    const exported = index?.exports.get(wanted.name);
    if (index === undefined || exported === undefined) return this.#miss(from, wanted);
    if (exported.kind !== wanted.kind) this.#mismatch(from, wanted, wanted.kind, exported.kind);
    const type = functionTypeOf(exported);
    if (type !== null) this.#compareType(from, wanted, type);
    if (provider.name === this.#main || !this.#isCommand(index)) return { kind: 'module', name: provider.name };
    if (wanted.kind !== 'function') this.#mismatch(from, wanted, 'a function', `${wanted.kind} of a command module`);
    return { kind: 'command', name: provider.name };
  }

  #resolveHost(from: StartModule, wanted: IndexedImport): ImportProvider | null {
    const { functions, hasWorkerFunction, canWait } = this.#offer;
    if (hasWorkerFunction(wanted.module, wanted.name)) return { kind: 'worker' };
    const index = this.#places.get(wanted.module)?.get(wanted.name);
    const found = index === undefined ? undefined : functions[index];
    if (index === undefined || found === undefined) return null;
    if (!canWait) this.#waiting.push(placeOf(from, wanted));
    if (found.types !== null) {
      const { params, result } = found.types;
      this.#compareType(from, wanted, {
        params: params.map(wasmTypeOf),
        results: result === null ? [] : [wasmTypeOf(result)],
      });
    }
    return { kind: 'page', index };
  }

  #compareType(from: StartModule, wanted: IndexedImport, provided: FunctionType): void {
    const declared = functionTypeOf(wanted);
    if (declared === null) return;
    const [expected, actual] = [showFunctionType(provided), showFunctionType(declared)];
    if (expected !== actual) this.#mismatch(from, wanted, expected, actual);
  }

  #mismatch(from: StartModule, wanted: IndexedImport, expected: string, actual: string): void {
    const path = `Import "${wanted.module}" "${wanted.name}" of module "${from.name}"`;
    this.#mismatched.push({ path, message: `expected ${expected}, found ${actual}`, expected, actual });
  }

  /** A module that exports `_start` is a command: each call of it from another module gets a new instance. */
  #isCommand({ exports }: ModuleIndex): boolean {
    return this.#offer.commands && exports.get('_start')?.kind === 'function';
  }

  #miss(from: StartModule, wanted: IndexedImport): null {
    this.#missing.push(placeOf(from, wanted));
    return null;
  }
}

function placeOf(from: StartModule, { module, name, kind }: IndexedImport): ImportPlace {
  return { from: from.name, module, name, kind };
}

/** The page explains each import (page/host/explanations.ts). */
function importFailure(code: ErrorCode, message: string, imports: readonly ImportPlace[]): PluginError {
  return new PluginError(code, { message, issues: imports.map((place) => ({ ...issueOf(place), message })) });
}
