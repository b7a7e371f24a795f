import { type ErrorIssue, PluginError } from '../contract/errors.js';

/** A place in a source file. Lines and columns count from 1. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  /** Null where the author's column is not known, because types were removed from the line. */
  readonly column: number | null;
}

export function textOfPlace({ file, line, column }: SourcePlace): string {
  return column === null ? `${file}:${line}` : `${file}:${line}:${column}`;
}

/** What is wrong with a source, at one place. */
export class Faults {
  readonly #issues: ErrorIssue[] = [];

  add(place: SourcePlace | string, message: string): void {
    this.#issues.push({ path: typeof place === 'string' ? place : textOfPlace(place), message });
  }

  /** @throws PluginError `invalid-source` if there was a fault */
  throwIfAny(): void {
    const [first] = this.#issues;
    if (first === undefined) return;
    const more = this.#issues.length - 1;
    throw new PluginError('invalid-source', {
      message: `${first.path}: ${first.message}${more > 0 ? ` (and ${more} more)` : ''}`,
      where: first.path,
      issues: this.#issues,
      fix: 'Correct the source: each item of "issues" names a place.',
    });
  }
}

/** Throws a fault that makes it impossible to continue. */
export function failAt(place: SourcePlace | string, message: string): never {
  const faults = new Faults();
  faults.add(place, message);
  faults.throwIfAny();
  throw new PluginError('bug', { message: 'A fault was not thrown' });
}
