import { longPollStatus, parseLongPollMessage, parseLongPollUrl } from '../contract/waiting/long-polling.js';
import { LongPollChannels, type LongPollOptions } from './channels.js';

export type { LongPollOptions } from './channels.js';

/** The part of `ServiceWorkerGlobalScope` that is used here; `self` in a service worker is one. */
export interface LongPollScope {
  readonly registration: { readonly scope: string };
  readonly location: { readonly origin: string };
  addEventListener(type: 'fetch', listener: (event: LongPollFetchEvent) => void): void;
  addEventListener(type: 'message', listener: (event: LongPollMessageEvent) => void): void;
}

export interface LongPollFetchEvent {
  readonly request: { readonly method: string; readonly mode: string; readonly url: string };
  respondWith(response: Promise<Response>): void;
  stopImmediatePropagation(): void;
}

export interface LongPollMessageEvent {
  readonly data: unknown;
  readonly origin: string;
  waitUntil(work: Promise<unknown>): void;
  stopImmediatePropagation(): void;
}

/**
 * Handles the long-polled requests of plug-ins, so that they can wait for the page (host functions, HTTP) in browsers without JSPI, on
 * pages without isolation headers. Call it in your service worker before you add your own listeners; it handles no other requests.
 * The scope of the registration must include the page and the URL of Tenon's `worker.js`.
 * @example
 * import { serveLongPolledRequests } from 'tenon/service-worker';
 * serveLongPolledRequests(self);
 */
export function serveLongPolledRequests(scope: LongPollScope, options: LongPollOptions = {}): void {
  const channels = new LongPollChannels(options);
  scope.addEventListener('fetch', (event) => {
    const { method, mode, url } = event.request;
    // Only navigations reach a service worker from another origin.
    const address = method === 'POST' && mode !== 'navigate' ? parseLongPollUrl(scope.registration.scope, url) : null;
    if (address === null) return;
    event.stopImmediatePropagation(); // A second respondWith would throw.
    event.respondWith(channels.ask(address).then(respond));
  });
  scope.addEventListener('message', (event) => {
    const message = event.origin === scope.location.origin ? parseLongPollMessage(event.data) : null;
    if (message === null) return;
    event.stopImmediatePropagation();
    event.waitUntil(message.tenon === 'long-poll-drop' ? channels.drop(message.channel) : channels.answer(message));
  });
}

function respond(answer: ArrayBuffer | 'ask-again' | 'dropped'): Response {
  // Required by pages with a Cross-Origin-Embedder-Policy.
  const headers = { 'cache-control': 'no-store', 'cross-origin-resource-policy': 'same-origin' };
  if (answer === 'ask-again') return new Response(null, { status: longPollStatus.askAgain, headers });
  if (answer === 'dropped') return new Response(null, { status: longPollStatus.dropped, headers });
  return new Response(answer, {
    status: longPollStatus.answered,
    headers: { ...headers, 'content-type': 'application/octet-stream' },
  });
}
