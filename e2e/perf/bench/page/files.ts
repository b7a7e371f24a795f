import { createPlugin, type DirectoryOptions, type Plugin } from 'tenon';
import { type Round, summarise } from './statistics.js';

/** The rounds of one way to write and read 100 MiB. */
export interface FilesResult {
  readonly id: 'memory' | 'memoryFloor' | 'opfs' | 'opfsFloor';
  readonly title: string;
  readonly rounds: readonly Round[];
}

const megabytes = 100;
const roundCount = 5;
const limits = { maxBytes: 2 * megabytes * 1_048_576 };

/** Measures a plug-in that writes and reads once a round, in turn with a worker that does only that. */
export async function measureFiles(): Promise<FilesResult[]> {
  const ways = [
    { id: 'memory', title: '100 MiB through files in memory: Tenon', run: throughMemory },
    { id: 'memoryFloor', title: '100 MiB copied in memory', run: () => floor('memory') },
    { id: 'opfs', title: '100 MiB through files in OPFS: Tenon', run: throughPrivateFiles },
    { id: 'opfsFloor', title: '100 MiB through plain OPFS', run: () => floor('opfs') },
  ] as const;
  const samples = new Map(ways.map(({ id }) => [id, [] as number[]]));
  for (let round = 0; round < roundCount; round += 1) {
    for (const { id, run } of ways) samples.get(id)?.push(await run());
  }
  return ways.map(({ id, title }) => ({ id, title, rounds: (samples.get(id) ?? []).map((ms) => summarise([ms])) }));
}

function open(directory: DirectoryOptions): Promise<Plugin> {
  return createPlugin(new URL('/wasi/tools.wasm', location.origin), { files: { '/data': directory } });
}

async function throughMemory(): Promise<number> {
  const plugin = await open({ memory: {}, ...limits });
  const startedAt = performance.now();
  await plugin.call('write_megabytes', `/data/file ${megabytes}`);
  await readBack(plugin);
  const elapsedMs = performance.now() - startedAt;
  await plugin.close();
  return elapsedMs;
}

/** Reads with another instance, which has none of the data in memory. */
async function throughPrivateFiles(): Promise<number> {
  const directory = { opfs: 'bench', ...limits };
  const writer = await open(directory);
  const startedAt = performance.now();
  await writer.call('write_megabytes', `/data/file ${megabytes}`);
  await writer.close();
  const reader = await open(directory);
  await readBack(reader);
  const elapsedMs = performance.now() - startedAt;
  await reader.call('remove_file', '/data/file');
  await reader.close();
  return elapsedMs;
}

async function readBack(plugin: Plugin): Promise<void> {
  const read = (await plugin.call('read_megabytes', '/data/file')).text();
  if (Number(read) !== megabytes * 1_048_576) throw new Error(`Files: expected 100 MiB, found ${read} bytes`);
}

function floor(where: 'memory' | 'opfs'): Promise<number> {
  const worker = new Worker(new URL('./files.worker.ts', import.meta.url), { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.addEventListener('error', reject);
    worker.addEventListener('message', ({ data }: MessageEvent<number>) => {
      worker.terminate();
      resolve(data);
    });
    worker.postMessage({ where, count: megabytes });
  });
}

/** Writes `count` lines to a stream that is off. */
export async function printLines(count: number): Promise<void> {
  printer ??= createPlugin(new URL('/wasi/tools.wasm', location.origin));
  await (await printer).call('print_lines', String(count));
}

let printer: Promise<Plugin> | undefined;
