import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { isPluginError, PluginError } from '../../contract/errors.js';
import type { AnswerFrame, CallFrame } from '../../contract/frames.js';
import { setMaxListeners } from 'node:events';
import { Breaker } from './breaker.js';
import { Job } from './job.js';
import { LiveSet } from './live-set.js';
import { Slots } from './slots.js';
import { WorkerHandle, type WorkerLike } from '../workers/worker-handle.js';
import type { RunnerHandle, WorkerPool } from '../workers/worker-pool.js';
import { runCount } from '../../contract/test-runs.js';

const runs = runCount(100_000);
const seed = Date.now() & 0x7fff_ffff;

/** A fake worker, which replies or fails when the schedule of the test requires it. */
class Peer extends EventTarget {
  ended = false;
  readonly #asked: CallFrame[] = [];

  /** Number of calls and resets that arrived while another one was pending. */
  overlaps = 0;

  postMessage(frame: CallFrame): void {
    if (isEntry(frame) && this.#asked.some(isEntry)) this.overlaps += 1;
    this.#asked.push(frame);
  }

  terminate(): void {
    this.ended = true;
  }

  /** Replies to the oldest pending request, unless the worker was terminated. */
  answer(kind: number): void {
    const frame = this.#asked.shift();
    if (frame === undefined || this.ended) return;
    const [id, method] = frame;
    const good = method === 'call' ? [new Uint8Array(1), 0, null, null, 0, false, 0] : { ok: true, value: started };
    const bad = method === 'call' ? [null, 0, null, failure, 0, false, 0] : { ok: false, error: failure };
    const stopped = method === 'call' ? [null, 0, null, outOfTime, 7, 'stopped'] : bad;
    const answers: readonly AnswerFrame[] = [[id, bad], [id, stopped], [id, 'nonsense'], [id]];
    this.dispatchEvent(new MessageEvent('message', { data: answers[kind % 12] ?? [id, good] }));
  }

  die(): void {
    if (!this.ended) this.dispatchEvent(Object.assign(new Event('error', { cancelable: true }), { message: 'killed' }));
  }
}

/** Whether the message enters the instance. `interrupt` is the only message that may arrive during a call. */
const isEntry = ([, method]: CallFrame): boolean => method !== 'interrupt';

const scope = { hostContext: undefined, ancestors: [], program: null };
const started = { vars: [], memoryBytes: 0 };
const failure = { code: 'guest-trap', message: 'trapped' };
/** The error of a metered guest that was stopped; the worker itself creates the next instance. */
const outOfTime = { code: 'timeout', message: 'stopped' };

/** Stands in for the page's global event target, which Node does not have. Counts listeners. */
class PageEvents extends EventTarget {
  listeners = 0;

  override addEventListener(...parameters: Parameters<EventTarget['addEventListener']>): void {
    this.listeners += 1;
    super.addEventListener(...parameters);
  }

  override removeEventListener(...parameters: Parameters<EventTarget['removeEventListener']>): void {
    this.listeners -= 1;
    super.removeEventListener(...parameters);
  }
}

/** The event target of the current schedule. */
let page = new PageEvents();

beforeAll(() => {
  type Parts = Parameters<EventTarget['addEventListener']>;
  vi.stubGlobal('addEventListener', (...parts: Parts) => page.addEventListener(...parts));
  vi.stubGlobal('removeEventListener', (...parts: Parts) => page.removeEventListener(...parts));
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});

afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Resolves after all pending microtasks have run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Settled {
  times: number;
  end: unknown;
}

/** An empty module. */
const emptyModule = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));

class World {
  readonly peers: Peer[] = [];
  readonly calls: Settled[] = [];
  readonly live: LiveSet;
  readonly #slots: Slots;
  readonly #controllers: AbortController[] = [];

  constructor(concurrency: number, failures: number) {
    this.live = new LiveSet({ maxMemories: 100, maxMemoryBytes: 2 ** 32, maxLive: concurrency, dyingMs: 20, cores: 1 });
    const pool = { take: () => this.#makeRunner(), refillSoon: (): void => {} } as unknown as WorkerPool;
    const recipe = {
      pool,
      live: this.live,
      indexes: [],
      host: null,
      vars: new Map(),
      onVars: null,
      onStuck: (): void => {},
      request: {
        modules: [{ name: 'main', module: emptyModule, report: null }],
        main: 'main',
        config: [],
        policy: { limits: { maxPages: null } },
      },
      limitMs: 50,
      mayHibernate: true,
      name: 'plugin',
      onLog: (): void => {},
    } as unknown as ConstructorParameters<typeof Slots>[1];
    this.#slots = new Slots(concurrency, recipe, new Breaker({ failures, windowMs: 1_000 }), () => {});
    this.#note(this.#slots.startAll());
  }

  act(kind: number, rest: number): void {
    const peer = this.peers[this.peers.length - 1 - (rest % 3)];
    switch (kind % 12) {
      case 0:
      case 1:
      case 2:
        return this.#call(rest);
      case 3:
      case 4:
        return peer?.answer(rest >>> 4);
      case 5:
        return this.#controllers[rest % Math.max(1, this.#controllers.length)]?.abort();
      case 6:
      case 7:
        return void vi.advanceTimersByTime(rest % 40);
      case 8:
        return peer?.die();
      case 9:
        return void (rest % 2 === 0 ? this.live.evict() : this.#slots.enable());
      case 10:
        return void page.dispatchEvent(new Event(rest % 2 === 0 ? 'pagehide' : 'pageshow'));
      default:
        return rest % 4 === 0 ? this.close() : undefined;
    }
  }

  close(): void {
    this.#slots.close(closed);
  }

  #call(rest: number): void {
    const limits = rest % 7 === 0 ? { timeoutMs: 5, fuel: null } : null;
    const controller = new AbortController();
    this.#controllers.push(controller);
    const job: Job<unknown> = new Job({
      what: 'a call',
      perform: async (slot): Promise<unknown> =>
        rest % 8 === 0 ? slot.reset() : slot.call('run', null, scope, limits),
      timeoutMs: rest % 3 === 0 ? null : rest % 30,
      graceMs: rest % 7 === 0 ? 10 : 0,
      queueTimeoutMs: rest % 5 === 0 ? rest % 25 : null,
      signal: controller.signal,
      onStop: (error) => this.#slots.stop(job, error),
    });
    this.#note(job.promise);
    this.#slots.add(job);
  }

  #note(work: Promise<unknown>): void {
    const settled: Settled = { times: 0, end: null };
    this.calls.push(settled);
    const note = (end: unknown): void => {
      settled.times += 1;
      settled.end = end;
    };
    work.then(() => note('value'), note);
  }

  #makeRunner(): RunnerHandle {
    const peer = new Peer();
    this.peers.push(peer);
    return new WorkerHandle(peer as unknown as WorkerLike, 'worker.js');
  }
}

const closed = new PluginError('closed', { message: 'closed' });

test(
  `${runs} random schedules: each promise settles exactly once; no worker, timer or listener remains (seed ${seed})`,
  { timeout: 600_000 },
  async () => {
    const action = fc.tuple(fc.nat({ max: 11 }), fc.nat({ max: 0xffff }), fc.boolean());
    const ends = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 2 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(action, { maxLength: 14 }),
        async (concurrency, failures, actions) => {
          page = new PageEvents();
          setMaxListeners(0, page);
          const world = new World(concurrency, failures);
          await settle();
          // The plug-in starts at once, except in schedules whose length is a multiple of 8.
          if (actions.length % 8 !== 0) for (const peer of world.peers) peer.answer(11);
          for (const [kind, rest, pause] of actions) {
            world.act(kind, rest);
            if (pause) await settle();
          }
          page.dispatchEvent(new Event('pageshow'));
          await settle();
          world.close();
          await settle();
          vi.advanceTimersByTime(1_000);
          await settle();
          world.live.close();
          for (const { times, end } of world.calls) {
            if (times !== 1) throw new Error(`Expected each promise to settle once; one settled ${times} times`);
            const code = isPluginError(end) ? end.code : String(end);
            ends.set(code, (ends.get(code) ?? 0) + 1);
          }
          const left = [world.peers.filter(({ ended }) => !ended).length, vi.getTimerCount(), page.listeners];
          if (world.peers.some(({ overlaps }) => overlaps > 0))
            throw new Error('Two jobs ran on one instance at the same time');
          if (left.some((count) => count !== 0))
            throw new Error(`Workers, timers, listeners that remain: ${left.join(', ')}`);
        },
      ),
      { numRuns: runs, seed },
    );
    console.log(`schedules, seed ${seed}:`, Object.fromEntries(ends));
    expect(ends.size).toBeGreaterThan(6);
    expect(Array.from(ends.keys()).filter((code) => !known.has(code))).toEqual([]);
  },
);

/** Every result that a call may have in this test: 'value', or an error code. */
const known = new Set(
  'value closed aborted timeout queue-timeout load-timeout worker-died worker-start guest-trap protocol plugin-disabled resources-exhausted'.split(
    ' ',
  ),
);
