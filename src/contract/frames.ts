/**
 * How Comlink's messages cross between page and worker: a call as `[id, method, ...arguments]`, an answer as `[id, value]`.
 * In Comlink's own form, the names of its objects' fields cost a short call more than all else that it sends. Frames also
 * know nothing but plain calls and plain answers: no path into an object, no port, no thrown value gets through.
 */
export type CallFrame = readonly [id: string, method: string, ...args: readonly unknown[]];

export type AnswerFrame = readonly [id: string, value?: unknown];

/** A call as Comlink posts and receives it; messages of other kinds have other types. */
export interface ComlinkCall {
  readonly id: string;
  readonly type: string;
  /** Absent from a release message, as is `argumentList`. */
  readonly path?: readonly string[];
  readonly argumentList?: readonly ComlinkValue[];
}

export interface ComlinkValue {
  /** `RAW`, or the name of a kind that Comlink treats specially. */
  readonly type: string;
  readonly value: unknown;
}

export interface ComlinkAnswer extends ComlinkValue {
  readonly id: string;
}

/** Returns null for a message that calls no method, such as the release message of a garbage-collected proxy. */
export function packCall({ id, type, path = [], argumentList = [] }: ComlinkCall): CallFrame | null {
  const [method, ...deeper] = path;
  if (type !== 'APPLY' || method === undefined || deeper.length > 0) return null;
  return [id, method, ...argumentList.map(({ value }) => value)];
}

/** Null for what is no call. */
export function unpackCall(data: unknown): ComlinkCall | null {
  if (!Array.isArray(data)) return null;
  const [id, method, ...args] = data as readonly unknown[];
  if (typeof id !== 'string' || typeof method !== 'string') return null;
  return { id, type: 'APPLY', path: [method], argumentList: args.map((value) => ({ type: 'RAW', value })) };
}

/** Only plain values cross; what was thrown instead becomes an answer that no parser accepts. */
export function packAnswer({ id, type, value }: ComlinkAnswer): AnswerFrame {
  return type === 'RAW' ? [id, value] : [id];
}

/** Null for what is no answer: an event. */
export function unpackAnswer(data: unknown): ComlinkAnswer | null {
  if (!Array.isArray(data)) return null;
  const [id, value] = data as readonly unknown[];
  return typeof id === 'string' ? { id, type: 'RAW', value } : null;
}
