import { type ErrorCode, type ErrorIssue, isPluginError, type PluginError } from 'tenon';
import { make } from '../dom.js';

/** What the person at this page can do, where the library's own advice speaks to whoever writes the app. */
const adviceHere = new Map<ErrorCode, string>([
  ['timeout', 'Raise the time limit beside Run, or open another plug-in.'],
  ['guest-error', 'The plug-in said this itself: its author knows what it expects as input.'],
  ['guest-trap', 'This is a fault in the plug-in. Try another input, or tell its author.'],
  ['guest-exit', 'The plug-in gave no reason: look in the log, or ask its author what the code means.'],
  [
    'fetch-failed',
    'Check the address and your connection. The other server must also allow this page to read it (CORS).',
  ],
  ['http-status', 'Check the address.'],
  ['not-a-plugin', 'Open a file that a plug-in toolchain wrote, usually named .wasm.'],
  ['invalid-module', 'The file may be cut short: fetch or build it again.'],
  ['load-timeout', 'Remove the plug-in, or tell its author.'],
]);

const titles = new Map<ErrorCode, string>([
  ['guest-error', 'The plug-in reports an error'],
  ['guest-trap', 'The plug-in crashed'],
  ['guest-exit', 'The plug-in failed'],
  ['timeout', 'The time limit is reached'],
  ['aborted', 'Stopped'],
]);

export interface FailureContext {
  /** What was tried, for errors without a better title: `count_vowels.wasm did not load`. */
  readonly what: string;
  /** What holds now, after it: `The plug-in is ready again.` */
  readonly after?: string;
  readonly action?: HTMLButtonElement;
}

/** An error as sentences: what happened, where, what was expected and found, how to mend it. */
export function renderFailure(error: unknown, { what, after, action }: FailureContext): HTMLElement {
  const known = isPluginError(error) ? error : null;
  const title = (known === null ? undefined : titles.get(known.code)) ?? what;
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

/** The error in one line, for the log. */
export function failureLine(error: unknown): string {
  if (!isPluginError(error)) return String(error);
  if (error.issues.length > 1) return error.code;
  const { message } = error;
  return message.length > longestLine ? `${message.slice(0, longestLine)}…` : message;
}

function renderDetails(error: PluginError): HTMLElement {
  const rows: readonly (readonly [term: string, text: string | undefined])[] = [
    ['Where', error.message.includes(error.where ?? '') ? undefined : error.where],
    ['Expected', error.expected],
    ['Found', error.actual !== undefined && error.message.includes(error.actual) ? undefined : error.actual],
    ['What to do', adviceHere.get(error.code) ?? error.fix],
    ['Code', error.code],
  ];
  const list = make('dl');
  for (const [term, text] of rows) {
    if (text === undefined || text === '') continue;
    const isCode = term === 'Code';
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
      ...(more > 0 ? [make('li', { class: 'quiet' }, `and ${more} more`)] : []),
    ),
  ];
}

function messageOf(error: unknown): string {
  if (!isPluginError(error)) return asSentence(error instanceof Error ? error.message : String(error));
  // The plug-in's own words stay as they are.
  if (error.code === 'guest-error') return error.message;
  if (error.issues.length > 1 && imports.has(error.code)) {
    return `It needs ${error.issues.length} things that nothing here provides:`;
  }
  return asSentence(error.message);
}

/** Their messages name every import; the list below them does that better. */
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
