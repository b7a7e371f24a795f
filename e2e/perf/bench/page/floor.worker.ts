// The least a worker can do with a call: send the same bytes back, without copying them.
addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
  postMessage(data, { transfer: [data] });
});
