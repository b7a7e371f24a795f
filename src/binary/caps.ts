import { PluginError } from '../contract/errors.js';
import type { ErrorCode, ErrorParts } from '../contract/errors.js';

type Countable =
  | 'types'
  | 'imports'
  | 'functions'
  | 'globals'
  | 'exports'
  | 'tags'
  | 'elements'
  | 'dataSegments'
  | 'customSections'
  | 'locals'
  | 'parameters'
  | 'tagParameters'
  | 'fields'
  | 'functionBytes'
  | 'nameBytes'
  | 'heldSectionBytes';

/**
 * How much of each a module may have. Where the engines' own limits (https://webassembly.github.io/spec/js-api/#limits)
 * are no danger they are taken over; the others are set well above what large real programs have, and below what costs an
 * engine seconds or hundreds of megabytes.
 */
export const caps: Readonly<Record<Countable, number>> = {
  types: 100_000,
  imports: 20_000,
  functions: 200_000,
  globals: 100_000,
  exports: 100_000,
  tags: 1_000,
  elements: 100_000,
  dataSegments: 100_000,
  customSections: 10_000,
  /** Of one function, parameters not counted. */
  locals: 50_000,
  /** Of one function type, and results as many. */
  parameters: 1_000,
  /** Of one exception: what an exception weighs. See exceptions in gate.ts. */
  tagParameters: 16,
  fields: 10_000,
  functionBytes: 7_654_321,
  nameBytes: 100_000,
  /** A section that must be held in memory to be checked as a whole. */
  heldSectionBytes: 8 << 20,
};

/** A refusal: the module may be valid, but is not let in. */
export function refuse(code: ErrorCode, parts: Omit<ErrorParts, 'message'>): PluginError {
  const { where, expected, actual } = parts;
  return new PluginError(code, { ...parts, message: `refused: ${where}: expected ${expected}, found ${actual}` });
}

/** Throws `module-limit` when there are more than `most` of something. */
export function admit(count: number, most: number, what: string, where: string): void {
  if (count <= most) return;
  throw refuse('module-limit', {
    where,
    expected: `at most ${most} ${what}`,
    actual: `${count} ${what}`,
    fix: 'No real program needs as many: split it, or build it with optimisation.',
    details: { limit: most, count },
  });
}
