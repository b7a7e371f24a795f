import createPeerPlugin from '@extism/extism';
import { type Remote, transfer, wrap } from 'comlink';
import { createPlugin } from 'tenon';
import createDropInPlugin from 'tenon/extism';
import type { Echo } from './comlink.worker.js';

export const subjectIds = ['floor', 'comlink', 'tenon', 'dropIn', 'peerWorker', 'peerWorkerReset', 'peerPage'] as const;

/**
 * `floor`: a plain worker. `comlink`: a Comlink worker that sends the bytes back without checks. `dropIn`: `tenon/extism`.
 * `peerWorker` and `peerPage`: the Extism JS SDK with `runInWorker` and on the page, used as in its README. In a worker it keeps the
 * memory of every call until it is reset, and slows down: `peerWorkerReset` is reset between slices, outside the measured time.
 */
export type SubjectId = (typeof subjectIds)[number];

/** The result of one call. */
export interface Answer {
  readonly bytes: Uint8Array;
  /** Milliseconds inside the guest, where the subject reports them. */
  readonly guestMs: number | null;
}

/** A subject takes bytes and returns bytes. It receives a new copy of the input, which it may keep. */
export interface Subject {
  readonly id: SubjectId;
  call(name: string, input: Uint8Array<ArrayBuffer>): Promise<Answer>;
  /** Cleans up after the calls so far, outside the measured time. */
  tidy(): Promise<void>;
  close(): Promise<void>;
}

export function pluginUrl(file: string): string {
  return new URL(`/plugins/${file}`, location.origin).href;
}

export function openSubject(id: SubjectId, file: string): Promise<Subject> {
  switch (id) {
    case 'floor':
      return Promise.resolve(openFloor());
    case 'comlink':
      return Promise.resolve(openComlink());
    case 'tenon':
      return openTenon(file);
    case 'dropIn':
      return openPeer(id, createDropInPlugin(pluginUrl(file)));
    case 'peerWorker':
    case 'peerWorkerReset':
    case 'peerPage':
      return openPeer(id, createPeerPlugin(pluginUrl(file), { runInWorker: id !== 'peerPage' }));
  }
}

function openFloor(): Subject {
  const worker = new Worker(new URL('./floor.worker.ts', import.meta.url), { type: 'module' });
  let answer: (bytes: Uint8Array) => void = () => {};
  worker.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => answer(new Uint8Array(data)));
  return {
    id: 'floor',
    call: (_name, input) =>
      new Promise((resolve) => {
        answer = (bytes): void => resolve({ bytes, guestMs: null });
        worker.postMessage(input.buffer, [input.buffer]);
      }),
    tidy: () => Promise.resolve(),
    close: () => {
      worker.terminate();
      return Promise.resolve();
    },
  };
}

function openComlink(): Subject {
  const worker = new Worker(new URL('./comlink.worker.ts', import.meta.url), { type: 'module' });
  const api: Remote<Echo> = wrap<Echo>(worker);
  return {
    id: 'comlink',
    call: async (name, input) => ({ bytes: await api.call(name, transfer(input, [input.buffer])), guestMs: null }),
    tidy: () => Promise.resolve(),
    close: () => {
      worker.terminate();
      return Promise.resolve();
    },
  };
}

async function openTenon(file: string): Promise<Subject> {
  const plugin = await createPlugin(pluginUrl(file));
  return {
    id: 'tenon',
    call: async (name, input) => {
      const output = await plugin.call(name, input, { transfer: true });
      return { bytes: output.bytes(), guestMs: output.guestMs };
    },
    tidy: () => Promise.resolve(),
    close: () => plugin.close(),
  };
}

/** The part of the SDK's API that is used here. */
interface PeerPlugin {
  call(name: string, input: Uint8Array): Promise<{ bytes(): Uint8Array } | null>;
  reset(): Promise<boolean>;
  close(): Promise<void>;
}

async function openPeer(id: SubjectId, created: Promise<PeerPlugin>): Promise<Subject> {
  const plugin = await created;
  return {
    id,
    call: async (name, input) => {
      const output = await plugin.call(name, input);
      return { bytes: output === null ? new Uint8Array(0) : output.bytes(), guestMs: null };
    },
    tidy: async () => {
      if (id === 'peerWorkerReset') await plugin.reset();
    },
    close: () => plugin.close(),
  };
}
