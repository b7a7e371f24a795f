import type { WireError } from './error-wire.js';
import type { VarChange } from './var-change.js';
import type { StreamName } from './wasi.js';

/**
 * How values of host functions cross between guest and host. `text`, `json` and `bytes` are blocks of the plug-in's memory,
 * passed as an i64 handle; the others are the WebAssembly types of those names (i64 as bigint).
 */
export const valueTypes = ['text', 'json', 'bytes', 'i32', 'i64', 'f32', 'f64'] as const;
export type ValueTypeName = (typeof valueTypes)[number];

/** The WebAssembly type that stands for a value type. */
export function wasmTypeOf(type: ValueTypeName): 'i32' | 'i64' | 'f32' | 'f64' {
  return type === 'text' || type === 'json' || type === 'bytes' ? 'i64' : type;
}

/** A host function of the page, as its worker knows it: identified by its index in the list. */
export interface WireFunction {
  readonly module: string;
  readonly name: string;
  /** Null for a raw function, which receives and returns WebAssembly values and accesses memory itself. */
  readonly types: FunctionValueTypes | null;
}

export interface FunctionValueTypes {
  readonly params: readonly ValueTypeName[];
  readonly result: ValueTypeName | null;
}

/**
 * How a guest waits for the page. `jspi`: WebAssembly's JavaScript promise integration suspends it. `atomics`: the worker
 * sleeps on shared memory, on pages that are cross-origin isolated. `long-poll`: a synchronous request that a service worker of
 * the app holds until the page answers.
 */
export type WaitingWay = 'jspi' | 'atomics' | 'long-poll';

/** What an instance gets to reach the page with. */
export interface StartHost {
  /** Null where nothing lets a guest wait. */
  readonly waiting: StartWaiting | null;
  readonly functions: readonly WireFunction[];
}

export type StartWaiting =
  | { readonly way: 'jspi' }
  | { readonly way: 'atomics'; readonly shared: SharedArrayBuffer }
  /** Requests to this address, plus a number, are held. */
  | { readonly way: 'long-poll'; readonly url: string };

export type WasmValue = number | bigint;

/**
 * What a guest's import asks of the page, by number. It goes over the worker's own channel, beside Comlink's frames, which begin
 * with text (contract/frames.ts), and events, which are no lists.
 */
export type HostRequest = readonly [
  number: number,
  ...question:
    | readonly [kind: 'http', request: string, body: Uint8Array | null]
    | readonly [kind: 'call', index: number, args: readonly unknown[]]
    | readonly [kind: 'raw', index: number, args: readonly WasmValue[], memory: MemoryImage, vars: readonly VarChange[]]
    /** The next part of an answer that did not fit into the shared memory. */
    | readonly [kind: 'more']
    /** Bytes that the program printed. Not a question: its number is 0, and nothing is answered. */
    | readonly [kind: 'print', stream: StreamName, bytes: Uint8Array<ArrayBuffer>]
    /** Answered when all that was printed before has been received, and passed on. */
    | readonly [kind: 'printed']
    /**
     * Answered with the next bytes of standard input: at least one, null at its end, or false if there are none within so many milliseconds.
     * `anew`: the program was started again since the last question.
     */
    | readonly [kind: 'stdin', anew: boolean, withinMs: number | null],
];

/** The used range of a kernel's memory. */
export interface MemoryImage {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What makes its headers valid. */
  readonly secret: bigint;
}

export type HostQuestion = HostRequest extends readonly [number, ...infer Question] ? Question : never;

/** What the page answers: under `jspi` over the worker's own channel too. */
export type HostAnswer = readonly [number: number, value: unknown, error: WireError | null];

/** The value of an answer to `http`. */
export interface HttpAnswer {
  readonly status: number;
  /** The response's headers as a JSON object; null unless the app lets plug-ins see them. */
  readonly headers: string | null;
  readonly body: Uint8Array;
}

/** The value of an answer to `raw`. */
export interface RawAnswer {
  readonly result: WasmValue | null;
  /** The kernel's memory as the handler left it; null when it changed nothing. */
  readonly memory: Uint8Array<ArrayBuffer> | null;
  readonly vars: readonly VarChange[];
}
