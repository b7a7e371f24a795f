/** Turns of the worker's event loop, in which it hears the page. */
export class Turns {
  readonly #channel = new MessageChannel();
  #resolve: () => void = () => {};

  constructor() {
    this.#channel.port1.addEventListener('message', () => this.#resolve());
    this.#channel.port1.start();
  }

  /** Settles when the messages that wait have been heard. Not a time-out: browsers make one that follows others 4 ms long. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#channel.port2.postMessage(null);
    });
  }
}
