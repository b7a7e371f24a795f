import {
  type ErrorCode,
  type ErrorDetails,
  type ErrorIssue,
  type ImportPlace,
  isErrorCode,
  isPluginError,
  PluginError,
} from './errors.js';

/** A `PluginError` as it crosses between realms: structured-cloneable, and parsed as hostile on arrival. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly where?: string | undefined;
  readonly expected?: string | undefined;
  readonly actual?: string | undefined;
  readonly fix?: string | undefined;
  readonly issues?: readonly ErrorIssue[];
  readonly details?: ErrorDetails;
  readonly cause?: WireCause;
}

/** What is left of a cause that is no `PluginError`. */
interface WireCause {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
}

const maxText = 65_536;
/** Together with the next at most a megabyte or so, whatever names a plug-in chose. */
const maxIssues = 256;
const maxIssueText = 1_024;

/**
 * Any thrown value as wire data. What is not a `PluginError` is a `bug` of this library, and says so. Texts are cut here, not
 * only on arrival: a page that has to take in megabytes first stands still meanwhile.
 */
export function errorToWire(error: unknown): WireError {
  if (!isPluginError(error)) {
    return { code: 'bug', message: cut(`BUG: ${describeThrown(error)}`), cause: causeToWire(error) };
  }
  const { code, message, where, expected, actual, fix, issues, details, cause } = error;
  return {
    code,
    message: cut(message),
    where: textOf(where),
    expected: textOf(expected),
    actual: textOf(actual),
    fix: textOf(fix),
    issues: issuesOf(issues),
    details,
    ...(cause === undefined ? {} : { cause: causeToWire(cause) }),
  };
}

/** Returns what a worker reported, parsed as hostile. Malformed data becomes a `protocol` error, never an exception. */
export function errorFromWire(value: unknown): PluginError {
  if (!isRecord(value) || !isErrorCode(value['code'])) {
    return new PluginError('protocol', {
      message: 'The worker reported a failure in a form that is not in the protocol',
    });
  }
  return rebuild(value['code'], value);
}

/** Returns what the page reported to a worker. Its code is not looked up: the page is trusted, and the table stays out of the worker. */
export function errorFromPage(error: WireError): PluginError {
  return rebuild(error.code, { ...error });
}

function rebuild(code: ErrorCode, value: Record<string, unknown>): PluginError {
  return new PluginError(code, {
    message: textOf(value['message']) ?? code,
    where: textOf(value['where']),
    expected: textOf(value['expected']),
    actual: textOf(value['actual']),
    fix: textOf(value['fix']),
    issues: issuesOf(value['issues']),
    details: detailsOf(value['details']),
    cause: causeFromWire(value['cause']),
  });
}

/** One line for a thrown value of any kind, for messages. */
export function describeThrown(thrown: unknown): string {
  if (isRecord(thrown) && typeof thrown['message'] === 'string') {
    // WebKit appends the source text of the failing expression, which is this library's own.
    return thrown['message'].split(" (evaluating '", 1)[0] || String(thrown['name'] ?? 'Error');
  }
  try {
    return String(thrown);
  } catch {
    return 'an unprintable value';
  }
}

function causeToWire(cause: unknown): WireCause {
  const name = isRecord(cause) && typeof cause['name'] === 'string' ? cause['name'] : 'Error';
  const stack = isRecord(cause) && typeof cause['stack'] === 'string' ? cause['stack'] : undefined;
  return { name, message: cut(describeThrown(cause)), stack: textOf(stack) };
}

function causeFromWire(value: unknown): Error | undefined {
  if (!isRecord(value)) return undefined;
  const cause = new Error(textOf(value['message']) ?? '');
  cause.name = textOf(value['name']) ?? 'Error';
  const stack = textOf(value['stack']);
  if (stack !== undefined) cause.stack = stack;
  return cause;
}

function issuesOf(value: unknown): ErrorIssue[] {
  if (!Array.isArray(value)) return [];
  const issues: ErrorIssue[] = [];
  for (const item of value.slice(0, maxIssues) as unknown[]) {
    if (!isRecord(item)) continue;
    const expected = issueText(item['expected']);
    const actual = issueText(item['actual']);
    const place = importOf(item['import']);
    issues.push({
      path: issueText(item['path']) ?? '',
      message: issueText(item['message']) ?? '',
      ...(expected === undefined ? {} : { expected }),
      ...(actual === undefined ? {} : { actual }),
      ...(place === null ? {} : { import: place }),
    });
  }
  return issues;
}

function importOf(value: unknown): ImportPlace | null {
  if (!isRecord(value)) return null;
  const [from, module, name, kind] = [value['from'], value['module'], value['name'], value['kind']].map(issueText);
  if (from === undefined || module === undefined || name === undefined || kind === undefined) return null;
  return { from, module, name, kind };
}

function detailsOf(value: unknown): ErrorDetails | undefined {
  if (!isRecord(value)) return undefined;
  const details = Object.create(null) as Record<string, ErrorDetails[string]>;
  for (const [key, detail] of Object.entries(value).slice(0, 32)) {
    if (typeof detail === 'number' || typeof detail === 'boolean') details[key] = detail;
    else if (typeof detail === 'string') details[key] = cut(detail);
    else if (detail instanceof Uint8Array && detail.buffer instanceof ArrayBuffer) details[key] = detail;
  }
  return details;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? cut(value) : undefined;
}

function issueText(value: unknown): string | undefined {
  return typeof value === 'string' ? value.slice(0, maxIssueText) : undefined;
}

function cut(text: string): string {
  return text.slice(0, maxText);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
