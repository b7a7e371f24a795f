/** The baselines for 100 MiB: copying in memory, and writing to and reading from the origin private file system. */
interface SyncAccess {
  write(bytes: Uint8Array, options: { at: number }): number;
  read(bytes: Uint8Array, options: { at: number }): number;
  flush(): void;
  close(): void;
}

const block = new Uint8Array(1_048_576);

function copyInMemory(count: number): number {
  const startedAt = performance.now();
  const kept: Uint8Array[] = [];
  for (let index = 0; index < count; index += 1) {
    block.fill(index);
    const chunk = new Uint8Array(block.length);
    chunk.set(block);
    kept.push(chunk);
  }
  for (const chunk of kept) block.set(chunk);
  return performance.now() - startedAt;
}

async function throughPrivateFiles(count: number): Promise<number> {
  const root = await navigator.storage.getDirectory();
  const file = (await root.getFileHandle('bench-floor', { create: true })) as FileSystemFileHandle & {
    createSyncAccessHandle(): Promise<SyncAccess>;
  };
  const startedAt = performance.now();
  const writer = await file.createSyncAccessHandle();
  for (let index = 0; index < count; index += 1) {
    block.fill(index);
    writer.write(block, { at: index * block.length });
  }
  writer.flush();
  writer.close();
  const reader = await file.createSyncAccessHandle();
  for (let index = 0; index < count; index += 1) reader.read(block, { at: index * block.length });
  reader.close();
  const elapsedMs = performance.now() - startedAt;
  await root.removeEntry('bench-floor');
  return elapsedMs;
}

addEventListener('message', ({ data }: MessageEvent<{ where: 'memory' | 'opfs'; count: number }>) => {
  const { where, count } = data;
  const done = where === 'memory' ? Promise.resolve(copyInMemory(count)) : throughPrivateFiles(count);
  void done.then((elapsedMs) => postMessage(elapsedMs));
});
