import { describeThrown } from '../../contract/error-wire.js';
import { isPluginError, PluginError } from '../../contract/errors.js';
import { abortedError } from '../base/aborted.js';

/** What can be written to a file: text is encoded as UTF-8, a stream is read to its end. */
export type FileContent = string | BufferSource | Blob | Response | ReadableStream<BufferSource | string>;

type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

/**
 * Reads content as bytes that belong to the caller, in pieces.
 *
 * @param maxBytes the most that fits
 * @throws PluginError `invalid-argument` for what has no bytes, `files-failed` for more than `maxBytes` or a stream that fails
 */
export async function readContent(
  content: FileContent,
  path: string,
  maxBytes: number,
  signal: AbortSignal | null = null,
): Promise<Bytes[]> {
  const stream = streamOf(content, path);
  if (stream === null) return [toBytes(content, path)];
  const pieces: Bytes[] = [];
  let length = 0;
  const reader = stream.getReader();
  const onAbort = (): void => void reader.cancel(signal?.reason).catch(() => {});
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (signal?.aborted === true) throw abortedError(`Writing "${path}"`, signal);
      if (done) return pieces;
      const piece = toBytes(value, path);
      length += piece.length;
      if (length > maxBytes) throw tooMuch(path, maxBytes);
      pieces.push(piece);
    }
  } catch (thrown) {
    await reader.cancel(thrown).catch(() => {});
    throw isPluginError(thrown) ? thrown : notRead(path, thrown);
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Returns the stream to read; null for text and bytes. Objects of another window are recognised by what they can do. */
function streamOf(content: unknown, path: string): ReadableStream<unknown> | null {
  if (typeof content !== 'object' || content === null) return null;
  if ('getReader' in content) return unlocked(content as ReadableStream<unknown>, path);
  if ('stream' in content && typeof content.stream === 'function') return (content as Blob).stream();
  if (!('body' in content && 'bodyUsed' in content)) return null;
  const { body, bodyUsed } = content as Response;
  if (bodyUsed) throw invalidContent(path, 'a response whose body was read already');
  return body === null ? new Blob().stream() : unlocked(body, path);
}

function unlocked(stream: ReadableStream<unknown>, path: string): ReadableStream<unknown> {
  if (stream.locked) throw invalidContent(path, 'a stream that is locked');
  return stream;
}

/** Returns a copy. */
function toBytes(content: unknown, path: string): Bytes {
  if (typeof content === 'string') return encoder.encode(content);
  if (ArrayBuffer.isView(content)) {
    return new Uint8Array(content.buffer, content.byteOffset, content.byteLength).slice();
  }
  const tag: unknown = Object.prototype.toString.call(content);
  if (tag === '[object ArrayBuffer]' || tag === '[object SharedArrayBuffer]') {
    return new Uint8Array(content as ArrayBuffer).slice();
  }
  throw invalidContent(path, nameOf(content));
}

function nameOf(content: unknown): string {
  return content === null ? 'null' : typeof content === 'object' ? String(content) : typeof content;
}

function invalidContent(path: string, actual: string): PluginError {
  return new PluginError('invalid-argument', {
    message: `Cannot write "${path}": expected text, bytes, a Blob, a Response or a ReadableStream of bytes, found ${actual}`,
    where: path,
    expected: 'text, bytes, a Blob, a Response or a ReadableStream of bytes',
    actual,
  });
}

function tooMuch(path: string, maxBytes: number): PluginError {
  return new PluginError('files-failed', {
    message: `Cannot write "${path}": the directory is full, or too small for it`,
    where: path,
    expected: `at most ${maxBytes} bytes`,
    fix: 'Raise maxBytes of the directory, or store less.',
  });
}

function notRead(path: string, cause: unknown): PluginError {
  return new PluginError('files-failed', {
    message: `Cannot write "${path}": its content could not be read: ${describeThrown(cause)}`,
    where: path,
    cause,
  });
}
