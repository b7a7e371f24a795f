import { PluginError } from '../../contract/errors.js';
import { type CallInput, copiedBytes } from '../../contract/protocol.js';
import type { CallSource } from '../base/call-options.js';
import { cannotSend, withTransfer } from '../workers/worker-handle.js';

/**
 * Returns the input as it is sent to the worker: a copy, unless `transfer` is set.
 * @throws PluginError `invalid-argument` for a value that is neither text nor bytes
 */
export function toCallInput(input: CallSource, transfer: boolean): CallInput {
  if (input === undefined || input === null) return null;
  if (typeof input === 'string') return input;
  if (!isBytes(input)) {
    throw new PluginError('invalid-argument', {
      message: `Invalid input: expected text or bytes, found ${typeof input}`,
      where: 'input',
      expected: 'a string, an ArrayBuffer or a typed array',
      actual: typeof input,
      fix: 'Encode the value first, for example with JSON.stringify.',
    });
  }
  try {
    const bytes = ArrayBuffer.isView(input)
      ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
      : new Uint8Array(input);
    // Shared memory cannot be transferred.
    if (transfer && bytes.buffer instanceof ArrayBuffer) return withTransfer(bytes, [bytes.buffer]);
    const own = bytes.slice();
    return own.length > copiedBytes ? withTransfer(own, [own.buffer]) : own;
  } catch (thrown) {
    throw cannotSend(thrown);
  }
}

/** Checks the type's name, because a buffer of another realm, such as a frame, is not an instance of this realm's classes. */
function isBytes(input: unknown): input is AllowSharedBufferSource {
  return ArrayBuffer.isView(input) || Object.prototype.toString.call(input).endsWith('ArrayBuffer]');
}

/**
 * Checks a limit of one call. Null means no limit.
 * @throws PluginError `invalid-argument`
 */
export function callLimit(where: 'timeoutMs' | 'fuel', value: number | null | undefined): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' && value >= 0) return value;
  throw new PluginError('invalid-argument', {
    message: `${where}: expected a number from 0, found ${String(value)}`,
    where,
    expected: 'a number from 0',
    actual: String(value),
  });
}

/** Returns the error for a call from inside the host function that the plug-in waits for. */
export function reentrant(what: string): PluginError {
  return new PluginError('reentrant', {
    message: `Re-entrant call of ${what}: the plug-in is waiting for the host function that calls it`,
    where: what,
    fix: 'Return from the host function first, or call another plug-in.',
  });
}

/** Returns the error for a call beyond `maxQueue`. */
export function queueFull(what: string, maxQueue: number): PluginError {
  return new PluginError('queue-full', {
    message: `Queue is full for ${what}: ${maxQueue} calls are waiting`,
    where: what,
    expected: `at most ${maxQueue} waiting calls`,
    actual: `${maxQueue + 1}`,
    fix: 'Await earlier calls first, or raise maxQueue or concurrency.',
    details: { maxQueue },
  });
}

/** Returns the error for `fuel` in a call of a plug-in that was created without it. */
export function notFuelled(): PluginError {
  return new PluginError('invalid-argument', {
    message: 'Cannot limit fuel of this call: the plug-in was created without fuel',
    where: 'fuel',
    fix: 'Pass fuel: Infinity to createPlugin.',
  });
}
