/** The least that asking the page can cost: nothing goes to it and comes back, over a port or the worker's own channel. */
let hear = (): void => {};

addEventListener('message', ({ data: calls, ports: [port] }: MessageEvent<number | null>) => {
  if (calls === null) {
    hear();
    return;
  }
  const line: { postMessage(message: null): void } = port ?? self;
  const startedAt = performance.now();
  let left = calls;
  hear = (): void => {
    left -= 1;
    if (left > 0) line.postMessage(null);
    else postMessage((performance.now() - startedAt) / calls);
  };
  port?.addEventListener('message', () => hear());
  port?.start();
  line.postMessage(null);
});
