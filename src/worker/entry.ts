import { expose, transfer } from 'comlink';
import { errorToWire } from '../contract/error-wire.js';
import { PluginError } from '../contract/errors.js';
import {
  type CallInput,
  type CallReply,
  type HelloReply,
  type LoadReply,
  type LoadRequest,
  protocolVersion,
  type Reply,
  type StartReply,
  type StartRequest,
  type VarChange,
  type WorkerApi,
  type WorkerEvent,
  type WorkerRole,
} from '../contract/protocol.js';
import { GuestInstance } from './guest/instance.js';
import { compileKernel } from './guest/kernel.js';
import { ByteCache } from './load/byte-cache.js';
import { Hasher } from './load/integrity.js';
import { load } from './load/load.js';
import { sealScope } from './seal.js';

/** A worker loads modules, or runs one plug-in; the first that it is asked for decides. */
class Worker implements WorkerApi {
  readonly #hasher: Hasher;
  readonly #cache: ByteCache;
  readonly #behind = new Set<Promise<unknown>>();
  #role: WorkerRole | null = null;
  #kernelModule: WebAssembly.Module | null = null;
  #instance: GuestInstance | null = null;

  constructor(scope: WorkerGlobalScope) {
    // Absent on insecure origins, whatever the type says.
    this.#hasher = new Hasher(scope.crypto.subtle);
    this.#cache = new ByteCache(this.#hasher);
  }

  async hello(version: number, role: WorkerRole, aliveLock: string | null): Promise<Reply<HelloReply>> {
    if (version !== protocolVersion) {
      return failed(
        new PluginError('worker-start', {
          message: 'the worker script is of another version of Tenon than the page',
          expected: `protocol ${version}`,
          actual: `protocol ${protocolVersion}`,
          fix: 'Serve worker.js and the page from the same release.',
        }),
      );
    }
    const locked = aliveLock !== null && (await holdLock(aliveLock));
    this.#role = role;
    if (role === 'run') {
      this.#kernelModule = compileKernel();
      sealScope(self);
    }
    return { ok: true, value: { locked } };
  }

  async load(request: LoadRequest): Promise<Reply<LoadReply>> {
    if (this.#role !== 'load') return failed(new PluginError('bug', { message: 'BUG: this worker is not one that loads' }));
    this.#hasher.partUrl = request.hashUrl;
    try {
      const value = await load(request, {
        access: { fetch: (input, init) => fetch(input, init) },
        hasher: this.#hasher,
        cache: this.#cache,
        progress: (loadId, phase, bytes, totalBytes) =>
          sendEvent({ tenon: 'progress', loadId, phase, bytes, totalBytes }),
        behind: (work) => this.#keep(work),
      });
      return { ok: true, value };
    } catch (thrown) {
      return failed(thrown);
    }
  }

  async settle(): Promise<Reply<null>> {
    await Promise.allSettled(this.#behind);
    return { ok: true, value: null };
  }

  // oxlint-disable-next-line require-await -- A promise already settled is one message less to think about.
  async start(request: StartRequest): Promise<Reply<StartReply>> {
    const startedAt = performance.now();
    try {
      if (this.#kernelModule === null)
        throw new PluginError('bug', { message: 'BUG: this worker is not one that runs plug-ins' });
      this.#instance = new GuestInstance(request, {
        kernelModule: this.#kernelModule,
        sendLog: (lines, dropped) => sendEvent({ tenon: 'log', lines, dropped }),
      });
      return { ok: true, value: this.#instance.started(performance.now() - startedAt) };
    } catch (thrown) {
      return failed(thrown);
    }
  }

  call(name: string, input: CallInput, vars: readonly VarChange[] | null): CallReply {
    if (this.#instance === null) return { ...noInstance(), vars: null, guestMs: 0 };
    const reply = this.#instance.call(name, input, vars);
    return reply.ok && reply.output !== null ? transfer(reply, [reply.output.buffer]) : reply;
  }

  reset(): Reply<null> {
    if (this.#instance === null) return noInstance();
    this.#instance.reset();
    return { ok: true, value: null };
  }

  #keep(work: Promise<unknown>): void {
    const settled = work.catch(() => {}).finally(() => this.#behind.delete(settled));
    this.#behind.add(settled);
  }
}

/** True once the lock is held, which is until this worker ends, however it ends. */
function holdLock(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    navigator.locks
      .request(name, () => {
        resolve(true);
        return new Promise<never>(() => {});
      })
      .catch(() => resolve(false));
  });
}

function sendEvent(event: WorkerEvent): void {
  postMessage(event);
}

function failed(thrown: unknown): Extract<Reply<never>, { ok: false }> {
  return { ok: false, error: errorToWire(thrown) };
}

function noInstance(): Extract<Reply<never>, { ok: false }> {
  return failed(new PluginError('bug', { message: 'BUG: no plug-in was started in this worker' }));
}

expose(new Worker(self));
