import { describeThrown } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';
import type { PumpMessage, WireSource } from '../../contract/protocol.js';

/** The worker's own ways to bytes, taken before anything else runs, so that tests can vary them. */
export interface SourceAccess {
  readonly fetch: typeof fetch;
}

/** Bytes on their way. */
export interface OpenSource {
  /** One chunk after another; null at the end. Fails with a typed error. */
  next(): Promise<Uint8Array | null>;
  /** Nothing more is wanted. */
  cancel(): void;
  /** All of it is in memory already. */
  readonly inMemory: boolean;
  readonly totalBytes: number | null;
}

/** Opens a source; the status of an answer is checked, its content type is not. */
export async function openSource(source: WireSource, label: string, access: SourceAccess): Promise<OpenSource> {
  switch (source.kind) {
    case 'url':
      return fromResponse(await request(source, label, access), label);
    case 'bytes':
      return fromBytes(source.bytes);
    case 'blob':
      return fromBytes(await readBlob(source.blob, label));
    case 'pump':
      return fromPump(source.port, source.totalBytes, label);
  }
}

async function request(
  source: Extract<WireSource, { kind: 'url' }>,
  label: string,
  access: SourceAccess,
): Promise<Response> {
  let response: Response;
  try {
    response = await access.fetch(source.url, {
      method: source.method,
      headers: source.headers.map(([name, value]): [string, string] => [name, value]),
    });
  } catch (cause) {
    throw new PluginError('fetch-failed', {
      message: `${label} could not be fetched: ${describeThrown(cause)}`,
      where: source.url,
      fix: 'Check the address and the network; a server on another origin must allow this page (CORS).',
      cause,
    });
  }
  if (!response.ok) {
    void response.body?.cancel();
    throw new PluginError('http-status', {
      message: `${label} could not be fetched: the server answered ${response.status} ${response.statusText}`.trim(),
      where: source.url,
      expected: 'a status from 200 to 299',
      actual: String(response.status),
      details: { status: response.status },
    });
  }
  return response;
}

function fromResponse(response: Response, label: string): OpenSource {
  const reader = response.body?.getReader();
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  // The length is of the encoded body; only an unencoded one says how many bytes will stream.
  const encoded = response.headers.has('content-encoding');
  return {
    inMemory: false,
    totalBytes: Number.isSafeInteger(length) && !encoded ? length : null,
    async next() {
      try {
        const step = await reader?.read();
        return step?.value ?? null;
      } catch (cause) {
        throw new PluginError('fetch-failed', {
          message: `${label} broke off while it was being read: ${describeThrown(cause)}`,
          where: response.url,
          cause,
        });
      }
    },
    cancel() {
      reader?.cancel().catch(() => {}); // The connection may be gone already, which is what was wanted.
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

/** The page sends one chunk for each `pull`, so that no more than one waits here. */
function fromPump(port: MessagePort, totalBytes: number | null, label: string): OpenSource {
  const waiting: { settle: (message: PumpMessage) => void }[] = [];
  port.addEventListener('message', (event: MessageEvent<PumpMessage>) => waiting.shift()?.settle(event.data));
  port.start();
  return {
    inMemory: false,
    totalBytes,
    async next() {
      const message = await new Promise<PumpMessage>((settle) => {
        waiting.push({ settle });
        port.postMessage('pull');
      });
      switch (message.type) {
        case 'chunk':
          return message.bytes;
        case 'end':
          port.close();
          return null;
        case 'error':
          port.close();
          throw new PluginError('fetch-failed', {
            message: `${label} broke off while it was being read: ${message.message}`,
          });
      }
    },
    cancel() {
      port.postMessage('cancel');
      port.close();
    },
  };
}
