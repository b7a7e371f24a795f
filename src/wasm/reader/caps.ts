import { PluginError } from '../../contract/errors.js';
import type { ErrorCode, ErrorParts } from '../../contract/errors.js';

/** What is counted, in the words that errors use. */
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
 * How much of each a module may have. Where the engines' own limits (https://webassembly.github.io/spec/js-api/#limits)
 * are no danger they are taken over; the others are set well above what large real programs have, and below what costs an
 * engine seconds or hundreds of megabytes.
 */
const caps: Readonly<Record<Countable, number>> = {
  types: 100_000,
  /** The page is told of each, in one message that it has to read at once: 10,000 cost it 15 ms. */
  imports: 10_000,
  functions: 200_000,
  globals: 100_000,
  /** As imports. */
  exports: 10_000,
  tags: 1_000,
  'element segments': 100_000,
  'data segments': 100_000,
  'custom sections': 10_000,
  /** Of one function, its parameters not counted. */
  locals: 50_000,
  /** Of one function type. */
  parameters: 1_000,
  results: 1_000,
  /** What imports and exports say of their types is in that message too: 100,000 cost 10 ms, 8,000,000 four seconds. */
  'parameters and results of all types': 100_000,
  /** Of one exception: they are what it weighs. See "exceptions" in gate.ts. */
  'exception parameters': 16,
  /** Of one struct. */
  fields: 10_000,
  'bytes of one function': 7_654_321,
  /** A section that must be held in memory to be checked as a whole, or because it may change. */
  'bytes in one section': 8 << 20,
  /** The page is told of each name: 7.5 MB of them cost it 0.7 s. Real programs have some 100 KB. */
  'bytes of imports': 1 << 20,
  'bytes of exports': 1 << 20,
  tables: 16,
};

/** A refusal: the module may be valid, but is not let in. */
export function refuse(code: ErrorCode, parts: Omit<ErrorParts, 'message'>): PluginError {
  const { where, expected, actual } = parts;
  return new PluginError(code, { ...parts, message: `refused: ${where}: expected ${expected}, found ${actual}` });
}

/** What one limit says when it is passed. */
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
 * Throws `module-limit`, or `table-limit` for tables, when there are more of something than a module may have. The place
 * can be a function, as it is asked for once in a million times.
 */
export function admit(what: Countable, count: number, where: string | (() => string)): void {
  const most = caps[what];
  if (count <= most) return;
  const code = what === 'tables' ? 'table-limit' : 'module-limit';
  const fix = 'Build a smaller plug-in: no ordinary one needs as many.';
  atMost({ code, most, what, fix }, count, typeof where === 'string' ? where : where());
}

/** Of an element segment: an expression that names a function of up to a million, and what goes with it. */
const mostEntryBytes = 8;

/** Engines make an object's worth of each entry of an element section: two million cost the page 57 ms (Chromium 156). */
export function admitElements(sizeBytes: number, maxTableEntries: number): void {
  const most = Math.max(1 << 20, mostEntryBytes * maxTableEntries);
  const fix = 'Raise memory.maxTableEntries, or build a smaller plug-in.';
  atMost({ code: 'module-limit', most, what: 'bytes of elements', fix }, sizeBytes, 'element');
}
