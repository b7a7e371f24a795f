import { PluginError } from '../../contract/errors.js';
import type { ErrorCode, ErrorParts } from '../../contract/errors.js';
import type { CompileCostReport } from '../../contract/module-report.js';

/** What is counted, in the words of error messages. */
export type Countable =
  | 'types'
  | 'imports'
  | 'functions'
  | 'globals'
  | 'exports'
  | 'tags'
  | 'tables'
  | 'element segments'
  | 'data segments'
  | 'custom sections'
  | 'locals'
  | 'parameters'
  | 'results'
  | 'parameters and results of all types'
  | 'exception parameters'
  | 'fields'
  | 'bytes of one function'
  | 'bytes in one section'
  | 'bytes of imports'
  | 'bytes of exports';

/**
 * How much of each a module may have. Where the limits of engines (https://webassembly.github.io/spec/js-api/#limits) are safe, they are
 * the caps. The other caps are well above what large real programs have, and below what costs an engine seconds or hundreds of megabytes.
 */
const caps: Readonly<Record<Countable, number>> = {
  types: 100_000,
  /** The page receives all of them in one message: 10,000 take it 15 ms. */
  imports: 10_000,
  functions: 200_000,
  globals: 100_000,
  /** As for imports. */
  exports: 10_000,
  tags: 1_000,
  'element segments': 100_000,
  'data segments': 100_000,
  'custom sections': 10_000,
  /** In one function, without its parameters. */
  locals: 50_000,
  /** In one function type. */
  parameters: 1_000,
  results: 1_000,
  /** The types of imports and exports are in the same message: 100,000 take 10 ms, 8,000,000 take four seconds. */
  'parameters and results of all types': 100_000,
  /** In one exception: they decide its size. See `createGate`. */
  'exception parameters': 16,
  /** In one struct. */
  fields: 10_000,
  'bytes of one function': 7_654_321,
  /** In a section that is held in memory, because it is checked as a whole or may change. */
  'bytes in one section': 8 << 20,
  /** The page receives every name: 7.5 MB of them take 0.7 s. Real programs have about 100 KB. */
  'bytes of imports': 1 << 20,
  'bytes of exports': 1 << 20,
  tables: 16,
};

/** Returns the error for a module that may be valid but is not admitted. */
export function refuse(code: ErrorCode, parts: Omit<ErrorParts, 'message'>): PluginError {
  const { where, expected, actual } = parts;
  return new PluginError(code, {
    ...parts,
    message: `Module refused: ${where}: expected ${expected}, found ${actual}`,
  });
}

/** A limit, with what its error says. */
export interface Limit {
  readonly code: ErrorCode;
  readonly most: number;
  readonly what: string;
  readonly fix: string;
}

/** Throws when `count` is more than the limit admits. */
export function atMost({ code, most, what, fix }: Limit, count: number, where: string): void {
  if (count <= most) return;
  const details = { limit: most, count };
  throw refuse(code, { where, expected: `at most ${most} ${what}`, actual: String(count), fix, details });
}

/**
 * Throws `module-limit`, or `table-limit` for tables, when a module has more of something than its cap. `where` may be a function, so that
 * code which rarely fails need not build the text.
 */
export function admit(what: Countable, count: number, where: string | (() => string)): void {
  const most = caps[what];
  if (count <= most) return;
  const code = what === 'tables' ? 'table-limit' : 'module-limit';
  const fix = 'Build a smaller plug-in.';
  atMost({ code, most, what, fix }, count, typeof where === 'string' ? where : where());
}

/** The bytes of one entry of an element segment: an expression that names a function below a million. */
const entryBytes = 8;

/** Throws when the element section is too large. Engines allocate for every entry: two million block the page for 57 ms (Chromium 156). */
export function admitElements(sizeBytes: number, maxTableEntries: number): void {
  const most = Math.max(1 << 20, entryBytes * maxTableEntries);
  const fix = 'Raise memory.maxTableEntries, or build a smaller plug-in.';
  atMost({ code: 'module-limit', most, what: 'bytes of elements', fix }, sizeBytes, 'element');
}

/** All functions of a plug-in together may cost this many times as much as one of them. */
export const functionsOfMostCost = 5;

/** Throws when the largest function, which is number `index`, or all functions of a plug-in together cost too much to compile. */
export function admitCompileCost({ sum, largest }: CompileCostReport, index: number, most: number): void {
  const fix = `Split function ${index}, or raise maxCompileCost for a plug-in that you trust.`;
  const limit = { code: 'compile-cost', what: 'units of compile cost', fix } as const;
  atMost({ ...limit, most }, largest, `function ${index}`);
  atMost({ ...limit, most: most * functionsOfMostCost }, sum, 'all functions');
}
