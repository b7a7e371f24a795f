import { PluginError } from '../../contract/errors.js';
import { type CallInput, copiedBytes } from '../../contract/protocol.js';
import type { CallSource } from '../base/call-options.js';
import { cannotSend, passAlong } from '../workers/worker-handle.js';

/**
 * What crosses to the worker: a copy, unless the app hands its buffer over.
 * @throws PluginError `invalid-argument`
 */
export function toCallInput(input: CallSource, transfer: boolean): CallInput {
  if (input === undefined || input === null) return null;
  if (typeof input === 'string') return input;
  if (!isBytes(input)) {
    throw new PluginError('invalid-argument', {
      message: `A plug-in's input is text or bytes, not ${typeof input}`,
      where: 'input',
      expected: 'a string, an ArrayBuffer or a typed array',
      actual: typeof input,
      fix: 'Turn a value into text first, say with JSON.stringify.',
    });
  }
  try {
    const bytes = ArrayBuffer.isView(input)
      ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
      : new Uint8Array(input);
    // Shared memory cannot be handed over.
    if (transfer && bytes.buffer instanceof ArrayBuffer) return passAlong(bytes, [bytes.buffer]);
    const own = bytes.slice();
    return own.length > copiedBytes ? passAlong(own, [own.buffer]) : own;
  } catch (thrown) {
    throw cannotSend(thrown);
  }
}

/** Told by name: a buffer of another realm, a frame's say, is none of this one's classes. */
function isBytes(input: unknown): input is AllowSharedBufferSource {
  return ArrayBuffer.isView(input) || Object.prototype.toString.call(input).endsWith('ArrayBuffer]');
}

/** @throws PluginError `invalid-argument` */
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
