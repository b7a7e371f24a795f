/** An app's service worker: Tenon's few lines first, then a listener of the app's own, which answers what is left to it. */
import { serveLongPolledRequests, type LongPollFetchEvent, type LongPollScope } from 'tenon/service-worker';

/** The project that checks this file has a page's types; `self` has all of this. */
interface AppScope extends LongPollScope {
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
}
interface Extendable {
  waitUntil(work: Promise<unknown>): void;
}
const scope = globalThis as unknown as AppScope;

const times = new URLSearchParams(location.search);
serveLongPolledRequests(scope, {
  holdMs: Number(times.get('hold') ?? 20_000),
  keepMs: Number(times.get('keep') ?? 60_000),
});

addEventListener('install', (event) => (event as unknown as Extendable).waitUntil(scope.skipWaiting()));
addEventListener('activate', (event) => (event as unknown as Extendable).waitUntil(scope.clients.claim()));
addEventListener('fetch', (event) => {
  const fetching = event as unknown as LongPollFetchEvent;
  const { url } = fetching.request;
  if (url.includes('tenon')) fetching.respondWith(Promise.resolve(new Response('the app itself')));
});
