import { cannotWait } from '../../contract/waiting/cannot-wait.js';
import { PluginError } from '../../contract/errors.js';
import { functionTypeOf, type ModuleIndex } from '../../wasm/module-index.js';
import type { PluginPlan } from '../loading/plan-parts.js';
import { explainMissingImports } from './missing-imports.js';

/** The call that failed. */
export interface FailedCall {
  readonly name: string;
  /** The plug-in's main module. */
  readonly main: ModuleIndex;
}

/** Longest part of stderr in a message; `details.stderr` holds more. */
const maxTail = 300;
const linesInMessage = 2;

/** Returns `error` with what is known about its cause. It is a lazy chunk. */
export function explain(error: PluginError, plan: PluginPlan, call: FailedCall | null): PluginError {
  switch (error.code) {
    case 'missing-import':
      return explainMissingImports(error, plan);
    case 'cannot-wait':
      return explainWaiting(error);
    default:
      return explainTrap(error, call);
  }
}

/** Names the imports for which the plug-in would have to wait; a worker without a service worker reports none. */
function explainWaiting(error: PluginError): PluginError {
  const imports = error.issues.flatMap(({ import: place }) => place ?? []);
  return imports.length === 0 ? error : cannotWait(imports);
}

/** Adds the end of stderr, where panics explain themselves, and names an entry function that has never run. */
function explainTrap(error: PluginError, call: FailedCall | null): PluginError {
  const { stderr } = error.details;
  const uncalled = call === null ? null : uncalledEntry(call);
  const notes = [
    ...(typeof stderr === 'string' && stderr !== '' ? [`stderr: ${tailOf(stderr)}`] : []),
    ...(uncalled === null ? [] : [`its export "${uncalled}" was never called`]),
  ];
  if (notes.length === 0) return error;
  const { where, expected, actual, fix, issues, details, cause } = error;
  return new PluginError(error.code, {
    message: `${error.message} (${notes.join('; ')})`,
    where,
    expected,
    actual,
    fix: fix ?? (uncalled === null ? undefined : fixes[uncalled]),
    issues,
    details: uncalled === null ? details : { ...details, uncalled },
    cause,
  });
}

const fixes = {
  _start: 'Build the plug-in as a reactor (a library): "_start" of a program runs only if it is called.',
  _initialize: 'Export either "__wasm_call_ctors" or "_initialize", as a function without parameters and results.',
} as const;

/** Returns the entry function that the main module exports and that its instance has not run: init never calls `_start`. */
function uncalledEntry({ name, main }: FailedCall): keyof typeof fixes | null {
  const has = (entry: string): boolean => main.exports.get(entry)?.kind === 'function';
  if (has('_start')) return name === '_start' ? null : '_start';
  if (!has('_initialize') || name === '_initialize') return null;
  const type = functionTypeOf(main.exports.get('_initialize'));
  const isPlain = type === null || (type.params.length === 0 && type.results.length === 0);
  return isPlain && (has('hs_init') || !has('__wasm_call_ctors')) ? null : '_initialize';
}

function tailOf(stderr: string): string {
  const tail = stderr.split('\n').slice(-linesInMessage).join(' ');
  return tail.length > maxTail ? `\u2026${tail.slice(-maxTail)}` : tail;
}
