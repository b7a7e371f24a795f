/**
 * Logs every message between the page and its workers to the console: `npm run test:specs -- <words> --trace`. What a frame
 * holds: contract/frames.ts in the library. Messages on ports of their own (host calls, HTTP) are not seen.
 */
export function traceMessages(): void {
  let count = 0;
  const text = (value: unknown): string =>
    JSON.stringify(value, (_key, one: unknown) => {
      if (typeof one === 'bigint') return `${one}n`;
      if (ArrayBuffer.isView(one)) return `${one.constructor.name}(${one.byteLength})`;
      if (one instanceof ArrayBuffer || one instanceof WebAssembly.Module) return `[${one.constructor.name}]`;
      return one;
    })?.slice(0, 500) ?? String(value);
  globalThis.Worker = class TracedWorker extends Worker {
    readonly #name: string;

    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      this.#name = `worker ${(count += 1)}`;
      console.log(`${this.#name}: started from ${String(url)}`);
      this.addEventListener('message', ({ data }) => console.log(`${this.#name} -> page: ${text(data)}`));
    }

    override postMessage(message: unknown, options?: Transferable[] | StructuredSerializeOptions): void {
      console.log(`page -> ${this.#name}: ${text(message)}`);
      super.postMessage(message, options as StructuredSerializeOptions);
    }

    override terminate(): void {
      console.log(`${this.#name}: terminated`);
      super.terminate();
    }
  };
}
