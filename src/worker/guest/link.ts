import { envNamespace, isReservedExport } from '../../contract/abi.js';
import { type ErrorIssue, type ImportPlace, PluginError } from '../../contract/errors.js';
import type { FunctionType } from '../../contract/module-report.js';
import type { StartModule } from '../../contract/protocol.js';
import { envFunctionType, showFunctionType } from './env-types.js';

/** Where one import of a module comes from. */
export type ImportProvider =
  { readonly kind: 'env' } | { readonly kind: 'abort' } | { readonly kind: 'module'; readonly name: string };

/** A module with every import accounted for. */
export interface PlannedModule {
  readonly module: StartModule;
  readonly imports: readonly PlannedImport[];
}

export interface PlannedImport {
  readonly module: string;
  readonly name: string;
  readonly provider: ImportProvider;
}

/**
 * Decides what provides each import of each module that `main` reaches, and in which order to instantiate: providers first.
 * Pure. All faults are reported at once.
 */
export function planLinks(modules: readonly StartModule[], main: string): PlannedModule[] {
  const planner = new Planner(modules);
  planner.visit(main, []);
  planner.throwIssues();
  return planner.planned;
}

class Planner {
  readonly planned: PlannedModule[] = [];
  readonly #modules: ReadonlyMap<string, StartModule>;
  readonly #visited = new Set<string>();
  readonly #missing: ImportPlace[] = [];
  readonly #mismatched: ErrorIssue[] = [];

  constructor(modules: readonly StartModule[]) {
    this.#modules = new Map(modules.map((module) => [module.name, module]));
    if (this.#modules.has(envNamespace)) {
      throw new PluginError('link-name', {
        message: `a linked module is named "${envNamespace}", which is the runtime's own name`,
        fix: 'Give the module another name in the manifest.',
      });
    }
  }

  visit(name: string, path: readonly string[]): void {
    if (path.includes(name)) throw circle([...path.slice(path.indexOf(name)), name]);
    const module = this.#modules.get(name);
    if (module === undefined || this.#visited.has(name)) return;
    this.#visited.add(name);
    const imports: PlannedImport[] = [];
    for (const descriptor of WebAssembly.Module.imports(module.module)) {
      const provider = this.#resolve(module, descriptor, [...path, name]);
      if (provider !== null) imports.push({ module: descriptor.module, name: descriptor.name, provider });
    }
    this.planned.push({ module, imports });
  }

  throwIssues(): void {
    if (this.#missing.length > 0) throw missingImports(this.#missing);
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

  #resolve(
    from: StartModule,
    wanted: WebAssembly.ModuleImportDescriptor,
    path: readonly string[],
  ): ImportProvider | null {
    if (wanted.module === envNamespace) {
      const type = envFunctionType(wanted.name);
      if (type === null) return this.#miss(from, wanted);
      if (wanted.kind === 'function') this.#compareType(from, wanted, type);
      else this.#mismatch(from, wanted, showFunctionType(type), wanted.kind);
      return { kind: 'env' };
    }
    const provider = this.#modules.get(wanted.module);
    if (provider !== undefined && provider !== from) {
      this.visit(provider.name, path);
      const exported = WebAssembly.Module.exports(provider.module).find(({ name }) => name === wanted.name);
      if (exported === undefined || isReservedExport(wanted.name)) return this.#miss(from, wanted);
      if (exported.kind !== wanted.kind) this.#mismatch(from, wanted, wanted.kind, exported.kind);
      return { kind: 'module', name: provider.name };
    }
    if (wanted.module === 'env' && wanted.name === 'abort' && wanted.kind === 'function') return { kind: 'abort' };
    return this.#miss(from, wanted);
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

  #miss(from: StartModule, wanted: WebAssembly.ModuleImportDescriptor): null {
    this.#missing.push({ ...wanted, from: from.name });
    return null;
  }
}

/** The page says what each of them seems to be (page/missing-imports.ts). */
function missingImports(missing: readonly ImportPlace[]): PluginError {
  return new PluginError('missing-import', {
    message: `the plug-in imports what nothing provides`,
    issues: missing.map((place) => ({
      path: `from module "${place.from}": "${place.module}" "${place.name}"`,
      message: 'nothing provides it',
      import: place,
    })),
  });
}

function circle(names: readonly string[]): PluginError {
  return new PluginError('unsupported', {
    message: `linked modules import each other in a circle: ${names.join(' -> ')}`,
    where: `module "${names[0] ?? ''}"`,
    fix: 'Break the circle by moving what they share into a third module.',
  });
}
