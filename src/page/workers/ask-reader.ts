import { errorFromWire } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';
import type { ReaderMessage, ReadRequest } from '../../manifest/package-files.js';
import { abortedError } from '../base/aborted.js';

export interface ReadingLimits {
  /** How messages name what is read. */
  readonly label: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | null;
  readonly onProgress: (bytes: number) => void;
}

/**
 * Sends one request to a reader worker, which this function ends.
 * @throws PluginError the worker's; `load-timeout`, `aborted`, `worker-start`
 */
export async function askReader(
  start: () => Worker,
  request: ReadRequest,
  { label, timeoutMs, signal, onProgress }: ReadingLimits,
): Promise<unknown> {
  if (signal?.aborted === true) throw abortedError(`reading ${label}`, signal);
  const worker = start();
  const ended = new AbortController();
  try {
    return await new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => reject(tooSlow(label, timeoutMs)), timeoutMs);
      ended.signal.addEventListener('abort', () => clearTimeout(timer));
      const onAbort = (): void => reject(abortedError(`reading ${label}`, signal));
      signal?.addEventListener('abort', onAbort, { signal: ended.signal });
      worker.addEventListener('error', (event) => {
        event.preventDefault();
        reject(notStarted(label, event.message));
      });
      worker.addEventListener('message', ({ data }: MessageEvent<ReaderMessage>) => {
        if (data.kind === 'progress') onProgress(data.bytes);
        else if (data.kind === 'value') resolve(data.value);
        else reject(errorFromWire(data.error));
      });
      worker.postMessage(request, buffersOf(request));
    });
  } finally {
    ended.abort();
    worker.terminate();
  }
}

/** Returns what is transferred: a plug-in's output stays with the app; the bytes of packages and manifests are needed no more. */
function buffersOf(request: ReadRequest): ArrayBuffer[] {
  if (request.do === 'package') return [request.bytes.buffer];
  return request.do === 'manifest' && typeof request.text !== 'string' ? [request.text.buffer] : [];
}

function tooSlow(label: string, timeoutMs: number): PluginError {
  return new PluginError('load-timeout', {
    message: `Reading ${label} timed out (limit ${timeoutMs} ms)`,
    where: label,
    expected: `reading within ${timeoutMs} ms`,
    actual: 'longer',
    fix: 'Make it smaller or simpler.',
    details: { limitMs: timeoutMs },
  });
}

function notStarted(label: string, reason: string): PluginError {
  return new PluginError('worker-start', {
    message: `The worker of reader.js, which reads ${label}, did not start: ${reason || 'its script could not be loaded'}`,
    where: label,
    fix: 'Serve reader.js next to worker.js, and allow it in worker-src of the Content-Security-Policy.',
  });
}
