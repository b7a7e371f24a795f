import { describeThrown } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';
import { announcedBytes, badStatus, brokeOff, unreachable } from '../../contract/fetching.js';
import type { PumpMessage, PumpRequest, WireSource } from '../../contract/protocol.js';

/** The worker's access to bytes, passed in so that tests can vary it. */
export interface SourceAccess {
  readonly fetch: typeof fetch;
}

/** An open source. */
export interface OpenSource {
  /** Resolves with the next chunk; null at the end. Rejects with a typed error. */
  next(): Promise<Uint8Array | null>;
  /** Stops reading. */
  cancel(): void;
  /** All of it is in memory already. */
  readonly inMemory: boolean;
  readonly totalBytes: number | null;
}

/** A Content-Security-Policy rejects at once. A request that failed later reached the network and is not repeated by the page. */
const policyRejectsWithinMs = 1_000;

/** Opens a source. Checks the status of a response, not its content type. */
export async function openSource(source: WireSource, label: string, access: SourceAccess): Promise<OpenSource> {
  switch (source.kind) {
    case 'url':
      return openUrl(source, label, access);
    case 'bytes':
      return fromBytes(source.bytes);
    case 'blob':
      return fromBytes(await readBlob(source.blob, label));
    case 'pump':
      return fromPump(source.port);
  }
}

/** Releases a source that is not needed. */
export function dropSource(source: WireSource): void {
  if (source.kind === 'url' || source.kind === 'pump') closePump(source.port);
}

async function openUrl(
  source: Extract<WireSource, { kind: 'url' }>,
  label: string,
  access: SourceAccess,
): Promise<OpenSource> {
  if (!source.workerMayFetch) return fromPump(source.port);
  const startedAt = performance.now();
  const request = new AbortController();
  let response: Response;
  try {
    const { url, method, credentials, redirect } = source;
    const headers = source.headers as [string, string][]; // `fetch` does not change them
    response = await access.fetch(url, { method, headers, credentials, redirect, signal: request.signal });
  } catch (cause) {
    // A Content-Security-Policy of the worker's script cannot be distinguished from a network failure (WebKit reports no more to a
    // worker), so the page tries once itself.
    if (performance.now() - startedAt < policyRejectsWithinMs) return fromPump(source.port);
    closePump(source.port);
    throw unreachable(source.url, cause);
  }
  closePump(source.port);
  if (response.ok) return fromResponse(response, label, request);
  request.abort();
  throw badStatus(source.url, response);
}

function fromResponse(response: Response, label: string, request: AbortController): OpenSource {
  const reader = response.body?.getReader();
  return {
    inMemory: false,
    totalBytes: announcedBytes(response.headers),
    async next() {
      try {
        const step = await reader?.read();
        return step?.value ?? null;
      } catch (cause) {
        throw brokeOff(label, cause);
      }
    },
    cancel() {
      // Cancelling the reader alone would leave Firefox with the connection, of which it has six to a server.
      request.abort();
    },
  };
}

function fromBytes(bytes: Uint8Array): OpenSource {
  let rest: Uint8Array | null = bytes;
  return {
    inMemory: true,
    totalBytes: bytes.length,
    next() {
      const chunk = rest;
      rest = null;
      return Promise.resolve(chunk);
    },
    cancel() {
      rest = null;
    },
  };
}

async function readBlob(blob: Blob, label: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (cause) {
    throw new PluginError('fetch-failed', {
      message: `${label} could not be read: ${describeThrown(cause)}`,
      fix: 'The file may have been moved, changed or removed since it was chosen: choose it again.',
      cause,
    });
  }
}

/** Reads from the page, which sends one chunk for each `pull`, so that at most one is queued. */
async function fromPump(port: MessagePort): Promise<OpenSource> {
  const opened = await askPump(port, 'open');
  return {
    inMemory: false,
    totalBytes: opened.type === 'opened' ? opened.totalBytes : null,
    async next() {
      const message = await askPump(port, 'pull');
      if (message.type === 'chunk') return message.bytes;
      port.close();
      return null;
    },
    cancel() {
      closePump(port);
    },
  };
}

/** Sends one request to the page and waits for its answer. */
async function askPump(port: MessagePort, question: PumpRequest): Promise<PumpMessage> {
  const message = await new Promise<PumpMessage>((resolve) => {
    port.addEventListener('message', (event: MessageEvent<PumpMessage>) => resolve(event.data), { once: true });
    port.start();
    port.postMessage(question);
  });
  if (message.type !== 'error') return message;
  port.close();
  throw new PluginError(message.error.code, message.error);
}

function closePump(port: MessagePort): void {
  port.postMessage('cancel' satisfies PumpRequest);
  port.close();
}
