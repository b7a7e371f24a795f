import { transfer } from 'comlink';
import { PluginError } from '../../contract/errors.js';
import {
  type CallInput,
  type CallLimits,
  type CallReply,
  copiedBytes,
  type HelloReply,
  type Reply,
  type RunnerApi,
  type StartReply,
  type StartRequest,
} from '../../contract/protocol.js';
import type { VarChange } from '../../contract/var-change.js';
import type { CallProgram, FilesReply, FilesRequest } from '../../contract/wasi.js';
import { exposeMethods, type Failed, failed, sendEvent, versionFault } from '../answers.js';
import { GuestInstance } from './instance.js';
import { compileKernel, Kernel } from '../../kernel/kernel.js';
import { WorkerFunctions } from './worker-functions.js';
import { warmUp } from './warm-up.js';
import { sealScope } from './seal.js';
import { makeWaiter } from '../suspend/choose.js';

/** Milliseconds that `start` waits for the lock at most, because browsers sometimes take many seconds to grant one. */
const lockTimeoutMs = 1_000;

/** The object that `worker.js` exposes to the page. */
class RunningWorker implements RunnerApi {
  /** The kernel of the plug-in that will run here; null before `hello`, and from `start` on. */
  #kernel: Kernel | null = null;
  #instance: GuestInstance | null = null;
  /** Kept from before the globals are deleted; used to open the plug-in's directories. Null if the browser has none. */
  #storage: StorageManager | null = null;
  /** Kept from before the globals are deleted, for long-polled requests. Nothing else refers to it. */
  #Request: typeof XMLHttpRequest | null = null;
  /** Resolves when this worker holds the lock by which the page detects that it is alive. */
  #lock: Promise<void> = Promise.resolve();

  hello(version: number, aliveLock: string | null): Promise<Reply<HelloReply>> {
    const fault = versionFault(version);
    if (fault !== null) return Promise.resolve(fault);
    // Locks are among the globals that are deleted below.
    if (aliveLock !== null) this.#lock = holdLock(aliveLock);
    const script = location.href;
    this.#kernel = new Kernel(compileKernel(), null);
    this.#Request = XMLHttpRequest;
    this.#storage = 'storage' in navigator ? navigator.storage : null;
    sealScope(self);
    setTimeout(() => this.#warmUp(), 0);
    return Promise.resolve({ ok: true, value: { script } });
  }

  async locked(): Promise<Reply<null>> {
    try {
      await this.#lock;
      return { ok: true, value: null };
    } catch (thrown) {
      return failed(thrown);
    }
  }

  /** Runs the warm-up, unless a plug-in was started in the meantime. */
  #warmUp(): void {
    const kernel = this.#kernel;
    if (kernel === null) return;
    // Ignored: the same failure occurs again when a plug-in is started, and is reported then.
    warmUp(kernel).catch(() => {});
  }

  async start(request: StartRequest): Promise<Reply<StartReply>> {
    try {
      const kernel = this.#kernel;
      if (kernel === null) throw new PluginError('bug', { message: 'BUG: start was called before hello or twice' });
      this.#kernel = null;
      // If the guest ran first, it could block this thread before `locked` is answered.
      await Promise.race([this.#lock.catch(() => {}), pause(lockTimeoutMs)]);
      const { host, hostModuleUrl } = request;
      const instance = await GuestInstance.start(request, {
        kernel,
        sendLog: (lines, dropped) => sendEvent({ tenon: 'log', lines, dropped }),
        sendFilesEvent: sendEvent,
        storage: this.#storage,
        waiter: host?.waiting == null ? null : makeWaiter(host.waiting, this.#Request),
        workerFunctions: hostModuleUrl === null ? null : await WorkerFunctions.load(hostModuleUrl),
      });
      this.#instance = instance;
      return { ok: true, value: instance.started() };
    } catch (thrown) {
      return failed(thrown);
    }
  }

  call(
    name: string,
    input: CallInput,
    vars: readonly VarChange[] | null,
    limits: CallLimits | null,
    program: CallProgram | null,
  ): CallReply | Promise<CallReply> {
    if (this.#instance === null) return [null, 0, null, noInstance().error, 0, false, 0];
    const reply = this.#instance.call(name, input, vars, limits, program);
    return reply instanceof Promise ? reply.then(withTransfer) : withTransfer(reply);
  }

  async files(request: FilesRequest): Promise<Reply<FilesReply>> {
    if (this.#instance === null) return noInstance();
    try {
      return { ok: true, value: await this.#instance.files(request) };
    } catch (thrown) {
      return failed(thrown);
    }
  }

  interrupt(): Reply<null> {
    this.#instance?.interrupt();
    return { ok: true, value: null };
  }

  reset(): Reply<null> {
    if (this.#instance === null) return noInstance();
    try {
      this.#instance.reset();
      return { ok: true, value: null };
    } catch (thrown) {
      return failed(thrown);
    }
  }
}

/** Marks the output for transfer if it is longer than `copiedBytes`; shorter ones are copied. */
function withTransfer(reply: CallReply): CallReply {
  const [output] = reply;
  return output !== null && output.length > copiedBytes ? transfer(reply, [output.buffer]) : reply;
}

/** Resolves once the lock is held. It is released when the worker ends, however it ends. */
function holdLock(name: string): Promise<void> {
  return new Promise((held, refused) => {
    const forEver = new Promise<never>(() => {});
    navigator.locks.request(name, () => (held(), forEver)).catch(refused);
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function noInstance(): Failed {
  return failed(new PluginError('bug', { message: 'BUG: no plug-in was started in this worker' }));
}

exposeMethods(new RunningWorker());
