import type { HostAnswer, HostQuestion } from '../../contract/host-function.js';

/**
 * Sends a question to the page over the worker's own channel. Engines deliver its messages from thread to thread, and those of a
 * MessagePort through another process, which makes a host call twice as slow.
 */
export function sendQuestion(number: number, question: HostQuestion, transfer: Transferable[] = []): void {
  postMessage([number, ...question], { transfer });
}

/** Listens for answers. Calls of the page use the same channel; an answer starts with the number of its question. */
export function onAnswer(listener: (answer: HostAnswer) => void): void {
  addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (Array.isArray(data) && typeof data[0] === 'number') listener(data as unknown as HostAnswer);
  });
}
