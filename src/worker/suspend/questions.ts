import type { HostAnswer, HostQuestion } from '../../contract/host-function.js';

/**
 * Asks the page over the worker's own channel. Engines bring its messages from thread to thread, those of a port by way of
 * another process: a port makes a host call twice as slow.
 */
export function sendQuestion(number: number, question: HostQuestion, transfer: Transferable[] = []): void {
  postMessage([number, ...question], transfer);
}

/** Calls for the page's methods come over the same channel: an answer begins with its question's number. */
export function onAnswer(listener: (answer: HostAnswer) => void): void {
  addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (Array.isArray(data) && typeof data[0] === 'number') listener(data as unknown as HostAnswer);
  });
}
