/** The baseline of a host call: an empty message to the page and back, through a MessagePort or the worker's own channel. */
let notify = (): void => {};

addEventListener('message', ({ data: calls, ports: [port] }: MessageEvent<number | null>) => {
  if (calls === null) {
    notify();
    return;
  }
  const line: { postMessage(message: null): void } = port ?? self;
  const startedAt = performance.now();
  let left = calls;
  notify = (): void => {
    left -= 1;
    if (left > 0) line.postMessage(null);
    else postMessage((performance.now() - startedAt) / calls);
  };
  port?.addEventListener('message', () => notify());
  port?.start();
  line.postMessage(null);
});
