import { type ErrorCode, type ErrorIssue, isPluginError, type PluginError } from 'tenon';
import { make } from '../dom.js';
import { strings } from '../strings.js';

export interface FailureContext {
  /** The title for errors that have none of their own: `count_vowels.wasm did not load`. */
  readonly what: string;
  /** The state after the error: `count_vowels.wasm is ready for the next call.` */
  readonly after?: string;
  readonly action?: HTMLButtonElement;
}

/** Renders an error: what happened, where, what was expected and found, and what to do. */
export function renderFailure(error: unknown, { what, after, action }: FailureContext): HTMLElement {
  const known = isPluginError(error) ? error : null;
  const title = strings.failure.title(known?.code ?? null) ?? what;
  return make(
    'div',
    { class: 'failure', role: 'alert' },
    make('h3', { class: 'failure-title' }, title),
    make('p', { class: 'failure-message wraps' }, messageOf(error)),
    ...(known === null ? [] : [...renderIssues(known.issues), renderDetails(known)]),
    ...(after === undefined ? [] : [make('p', { class: 'failure-after' }, after)]),
    ...(action === undefined ? [] : [make('p', { class: 'failure-after' }, action)]),
  );
}

const longestLine = 160;

/** Returns the error as one line for the log. */
export function failureLine(error: unknown): string {
  if (!isPluginError(error)) return String(error);
  if (error.issues.length > 1) return error.code;
  const { message } = error;
  return message.length > longestLine ? `${message.slice(0, longestLine)}…` : message;
}

function renderDetails(error: PluginError): HTMLElement {
  const rows: readonly (readonly [term: string, text: string | undefined])[] = [
    [strings.failure.where, error.message.includes(error.where ?? '') ? undefined : error.where],
    [strings.failure.expected, error.expected],
    [
      strings.failure.found,
      error.actual !== undefined && error.message.includes(error.actual) ? undefined : error.actual,
    ],
    [strings.failure.whatToDo, strings.failure.advice(error.code) ?? error.fix],
    [strings.failure.code, error.code],
  ];
  const list = make('dl');
  for (const [term, text] of rows) {
    if (text === undefined || text === '') continue;
    const isCode = term === strings.failure.code;
    list.append(make('dt', {}, term), make('dd', { class: isCode ? 'code' : 'wraps' }, text));
  }
  return list;
}

const shownIssues = 20;

function renderIssues(issues: readonly ErrorIssue[]): HTMLElement[] {
  if (issues.length === 0) return [];
  const more = issues.length - shownIssues;
  return [
    make(
      'ul',
      { class: 'failure-issues' },
      ...issues
        .slice(0, shownIssues)
        .map(({ path, message }) =>
          make('li', {}, make('code', { class: 'wraps' }, path), make('p', { class: 'wraps' }, message)),
        ),
      ...(more > 0 ? [make('li', { class: 'quiet' }, strings.failure.more(more))] : []),
    ),
  ];
}

function messageOf(error: unknown): string {
  if (!isPluginError(error)) return asSentence(error instanceof Error ? error.message : String(error));
  // The plug-in's own message is shown unchanged.
  if (error.code === 'guest-error') return error.message;
  if (error.issues.length > 1 && imports.has(error.code)) {
    return strings.failure.unresolvedImports(error.issues.length);
  }
  return asSentence(error.message);
}

/** Errors whose message names every import, which the list of issues shows better. */
const imports: ReadonlySet<ErrorCode> = new Set([
  'missing-import',
  'import-type',
  'pre-1-0',
  'wasi-version',
  'cannot-wait',
]);

function asSentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?:]\s*$/u.test(capital) ? capital : `${capital}.`;
}
