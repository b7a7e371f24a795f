import createPeerPlugin from '@extism/extism';
import { createHost, createPlugin, type Host, type Manifest } from 'tenon';
import createDropInPlugin from 'tenon/extism';
import { type Round, summarise } from './statistics.js';
import { pluginUrl } from './subjects.js';

/** A way to create a plug-in. `prepare` and `after` are outside the measured time. */
interface Way {
  readonly id: string;
  readonly title: string;
  prepare?(): Promise<void>;
  /** Creates a plug-in and returns its first output. */
  run(): Promise<void>;
  after(): Promise<void>;
}

/** Measures one round of one way. */
export interface CreationRound {
  readonly id: string;
  readonly title: string;
  readonly round: Round;
}

const samplesPerRound = 6;
/** How long a spare worker takes to start, and a closed one to end. */
const pauseMs = 120;

const file = 'count_vowels.wasm';
const name = 'count_vowels';
const input = 'Hello, World!';

/** Measures one round of every way. Needs a new page, because closed plug-ins are not collected at once. */
export async function measureCreation(): Promise<CreationRound[]> {
  const ways = [
    ...tenonFromUrl(),
    ...(await tenonFromModule()),
    ...(await sdkWays('core', 'Tenon, default host', createPlugin)),
    ...(await sdkWays('dropIn', 'Tenon, as the drop-in', createDropInPlugin)),
    ...(await sdkWays('peerWorker', 'Peer, in a worker', (source) => createPeerPlugin(source, { runInWorker: true }))),
    ...(await sdkWays('peerPage', 'Peer, on the page', (source) => createPeerPlugin(source))),
  ];
  const samples = new Map<Way, number[]>(ways.map((way) => [way, []]));
  for (const way of ways) await runOnce(way);
  for (let sample = 0; sample < samplesPerRound; sample += 1) {
    for (const way of ways) samples.get(way)?.push(await runOnce(way));
  }
  return Array.from(samples, ([{ id, title }, all]) => ({ id, title, round: summarise(all) }));
}

async function runOnce(way: Way): Promise<number> {
  await way.prepare?.();
  await pause();
  const startedAt = performance.now();
  await way.run();
  const elapsedMs = performance.now() - startedAt;
  await way.after();
  return elapsedMs;
}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, pauseMs);
  });
}

/** Uses a new host each time, without workers and compiled modules. */
function tenonFromUrl(): Way[] {
  const url = pluginUrl(file);
  let host: Host | null = null;
  let manifest: Manifest = { wasm: [{ url }] };
  const freshHost = (): Host => (host = createHost());
  const after = async (): Promise<void> => host?.close();
  return [
    {
      id: 'tenonCold',
      title: 'Tenon, cold: nothing stored, no worker',
      prepare: clearStorage,
      run: async () => {
        const plugin = await freshHost().createPlugin(url);
        await plugin.call(name, input);
      },
      after,
    },
    {
      id: 'tenonStored',
      title: 'Tenon, from IndexedDB, no worker',
      prepare: async () => {
        const response = await fetch(url);
        manifest = { wasm: [{ url, hash: await sha256(await response.arrayBuffer()) }] };
        const filler = createHost();
        await filler.createPlugin(url);
        await pause();
        await filler.close();
      },
      run: async () => {
        const plugin = await freshHost().createPlugin(manifest);
        await plugin.call(name, input);
      },
      after,
    },
  ];
}

async function tenonFromModule(): Promise<Way[]> {
  const host = createHost({ spareWorkers: 1 });
  const module = await host.compile(pluginUrl(file));
  // Keeps the spare worker: a host without plug-ins releases it.
  await host.createPlugin(module);
  let close = (): Promise<void> => Promise.resolve();
  const createAndCall = async (): Promise<void> => {
    const plugin = await host.createPlugin(module);
    close = () => plugin.close();
    await plugin.call(name, input);
  };
  return [
    {
      id: 'tenonModule',
      title: 'Tenon, from a compiled module, with a spare worker',
      run: createAndCall,
      after: () => close(),
    },
    cycles('tenonCycle', 'Tenon', async () => {
      await createAndCall();
      await close();
    }),
  ];
}

/** The part of a plug-in's API that is measured, in Tenon and in the SDK. */
interface AnyPlugin {
  call(name: string, input: string): Promise<unknown>;
  close(): Promise<void>;
}

/** The ways of an API that creates plug-ins from a URL or a module and has no explicit host. */
async function sdkWays(
  id: string,
  title: string,
  create: (source: string | WebAssembly.Module) => Promise<AnyPlugin>,
): Promise<Way[]> {
  const url = pluginUrl(file);
  const module = await WebAssembly.compileStreaming(fetch(url));
  let close = (): Promise<void> => Promise.resolve();
  const createAndCall = async (source: string | WebAssembly.Module): Promise<void> => {
    const plugin = await create(source);
    close = () => plugin.close();
    await plugin.call(name, input);
  };
  const after = (): Promise<void> => close();
  return [
    { id: `${id}Cold`, title: `${title}, from its URL`, run: () => createAndCall(url), after },
    { id: `${id}Module`, title: `${title}, from a compiled module`, run: () => createAndCall(module), after },
    // On the page, memories are released by garbage collection only, and Chromium allows 125.
    ...(id === 'peerPage' ? [] : [cycles(`${id}Cycle`, title, () => createAndCall(module).then(() => close()))]),
  ];
}

/** Cycles without a pause, which include the time to start the next spare worker. */
function cycles(id: string, title: string, cycle: () => Promise<void>): Way {
  return {
    id,
    title: `${title}, create + call + close, 4 in a row`,
    run: async () => {
      for (let count = 0; count < 4; count += 1) await cycle();
    },
    after: () => Promise.resolve(),
  };
}

async function clearStorage(): Promise<void> {
  const databases = await indexedDB.databases();
  await Promise.all(
    databases.map(
      ({ name }) =>
        new Promise<void>((resolve) => {
          const request = indexedDB.deleteDatabase(name ?? '');
          request.addEventListener('success', () => resolve());
          request.addEventListener('error', () => resolve());
        }),
    ),
  );
}

async function sha256(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
