import { isReservedExport, meterLeftExport, wasiNamespaces } from '../contract/abi.js';
import type { ExportReport, FunctionType, ImportReport, ModuleReport } from '../contract/module-report.js';

/** As the gate reported it, with its type; of a module that the app compiled itself, as the engine describes it, without. */
export type IndexedImport = ImportReport | WebAssembly.ModuleImportDescriptor;
export type IndexedExport = ExportReport | WebAssembly.ModuleExportDescriptor;

const noImports: ReadonlyMap<string, IndexedImport> = new Map();

/**
 * The imports and exports of one compiled module, by name. Engines build their lists anew each time they are asked, so an index
 * is built once and passed along with its module. Exports that the gate or metering added are not part of it.
 */
export class ModuleIndex {
  readonly imports: readonly IndexedImport[];
  readonly exports: ReadonlyMap<string, IndexedExport>;
  readonly #byNamespace = new Map<string, Map<string, IndexedImport>>();

  constructor(module: WebAssembly.Module, report: ModuleReport | null) {
    // Only the fields of the specification: WebKit adds a `type` of another shape than a report's.
    this.imports =
      report?.imports ?? WebAssembly.Module.imports(module).map(({ module, name, kind }) => ({ module, name, kind }));
    const exports: readonly IndexedExport[] =
      report?.exports ?? WebAssembly.Module.exports(module).map(({ name, kind }) => ({ name, kind }));
    this.exports = new Map(exports.flatMap((entry) => (isReservedExport(entry.name) ? [] : [[entry.name, entry]])));
    for (const wanted of this.imports) {
      const group = this.#byNamespace.get(wanted.module);
      if (group === undefined) this.#byNamespace.set(wanted.module, new Map([[wanted.name, wanted]]));
      else group.set(wanted.name, wanted);
    }
  }

  /** Returns what the module imports from `namespace`, by name. */
  importsFrom(namespace: string): ReadonlyMap<string, IndexedImport> {
    return this.#byNamespace.get(namespace) ?? noImports;
  }

  /** Returns whether the module imports WASI; with `name`, whether it imports that function of WASI. */
  importsWasi(name?: string): boolean {
    return wasiNamespaces.some((namespace) => {
      const imports = this.importsFrom(namespace);
      return name === undefined ? imports.size > 0 : imports.has(name);
    });
  }
}

/** Returns the type of a function; null for anything else, and where the gate has not seen the module. */
export function functionTypeOf(entry: IndexedImport | IndexedExport | undefined): FunctionType | null {
  return entry?.kind === 'function' && 'type' in entry ? entry.type : null;
}

/** Returns whether the module is metered: it then has the exports that metering adds, which no report lists. */
export function isMetered(module: WebAssembly.Module): boolean {
  return WebAssembly.Module.exports(module).some(({ name }) => name === meterLeftExport);
}

/** Returns the contents of the first custom section named `name`, or undefined. */
export function customSection(module: WebAssembly.Module, name: string): ArrayBuffer | undefined {
  return WebAssembly.Module.customSections(module, name)[0];
}
