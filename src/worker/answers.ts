import { errorToWire } from '../contract/error-wire.js';
import { PluginError } from '../contract/errors.js';
import { protocolVersion, type Reply, type WorkerEvent } from '../contract/protocol.js';

/** What both kinds of worker say to the page. */

export type Failed = Extract<Reply<never>, { ok: false }>;

export function failed(thrown: unknown): Failed {
  return { ok: false, error: errorToWire(thrown) };
}

export function sendEvent(event: WorkerEvent): void {
  postMessage(event);
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
