import type { FunctionType, ImportReport, ExportReport, MemoryReport, TableReport } from '../contract/module-report.js';
import type { TypeEntry } from './types.js';

/** What the gate lets in. */
export interface GatePolicy {
  /** The module's name in its manifest, for the place in errors. @default 'main' */
  readonly moduleName?: string;
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

/** More tables than this are refused, imported ones counted. */
export const maxTables = 16;

/** The name of the export that stands for the start section. Export names that begin like it are refused. */
export const startExport = 'tenon:start';
export const reservedPrefix = 'tenon:';

/** What is known of a module so far, section by section. The arrays are the index spaces of the specification. */
export interface ModuleFacts {
  types: readonly TypeEntry[];
  readonly imports: ImportReport[];
  readonly exports: ExportReport[];
  /** Of imported functions, then defined ones. */
  readonly functions: FunctionType[];
  importedFunctions: number;
  readonly memories: MemoryReport[];
  readonly tables: TableReport[];
  /** Tags and globals in their index spaces: how many. */
  tags: number;
  definedTags: number;
  start: number | null;
}

export function emptyFacts(): ModuleFacts {
  return {
    types: [],
    imports: [],
    exports: [],
    functions: [],
    importedFunctions: 0,
    memories: [],
    tables: [],
    tags: 0,
    definedTags: 0,
    start: null,
  };
}
