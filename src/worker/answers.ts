import { expose } from 'comlink';
import { errorToWire } from '../contract/error-wire.js';
import { PluginError } from '../contract/errors.js';
import { type ComlinkAnswer, packAnswer, unpackCall } from '../contract/frames.js';
import { protocolVersion, type Reply, type WorkerEvent } from '../contract/protocol.js';

/** A failure, as it crosses to the page. */
export type Failed = Extract<Reply<never>, { ok: false }>;

export function failed(thrown: unknown): Failed {
  return { ok: false, error: errorToWire(thrown) };
}

export function sendEvent(event: WorkerEvent): void {
  postMessage(event);
}

/** Exposes the methods of `api` to the page, and nothing else of it. */
export function exposeMethods(api: object): void {
  expose(api, {
    postMessage: (answer: ComlinkAnswer, transfer) => postMessage(packAnswer(answer), transfer ?? []),
    addEventListener: (_type, listener) => {
      addEventListener('message', (event: MessageEvent<unknown>) => {
        const data = unpackCall(event.data);
        // Comlink reads the data and an origin, which workers have no use for.
        if (data !== null && typeof listener === 'function') listener({ data } as MessageEvent);
      });
    },
    // Comlink removes its listener only on a release message, and the wire format has none.
    removeEventListener: () => {},
  });
}

/** Returns the failure of a worker whose release is not the page's; null if they match. */
export function versionFault(pageVersion: number): Failed | null {
  if (pageVersion === protocolVersion) return null;
  return failed(
    new PluginError('worker-start', {
      message: 'The worker script and the page are from different versions of Tenon',
      expected: `protocol ${pageVersion}`,
      actual: `protocol ${protocolVersion}`,
      fix: 'Serve worker.js and loader.js from the same release as the page.',
    }),
  );
}
