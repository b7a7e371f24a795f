import { startExport } from '../../contract/abi.js';
import type {
  CompileCostReport,
  ExportReport,
  FunctionType,
  ImportReport,
  MemoryReport,
  ModuleReport,
  ProducerReport,
  TableReport,
} from '../../contract/module-report.js';
import type { TypeEntry } from '../reader/types.js';

/** The limits that the gate applies to a module. */
export interface GatePolicy {
  /** Maximum size of a module in bytes, which are counted while they stream. @default 67_108_864 (64 MiB) */
  readonly maxModuleBytes?: number;
  /** Maximum size of the module's memory in pages of 64 KiB; null for no cap. @default null */
  readonly maxPages?: number | null;
  /** Maximum number of entries in all tables that the module defines, and in each imported table. @default 100_000 */
  readonly maxTableEntries?: number;
  /** Maximum compile cost of one function; all functions together may cost five times as much. @default 60_000_000 */
  readonly maxCompileCost?: number;
  /**
   * Admits struct and array types, and exceptions that hold exceptions. **No cap bounds their heap: when it reaches 3 GB, the whole page
   * crashes in Chromium, even from a worker.** Never set it for a source that you do not trust. @default false
   */
  readonly allowGc?: boolean;
}

export type FullPolicy = Required<GatePolicy>;

/**
 * The contents of a module that the gate has read. `types`, `memories` and `tables` are index spaces of the specification; that of the
 * functions is `importedFunctions`, then `definedFunctions`.
 */
export interface ModuleFacts {
  types: readonly TypeEntry[];
  readonly imports: ImportReport[];
  readonly exports: ExportReport[];
  readonly importedFunctions: FunctionType[];
  /** The index of the type of each defined function. */
  definedFunctions: Uint32Array;
  readonly memories: MemoryReport[];
  readonly tables: TableReport[];
  /** The number of tags that the module defines. */
  tags: number;
  globals: number;
  elements: number;
  dataSegments: number;
  /** The index of the start function. */
  start: number | null;
  compileCost: CompileCostReport;
  customCount: number;
  readonly customNames: Set<string>;
  readonly producers: ProducerReport[];
}

export function emptyFacts(): ModuleFacts {
  return {
    types: [],
    imports: [],
    exports: [],
    importedFunctions: [],
    definedFunctions: new Uint32Array(),
    memories: [],
    tables: [],
    tags: 0,
    globals: 0,
    elements: 0,
    dataSegments: 0,
    start: null,
    compileCost: { sum: 0, largest: 0 },
    customCount: 0,
    customNames: new Set(),
    producers: [],
  };
}

/** Returns the type of the function with this index; null if there is no such function. */
export function functionType(facts: ModuleFacts, index: number): FunctionType | null {
  const imported = facts.importedFunctions[index];
  if (imported) return imported;
  const defined = facts.definedFunctions[index - facts.importedFunctions.length];
  return defined === undefined ? null : (facts.types[defined] ?? null);
}

/** Returns the public report of a module. */
export function reportModule(facts: ModuleFacts, sizeBytes: number, rewritten: boolean): ModuleReport {
  const { types, imports, exports, memories, tables, tags, globals, elements, dataSegments } = facts;
  const modules = new Set(imports.map(({ module }) => module));
  return {
    sizeBytes,
    rewritten,
    startExport: facts.start === null ? null : startExport,
    imports,
    exports,
    memories,
    tables,
    counts: {
      types: types.length,
      functions: facts.definedFunctions.length,
      globals,
      tags,
      elements,
      dataSegments,
    },
    compileCost: facts.compileCost,
    customSections: [...facts.customNames],
    producers: facts.producers,
    wasi: [...modules].filter((module) => module.startsWith('wasi')),
  };
}
