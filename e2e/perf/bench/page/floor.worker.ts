// The baseline of a call: sends the same bytes back without copying them.
addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
  postMessage(data, { transfer: [data] });
});
