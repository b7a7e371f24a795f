import type { StartWaiting } from '../../contract/host-function.js';
import { PluginError } from '../../contract/errors.js';
import { AtomicsBlock } from './atomics.js';
import { BlockingWaiter } from './blocking.js';
import { LongPollBlock } from './long-polled-xhr.js';
import { JspiWaiter } from './jspi-waiter.js';
import type { Waiter } from './waiter.js';

/** Creates the waiter that the page chose (page/base/waiting.ts). */
export function makeWaiter(waiting: StartWaiting, Request: typeof XMLHttpRequest | null): Waiter {
  switch (waiting.way) {
    case 'jspi':
      return new JspiWaiter();
    case 'atomics':
      return new BlockingWaiter(new AtomicsBlock(waiting.shared));
    case 'long-poll':
      if (Request === null)
        throw new PluginError('bug', { message: 'BUG: this worker kept no XMLHttpRequest for long polling' });
      return new BlockingWaiter(new LongPollBlock(waiting.url, Request));
  }
}
