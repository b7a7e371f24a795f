import { expose } from 'comlink';
import { errorToWire } from '../contract/error-wire.js';
import { PluginError } from '../contract/errors.js';
import { type ComlinkAnswer, packAnswer, unpackCall } from '../contract/frames.js';
import { protocolVersion, type Reply, type WorkerEvent } from '../contract/protocol.js';

/** What both kinds of worker say to the page. */

export type Failed = Extract<Reply<never>, { ok: false }>;

export function failed(thrown: unknown): Failed {
  return { ok: false, error: errorToWire(thrown) };
}

export function sendEvent(event: WorkerEvent): void {
  postMessage(event);
}

/** Lets the page call the methods of `api`, and do nothing else to it. */
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
    // Comlink stops listening only when it is told farewell, and no farewell crosses.
    removeEventListener: () => {},
  });
}

/** Null when page and worker are of one release. */
export function versionFault(pageVersion: number): Failed | null {
  if (pageVersion === protocolVersion) return null;
  return failed(
    new PluginError('worker-start', {
      message: 'the worker script is of another version of Tenon than the page',
      expected: `protocol ${pageVersion}`,
      actual: `protocol ${protocolVersion}`,
      fix: 'Serve worker.js and loader.js from the same release as the page.',
    }),
  );
}
