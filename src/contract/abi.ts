/**
 * The Extism ABI's names and numbers. Source: the Extism reference runtime (https://extism.org/docs/concepts/runtime-apis).
 */

/** Where the runtime's own functions live. */
export const envNamespace = 'extism:host/env';
/** Where host functions live when they name no other module. */
export const userNamespace = 'extism:host/user';
export const wasiNamespace = 'wasi_snapshot_preview1';
/** WASI before preview 1: the same functions with other layouts in memory. */
export const wasiUnstableNamespace = 'wasi_unstable';
export const wasiNamespaces: readonly string[] = [wasiNamespace, wasiUnstableNamespace];

/** Levels a plug-in can log at, least important first; the index is the ABI's number. */
export const guestLogLevels = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type GuestLogLevel = (typeof guestLogLevels)[number];
/** `off`: nothing is logged; `get_log_level` then returns a number above that of every level. */
export type LogLevel = GuestLogLevel | 'off';
/** What `get_log_level` answers when logging is off: no level of a plug-in reaches it. */
export const logLevelOff = 2_147_483_647;

export function logLevelNumber(level: LogLevel): number {
  return level === 'off' ? logLevelOff : guestLogLevels.indexOf(level);
}

/** What one var costs beside the bytes of its key and value. */
export const varOverheadBytes = 48;

export const reservedExportPrefix = 'tenon:';

/** Called right after instantiation, in every engine alike: the gate turns a start section into this export. */
export const startExport: string = `${reservedExportPrefix}start`;

/** Whether an export is the runtime's own: no one calls it by name, sees it, or imports it. */
export function isReservedExport(name: string): boolean {
  return name.startsWith(reservedExportPrefix);
}

/** Exports that the meter adds (wasm/metering/meter.ts). A function (i32) -> i32: adds to the work that is left, and returns the sum. */
export const meterLeftExport: string = `${reservedExportPrefix}left`;
/** The table of one function, which metered code calls to request more work. */
export const meterAskExport: string = `${reservedExportPrefix}ask`;
/**
 * Counts up whenever the gate or the meter writes other bytes for the same module: what was kept of the version before is not used.
 * A test of wasm/metering/meter.ts holds it against what they write.
 */
export const meterVersion = 4;
