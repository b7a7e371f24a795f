/** Type tests of a plug-in's events: `tsc -p src` checks them (`npm test -- types`), and nothing runs them. */
import { expectTypeOf } from 'vitest';
import type { QuotaReport } from '../../contract/wasi.js';
import type { Plugin, RestartDetail } from './plugin.js';

/** The detail has the type of the event, without a cast. */
export function listenersAreTyped(plugin: Plugin): void {
  plugin.addEventListener('quota', ({ detail }) => expectTypeOf(detail).toEqualTypeOf<QuotaReport>());
  plugin.addEventListener('restarted', ({ detail }) => expectTypeOf(detail).toEqualTypeOf<RestartDetail>(), {
    once: true,
  });
  const listener = ({ detail }: CustomEvent<QuotaReport>): void => void detail;
  plugin.addEventListener('quota', listener);
  plugin.removeEventListener('quota', listener);
  // @ts-expect-error -- A listener for another event.
  plugin.addEventListener('restarted', listener);
}

/** Any other listener is accepted, as by every EventTarget. */
export function otherListenersAreAccepted(plugin: Plugin, listener: EventListenerObject): void {
  plugin.addEventListener('quota', listener);
  plugin.addEventListener('other', (event) => expectTypeOf(event).toEqualTypeOf<Event>());
}
