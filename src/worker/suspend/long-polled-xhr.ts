import { decodeAnswer } from '../../contract/waiting/answer-bytes.js';
import { errorFromPage, errorToWire } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';
import { longPollStatus } from '../../contract/waiting/long-polling.js';
import type { HostAnswer } from '../../contract/host-function.js';
import type { Block } from './blocking.js';

/** A synchronous request that a service worker holds until the page has answered. */
export class LongPollBlock implements Block {
  readonly way = 'long-poll';
  readonly #url: string;
  readonly #Request: typeof XMLHttpRequest;

  /** @param Request taken before the worker gave up its network */
  constructor(url: string, Request: typeof XMLHttpRequest) {
    this.#url = url;
    this.#Request = Request;
    // The page has answered number 0 beforehand. WebKit leaves some workers to the network (2.50): then another is taken.
    const [, held, error] = this.receive(0);
    if (held !== 'long-poll') throw error === null ? notLongPolled('something else answered') : errorFromPage(error);
  }

  receive(number: number): HostAnswer {
    try {
      for (;;) {
        const request = new this.#Request();
        request.open('POST', `${this.#url}${number}`, false);
        request.responseType = 'arraybuffer';
        request.send();
        const { status } = request;
        if (status === longPollStatus.answered) {
          return decodeAnswer(new Uint8Array(request.response as ArrayBuffer)) as HostAnswer;
        }
        if (status !== longPollStatus.askAgain)
          return [number, null, errorToWire(notLongPolled(`it answered ${status}`))];
      }
    } catch (thrown) {
      return [number, null, errorToWire(notLongPolled('the request failed', thrown))];
    }
  }
}

function notLongPolled(actual: string, cause?: unknown): PluginError {
  return new PluginError('cannot-wait', {
    message: `Long-polled request was not answered by the service worker of this page: ${actual}`,
    expected: 'a service worker that calls serveLongPolledRequests from tenon/service-worker',
    actual,
    details: { uncontrolled: true },
    fix: 'Check that the service worker of this page is active and has not been replaced by one that does not serve long-polled requests.',
    cause,
  });
}
