import { PluginError } from '../contract/errors.js';
import type { ErrorIssue } from '../contract/errors.js';

/** Further faults are only counted, so that a hostile manifest cannot fill memory with faults. */
const maxKept = 100;
const maxListed = 3;

/** Collects the faults of one input. */
export class Report {
  readonly ignoreUnknown: boolean;
  readonly kept: ErrorIssue[] = [];
  count = 0;

  constructor(ignoreUnknown: boolean) {
    this.ignoreUnknown = ignoreUnknown;
  }

  get isFull(): boolean {
    return this.kept.length >= maxKept;
  }

  /** Returns one error with all faults of a manifest. */
  manifestError(where: string, cause?: unknown): PluginError {
    const { kept, count } = this;
    const message = `${where}: ${this.#summary()}`;
    return new PluginError('invalid-manifest', { message, where, issues: kept, details: { faults: count }, cause });
  }

  /** Returns one error with all faults of an app's options; `where` is the place of the first. */
  optionsError(): PluginError {
    const { kept, count } = this;
    const [first] = kept;
    return new PluginError('invalid-argument', {
      message: first?.path === '' ? `options: ${this.#summary()}` : this.#summary(),
      where: first?.path === '' ? 'options' : first?.path,
      expected: first?.expected,
      actual: first?.actual,
      issues: kept,
      details: { faults: count },
    });
  }

  #summary(): string {
    const { kept, count } = this;
    const listed = kept.slice(0, maxListed).map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
    const more = count > maxListed ? `; and ${count - maxListed} more` : '';
    return `${count > 1 ? `${count} faults: ` : ''}${listed.join('; ')}${more}`;
  }
}

/** A place in the input, named by the keys as the user wrote them. */
export class Place {
  readonly path: string;
  readonly report: Report;

  constructor(path: string, report: Report) {
    this.path = path;
    this.report = report;
  }

  inside(key: string | number): Place {
    return new Place(join(this.path, key), this.report);
  }

  /** Reports a fault here. Returns `undefined`, which a shape returns for an invalid value. */
  fault(message: string, parts?: { readonly expected: string; readonly actual: string }): undefined {
    const { report } = this;
    if (!report.isFull) report.kept.push({ path: this.path, message, ...parts });
    report.count += 1;
  }

  expected(expected: string, actual: string): undefined {
    return this.fault(`expected ${expected}, found ${actual}`, { expected, actual });
  }
}

function join(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  if (!/^[\w$-]{1,60}$/.test(key)) return `${path}[${quote(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

/** Quotes a text and shortens it for a message. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

/** Returns the type of a value for a message, never the value itself: config and headers contain secrets. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  const type = typeof value;
  return type === 'object' ? 'an object' : `a ${type}`;
}
