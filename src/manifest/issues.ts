import { PluginError } from '../contract/errors.js';
import type { ErrorIssue } from '../contract/errors.js';

/** Faults beyond this many are counted, not kept: a hostile manifest must not fill memory with its own faults. */
const maxKept = 100;
const maxListed = 3;

/** The faults found so far in one input, and how strict the search is. */
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

  /** The one error that holds every fault. */
  error(where: string, cause?: unknown): PluginError {
    const { kept, count } = this;
    const listed = kept.slice(0, maxListed).map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
    const more = count > maxListed ? `; and ${count - maxListed} more` : '';
    return new PluginError('invalid-manifest', {
      message: `${where}: ${count > 1 ? `${count} faults: ` : ''}${listed.join('; ')}${more}`,
      where,
      issues: kept,
      details: { faults: count },
      cause,
    });
  }
}

/** Where in the input the reader stands, in the words the user wrote. */
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

  /** Records a fault here; gives `undefined`, what a reader returns for a value it refuses. */
  fault(message: string, parts?: { readonly expected: string; readonly actual: string }): undefined {
    const { report } = this;
    if (!report.isFull) report.kept.push({ path: this.path, message, ...parts });
    report.count += 1;
  }

  expected(expected: string, actual: string): undefined {
    return this.fault(`expected ${expected}, got ${actual}`, { expected, actual });
  }
}

function join(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  if (!/^[\w$-]{1,60}$/.test(key)) return `${path}[${quote(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

/** A user's text, short enough for a message. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

/** What sort of value this is. Never the value: config and headers hold secrets. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  const type = typeof value;
  return type === 'object' ? 'an object' : `a ${type}`;
}
