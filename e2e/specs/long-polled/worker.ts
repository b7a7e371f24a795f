/** What a plug-in's worker does while a guest waits: nothing but a synchronous XMLHttpRequest. */
export interface LongPollQuestion {
  readonly url: string;
  readonly method?: string;
}

export interface LongPollEnd {
  readonly status: number;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly waitedMs: number;
}

function ask({ url, method = 'POST' }: LongPollQuestion): LongPollEnd {
  const start = performance.now();
  const request = new XMLHttpRequest();
  request.open(method, url, false);
  request.responseType = 'arraybuffer';
  let status = 0;
  try {
    request.send();
    status = request.status;
  } catch {
    // A network error is status 0.
  }
  const body: unknown = request.response;
  return {
    status,
    body: body instanceof ArrayBuffer ? new Uint8Array(body) : new Uint8Array(0),
    waitedMs: performance.now() - start,
  };
}

addEventListener('message', ({ data }: MessageEvent<LongPollQuestion>) => {
  postMessage('asking');
  postMessage(ask(data));
});
postMessage('ready');
