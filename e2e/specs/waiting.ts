/** Ways in which a guest can wait for the page, as far as this page and engine have them. */
import { features, type Host, type HostOptions, type WaitingWay } from 'tenon';
import { openHost, sharedHost } from './fixtures.js';
import { spec, type SpecContext, type SpecOptions } from './harness.js';

/** The context of a spec that is registered for one way of waiting. */
export interface WaitingContext extends SpecContext {
  readonly way: WaitingWay;
  /** A host whose plug-ins wait that way: one of the spec's own if it has options. */
  readonly openWaitingHost: (options?: HostOptions) => Host;
}

/** Declares one spec for each way of waiting; where there is none, it is skipped. */
export function eachWay(
  name: string,
  run: (context: WaitingContext) => Promise<void>,
  options: SpecOptions = {},
): void {
  spec(
    name,
    async (context) => {
      const ways = await waitingWays(context);
      if (ways.length === 0) skipForWaiting(context);
      for (const way of ways) {
        const openWaitingHost = (more?: HostOptions): Host =>
          more === undefined ? sharedHost(context, way) : openHost(context, { waiting: way, ...more });
        await run({ ...context, way, openWaitingHost });
      }
    },
    { onEveryPage: true, ...options },
  );
}

/** Skips the spec where a guest cannot wait for the page. */
export async function skipWithoutWaiting(context: SpecContext): Promise<void> {
  if ((await waitingWays(context)).length === 0) skipForWaiting(context);
}

function skipForWaiting({ skip }: SpecContext): never {
  return skip('this engine has no JSPI, and this page neither isolation nor a service worker');
}

/**
 * The ways of this page, once a service worker that holds requests controls it. Those of an isolated page that the plain one has too
 * count in a run in full alone.
 */
export async function waitingWays({ secure, isolated, inFull }: SpecContext): Promise<readonly WaitingWay[]> {
  if (secure) await holdRequests();
  const { waiting } = features();
  return isolated && !inFull ? waiting.filter((way) => way === 'atomics') : waiting;
}

/** Registers the specs' service worker, and waits until it controls this page. */
async function holdRequests(): Promise<void> {
  const { serviceWorker } = navigator;
  if (serviceWorker.controller !== null) return;
  const controlled = new Promise<void>((resolve) => {
    serviceWorker.addEventListener('controllerchange', () => resolve(), { once: true });
  });
  await serviceWorker.register('/long-polled-service-worker.js');
  await controlled;
}
