import type {
  ExportReport,
  FunctionType,
  ImportReport,
  MemoryReport,
  ProducerReport,
  TableReport,
} from '../../contract/module-report.js';
import type { TypeEntry } from './types.js';

/** What the gate lets in. */
export interface GatePolicy {
  /** Bytes a module may have, counted as they stream. @default 67_108_864 (64 MiB) */
  readonly maxModuleBytes?: number;
  /** Pages of 64 KiB the module's memory may grow to; null for no cap. @default null */
  readonly maxPages?: number | null;
  /** Entries all tables of the module may have together. @default 100_000 */
  readonly maxTableEntries?: number;
  /**
   * Let in struct and array types, and exceptions that hold exceptions. **Their heap lies outside every cap: 3 GB of it
   * crashes the whole page in Chromium, from inside a worker.** Never for a source you do not trust. @default false
   */
  readonly allowGc?: boolean;
}

export type FullPolicy = Required<GatePolicy>;

/** What is known of a module so far, section by section. The arrays are the index spaces of the specification. */
export interface ModuleFacts {
  types: readonly TypeEntry[];
  readonly imports: ImportReport[];
  readonly exports: ExportReport[];
  readonly importedFunctions: FunctionType[];
  /** The index of each defined function's type. */
  definedFunctions: Uint32Array;
  readonly memories: MemoryReport[];
  readonly tables: TableReport[];
  /** Defined, not imported. */
  tags: number;
  globals: number;
  elements: number;
  dataSegments: number;
  /** The start function's index. */
  start: number | null;
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
    customCount: 0,
    customNames: new Set(),
    producers: [],
  };
}

/** The type of the function with that index, if there is one. */
export function functionType(facts: ModuleFacts, index: number): FunctionType | null {
  const imported = facts.importedFunctions[index];
  if (imported) return imported;
  const defined = facts.definedFunctions[index - facts.importedFunctions.length];
  return defined === undefined ? null : (facts.types[defined] ?? null);
}
