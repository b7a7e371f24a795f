import type { Natives } from './natives.js';

const levels = { trace: 0, debug: 1, log: 2, info: 2, warn: 3, error: 4 } as const;

/** `console`, whose methods write one line to the plug-in's log. */
export function consoleGlobal(native: Natives): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(levels).map(([name, level]) => [
      name,
      (...values: readonly unknown[]): void => {
        native.g(level, native.a(values.map(textOf).join(' ').toWellFormed()));
      },
    ]),
  );
}

/** Returns text as it is, errors with their stack, and other values as JSON where they have that form. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return `${String(value)}\n${value.stack ?? ''}`.trimEnd();
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? `${value}n` : String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
