/** The least that asking the page can cost: a number goes over a port, and comes back. */
addEventListener('message', ({ data, ports: [port] }: MessageEvent<number>) => {
  if (port === undefined) return;
  let left = data;
  const startedAt = performance.now();
  port.addEventListener('message', () => {
    left -= 1;
    if (left > 0) port.postMessage(left);
    else postMessage((performance.now() - startedAt) / data);
  });
  port.start();
  port.postMessage(left);
});
