import type { LogLevel } from './abi.js';

/** Every limit a plug-in runs under, after manifest and options were combined. */
export interface Limits {
  /** 64 KiB pages for the memories of all modules together, and for the kernel's; null: the engine's own limit. */
  readonly maxPages: number | null;
  /** Entries of all of a module's tables together. */
  readonly maxTableEntries: number;
  /** Bytes of one module, counted while they stream. */
  readonly maxModuleBytes: number;
  readonly maxHttpResponseBytes: number;
  /** Sum over vars of key + value + 48 bytes; 0 disables vars. */
  readonly maxVarBytes: number;
  /** Bytes one call may return. */
  readonly maxOutputBytes: number;
  /** Host calls of one call; Infinity: no limit. */
  readonly maxHostCalls: number;
}

/**
 * Where the Extism JS SDK departs from the reference inside the worker. Tenon's own API always runs with
 * {@link referenceSemantics}; only the drop-in entry sets others.
 */
export interface Semantics {
  /** `fail`: a non-zero return code fails the call. */
  readonly returnCode: 'fail' | 'ignore';
  /** The output of a call that sets none. */
  readonly noOutput: 'empty' | 'null';
  /** `all`: `maxPages` caps each memory; `kernel`: the kernel's blocks only. */
  readonly memoryScope: 'all' | 'kernel';
  /** `full`: key + value + 48 bytes; `value`: value bytes only. */
  readonly varCost: 'full' | 'value';
  /** What becomes of a block that an import of the runtime took: it is freed at once, or lives on until the call ends. */
  readonly takenHandles: 'free' | 'keep';
  readonly init: 'reference' | 'js-sdk';
  readonly unknownFields: 'refuse' | 'ignore';
}

export const referenceSemantics: Semantics = Object.freeze({
  returnCode: 'fail',
  noOutput: 'empty',
  memoryScope: 'all',
  varCost: 'full',
  takenHandles: 'free',
  init: 'reference',
  unknownFields: 'refuse',
});

/** `interrupt`: a guest looks up often enough to be stopped. `fuel`: the same, and its work is counted to the instruction. */
export type MeterLevel = 'interrupt' | 'fuel';

/**
 * What becomes of the instance after a call in which a host import failed: an HTTP request, or a function of the app. The failure unwinds
 * the guest, which some toolchains do not survive (a JavaScript engine inside the plug-in).
 * - `keep`: it stays, as in the Extism reference.
 * - `auto`: it is replaced when a later call traps with `unreachable`.
 * - `replace`: it is replaced at once.
 */
export type AfterHostFailure = 'keep' | 'auto' | 'replace';

/** The one record that says what a plug-in may do. Frozen; made on the page; sent to the worker whole. */
export interface Policy {
  readonly limits: Limits;
  readonly semantics: Semantics;
  /** Garbage-collected types: their heap lies outside every cap. Never for untrusted sources. */
  readonly allowGc: boolean;
  readonly logLevel: LogLevel;
  readonly afterHostFailure: AfterHostFailure;
  /** How the modules are metered; null: they are not. */
  readonly metering: MeterLevel | null;
}

/** What holds where nobody says anything. The first two are those of the Extism runtime: 50 MiB and 1 MiB. */
export const defaultLimits: Omit<Limits, 'maxPages'> = {
  maxHttpResponseBytes: 52_428_800,
  maxVarBytes: 1_048_576,
  maxTableEntries: 100_000,
  maxModuleBytes: 268_435_456,
  maxOutputBytes: 67_108_864,
  maxHostCalls: Infinity,
};
