/** Counts what is begun and has not ended, so that the specs' last spec can say that nothing is left. */
import { createHost } from 'tenon';
import { check } from './assert.js';

interface Leftovers {
  /** What is left now, one line each. */
  list(): string[];
}

const waitLimitMs = 20_000;

/** Every worker of the page that was not ended. */
function watchWorkers(): Leftovers {
  const alive = new Map<Worker, string>();
  const { Worker: PlainWorker } = globalThis;
  globalThis.Worker = class extends PlainWorker {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      alive.set(this, `a worker of ${String(url)}`);
    }
    override terminate(): void {
      alive.delete(this);
      super.terminate();
    }
  };
  return { list: () => Array.from(alive.values()) };
}

/** Every timer that neither fired nor was cleared, with where it was set. */
function watchTimers(): Leftovers {
  const waiting = new Map<unknown, string>();
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const watchedSet = (handler: TimerHandler, delayMs?: number, ...values: unknown[]): unknown => {
    const id: unknown = set(() => {
      waiting.delete(id);
      if (typeof handler === 'function') handler(...values);
    }, delayMs);
    waiting.set(id, `a timer of ${delayMs} ms ${new Error('set here').stack ?? ''}`);
    return id;
  };
  globalThis.setTimeout = watchedSet as typeof globalThis.setTimeout;
  globalThis.clearTimeout = (id): void => {
    waiting.delete(id);
    clear(id);
  };
  return { list: () => Array.from(waiting.values()) };
}

function inWords(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 60) : typeof value;
}

type Method = (...values: unknown[]) => unknown;

/** Every promise that one of these methods gave and that has not settled. */
function watchPromises(prototype: object, names: readonly string[], pending: Set<{ readonly what: string }>): void {
  const methods = prototype as Record<string, Method>;
  for (const name of names) {
    const plain = methods[name];
    if (plain === undefined) throw new Error(`there is no method ${name} to watch`);
    methods[name] = function watched(this: unknown, ...values: unknown[]): unknown {
      const promise = plain.apply(this, values);
      const one = { what: `${name}(${values.map(inWords).join(', ')})` };
      pending.add(one);
      const settled = (): void => void pending.delete(one);
      Promise.resolve(promise).then(settled, settled);
      return promise;
    };
  }
}

async function watchCalls(pluginUrl: string): Promise<Leftovers> {
  const pending = new Set<{ readonly what: string }>();
  const host = createHost({ spareWorkers: 0 });
  const plugin = await host.createPlugin(pluginUrl, { cache: 'off' });
  watchPromises(Object.getPrototypeOf(host) as object, ['createPlugin', 'compile', 'close'], pending);
  watchPromises(Object.getPrototypeOf(plugin) as object, ['call', 'reset', 'inspect', 'close'], pending);
  await host.close();
  return { list: () => Array.from(pending, ({ what }) => `a promise of ${what}`) };
}

/** Starts watching. The returned function waits as long as a host may keep warm workers, and throws unless nothing remains. */
export async function watchLeftovers(pluginUrl: string): Promise<() => Promise<void>> {
  const sleep = globalThis.setTimeout.bind(globalThis);
  const watches = [watchWorkers(), watchTimers(), await watchCalls(pluginUrl)];
  return async () => {
    const until = performance.now() + waitLimitMs;
    const left = (): string[] => watches.flatMap((watch) => watch.list());
    while (left().length > 0 && performance.now() < until) await new Promise((resolve) => sleep(resolve, 50));
    const lines = left();
    check(lines.length === 0, `${lines.length} things are left:\n${lines.slice(0, 10).join('\n')}`);
  };
}
