/**
 * What the gate read off a module before it was compiled. Plain data: it crosses from the worker to the page as it is.
 * Every string in it was chosen by the plug-in: show it as text, and key nothing but a `Map` by it.
 */
export interface ModuleReport {
  /** Bytes read, before any rewriting. */
  readonly sizeBytes: number;
  /** False when the bytes given out equal the bytes taken in. */
  readonly rewritten: boolean;
  /** The reserved export that stands for the module's start section; null when it had none. */
  readonly startExport: string | null;
  readonly imports: readonly ImportReport[];
  readonly exports: readonly ExportReport[];
  /** In index order, imported ones first. At most one. */
  readonly memories: readonly MemoryReport[];
  /** In index order, imported ones first. */
  readonly tables: readonly TableReport[];
  readonly counts: ModuleCounts;
  readonly compileCost: CompileCostReport;
  /** Names of the custom sections, in order, without repeats: the first {@link maxReportedNames}. */
  readonly customSections: readonly string[];
  /** From the `producers` section (https://github.com/WebAssembly/tool-conventions/blob/main/ProducersSection.md). */
  readonly producers: readonly ProducerReport[];
  /** The import modules that are some version of WASI, such as `wasi_snapshot_preview1`. */
  readonly wasi: readonly string[];
}

/** A report names no more custom sections, nor producers, than this. */
export const maxReportedNames = 64;

/** A value type as the text format writes it: `i32`, `funcref`, `(ref null 3)`. */
export type ValueType = string;

export interface FunctionType {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** An estimate of what it costs an engine to compile the functions: see `maxCompileCost`. */
export interface CompileCostReport {
  /** The cost of all functions. */
  readonly sum: number;
  /** The cost of the largest one. */
  readonly largest: number;
}

/** Sizes of a memory in pages of 64 KiB, or of a table in entries. A maximum of null means that none is declared. */
export interface LimitsReport {
  readonly initial: number;
  /** The maximum in the module as it came. */
  readonly declaredMaximum: number | null;
  /** The maximum in the module as it is compiled. */
  readonly maximum: number | null;
}

export interface MemoryReport extends LimitsReport {
  readonly imported: boolean;
}

export interface TableReport extends LimitsReport {
  readonly imported: boolean;
  readonly element: ValueType;
}

export type ImportReport = { readonly module: string; readonly name: string } & (
  | { readonly kind: 'function' | 'tag'; readonly type: FunctionType }
  | { readonly kind: 'global'; readonly value: ValueType; readonly mutable: boolean }
  | { readonly kind: 'memory' | 'table' }
);

export type ExportReport = { readonly name: string } & (
  { readonly kind: 'function'; readonly type: FunctionType } | { readonly kind: 'table' | 'memory' | 'global' | 'tag' }
);

/** How many of each the module defines itself; imports are not counted. */
export interface ModuleCounts {
  readonly types: number;
  readonly functions: number;
  readonly globals: number;
  readonly tags: number;
  readonly elements: number;
  readonly dataSegments: number;
}

export interface ProducerReport {
  /** `language`, `processed-by` or `sdk`. */
  readonly field: string;
  readonly name: string;
  readonly version: string;
}
