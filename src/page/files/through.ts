type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Yields what a compression stream makes of `pieces`. They are written to it one by one: to stream a small `Blob` through it takes browsers
 * thirty times as long.
 */
export async function* through(
  pieces: readonly Bytes[],
  { readable, writable }: CompressionStream | DecompressionStream,
): AsyncGenerator<Bytes> {
  writeAll(pieces, writable.getWriter()).catch(() => {}); // Reading fails with the same error.
  const reader = (readable as ReadableStream<Bytes>).getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel().catch(() => {});
  }
}

async function writeAll(pieces: readonly Bytes[], writer: WritableStreamDefaultWriter<BufferSource>): Promise<void> {
  for (const piece of pieces) await writer.write(piece);
  await writer.close();
}
