import { errorFromWire } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';

/**
 * Parses values in messages from a worker. A worker is hostile: each function checks what it returns and throws a
 * {@link PluginError} `protocol` otherwise. Only own properties are read.
 */

/** Returns the value of a successful reply. Throws the error of a failed one. */
export function unwrap(reply: unknown): unknown {
  const record = asRecord(reply, 'a reply');
  if (record['ok'] === true) return record['value'];
  throw errorFromWire(record['error']);
}

/** Returns a copy of the object's own properties, without a prototype. */
export function asRecord(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw malformed(what, 'an object');
  return Object.assign(Object.create(null), value) as Record<string, unknown>;
}

export function asText(value: unknown, what: string): string {
  if (typeof value !== 'string') throw malformed(what, 'text');
  return value;
}

export function asNumber(value: unknown, what: string): number {
  if (typeof value !== 'number' || !(value >= 0)) throw malformed(what, 'a number from 0');
  return value;
}

/** Accepts bytes only with a buffer of their own: not shared, and not part of a larger one. */
export function asBytes(value: unknown, what: string): Uint8Array<ArrayBuffer> {
  const whole =
    value instanceof Uint8Array && value.buffer instanceof ArrayBuffer && value.byteLength === value.buffer.byteLength;
  if (!whole) throw malformed(what, 'bytes with a buffer of their own');
  return value as Uint8Array<ArrayBuffer>;
}

/** Returns the error for a message that does not follow the protocol. */
export function malformed(what: string, expected: string): PluginError {
  return new PluginError('protocol', {
    message: `Message from the plug-in's worker does not follow the protocol: ${what} is not ${expected}`,
    where: what,
    expected,
  });
}
