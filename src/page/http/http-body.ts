import { announcedBytes } from '../../contract/fetching.js';
import { describeThrown } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';

/**
 * Reads a body whole, counting decoded bytes as they come: what is compressed small may be large.
 * @param onBytes told after each chunk how many there were so far
 * @throws PluginError `http-too-large`, `http-failed`
 */
export async function readBody(
  response: Response,
  { host, maxBytes, isHead }: { readonly host: string; readonly maxBytes: number; readonly isHead: boolean },
  onBytes: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  // The answer to HEAD tells the length of a body that does not come.
  if (response.body === null || isHead) return new Uint8Array(0);
  const announced = announcedBytes(response.headers) ?? 0;
  if (announced > maxBytes + mostOverhead(maxBytes)) throw tooLarge(host, maxBytes, `${announced} bytes announced`);
  const chunks: Uint8Array[] = [];
  let total = 0;
  const reader = readerOf(response, host);
  for (;;) {
    const chunk = await nextChunk(reader, host, total);
    if (chunk === null) return joined(chunks, total);
    total += chunk.length;
    onBytes(total);
    if (total > maxBytes) throw tooLarge(host, maxBytes, `more: reading stopped after ${total} bytes`);
    chunks.push(chunk);
  }
}

/**
 * A server on another origin may hide that it compresses: its length is then that of the compressed body, which may be longer
 * than the decoded one, but not by more than this. Only what is over it anyhow is refused unread.
 */
function mostOverhead(decodedBytes: number): number {
  return 1_024 + decodedBytes / 100;
}

function readerOf(response: Response, host: string): ReadableStreamDefaultReader<unknown> {
  if (response.body !== null && !response.body.locked && !response.bodyUsed) return response.body.getReader();
  throw broken(host, "the host's fetch gave a Response that somebody reads already");
}

async function nextChunk(
  reader: ReadableStreamDefaultReader<unknown>,
  host: string,
  soFar: number,
): Promise<Uint8Array | null> {
  let step: ReadableStreamReadResult<unknown>;
  try {
    step = await reader.read();
  } catch (cause) {
    throw broken(host, `it broke off after ${soFar} bytes (${describeThrown(cause)})`, cause);
  }
  if (step.done) return null;
  if (step.value instanceof Uint8Array) return step.value;
  throw broken(host, "the host's fetch gave a body of something else than bytes");
}

function joined(chunks: readonly Uint8Array[], total: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function tooLarge(host: string, maxBytes: number, actual: string): PluginError {
  return new PluginError('http-too-large', {
    message: `HTTP request: the answer of "${host}" is larger than maxHttpResponseBytes allows: expected at most ${maxBytes} bytes, found ${actual}`,
    where: host,
    expected: `at most ${maxBytes} bytes, decoded`,
    actual,
    fix: 'Ask the server for less, or raise memory.maxHttpResponseBytes.',
    details: { maxBytes },
  });
}

function broken(host: string, what: string, cause?: unknown): PluginError {
  return new PluginError('http-failed', {
    message: `HTTP request: the answer of "${host}" could not be read: ${what}`,
    where: host,
    expected: 'a whole answer',
    actual: what,
    fix: 'Check the server and the network, and try again.',
    cause,
  });
}
