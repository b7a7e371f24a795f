import createPeerPlugin from '@extism/extism';
import { type Remote, transfer, wrap } from 'comlink';
import { createPlugin } from 'tenon';
import createDropInPlugin from 'tenon/extism';
import type { Echo } from './comlink.worker.js';

export const subjectIds = ['floor', 'comlink', 'tenon', 'dropIn', 'peerWorker', 'peerWorkerReset', 'peerPage'] as const;

/**
 * `floor`: a raw worker. `comlink`: a bare Comlink worker that sends the bytes back and checks nothing. `dropIn`: Tenon
 * behind the SDK's own surface. `peerWorker` and `peerPage`: the Extism JS SDK with `runInWorker`, and on the page itself,
 * used as its README does. In a worker it keeps the memory of every call until it is reset, and slows down with it: `peerWorkerReset` is
 * reset between slices, outside the measured time.
 */
export type SubjectId = (typeof subjectIds)[number];

/** What one call gave. */
export interface Answer {
  readonly bytes: Uint8Array;
  /** Milliseconds of the guest's own run inside the worker, where the subject tells. */
  readonly guestMs: number | null;
}

/** Something that takes bytes and answers with bytes. Every subject gets a fresh copy of the input, its own to keep. */
export interface Subject {
  readonly id: SubjectId;
  call(name: string, input: Uint8Array<ArrayBuffer>): Promise<Answer>;
  /** Puts right, outside the measured time, what the calls so far have left behind. */
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

/** What of the SDK's surface is used here. */
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
