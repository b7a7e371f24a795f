import { describeThrown } from '../contract/error-wire.js';
import type { PumpMessage } from '../contract/protocol.js';

/** Chunks larger than this are cut, so that one transfer never holds up the page. */
const mostChunkBytes = 1_048_576;

/**
 * Reads a stream on the page and hands its chunks to the worker, one for each time it asks: streams themselves do not
 * transfer in WebKit.
 */
export function pumpStream(stream: ReadableStream<Uint8Array> | null): MessagePort {
  const { port1: near, port2: far } = new MessageChannel();
  const reader = stream?.getReader();
  let rest: Uint8Array = new Uint8Array(0);
  const answer = async (): Promise<PumpMessage> => {
    while (rest.length === 0) {
      const step = await reader?.read();
      if (step?.value === undefined) return { type: 'end' };
      rest = step.value;
    }
    const bytes = rest.slice(0, mostChunkBytes);
    rest = rest.subarray(bytes.length);
    return { type: 'chunk', bytes };
  };
  near.addEventListener('message', (event: MessageEvent<unknown>) => {
    if (event.data !== 'pull') {
      reader?.cancel().catch(() => {}); // Already ended: nothing to cancel.
      near.close();
      return;
    }
    answer()
      .catch((thrown: unknown): PumpMessage => ({ type: 'error', message: describeThrown(thrown) }))
      .then((message) => near.postMessage(message, message.type === 'chunk' ? [message.bytes.buffer] : []))
      .catch(() => near.close());
  });
  near.start();
  return far;
}
