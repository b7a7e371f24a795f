import createPeerPlugin from '@extism/extism';
import { type CallContext, createHost, features, type Host, hostFunction, type Plugin, type WaitingWay } from 'tenon';
import { type Round, summarise } from './statistics.js';

/** Measures the time of one host call in milliseconds, by where the function runs and how the guest waits. */
export interface HostCallResult {
  readonly id: string;
  readonly title: string;
  readonly rounds: readonly Round[];
}

/** Makes `calls` host calls in one call of a plug-in. Returns the milliseconds of one. */
interface Side {
  readonly id: string;
  readonly title: string;
  readonly calls: number;
  readonly run: (calls: number) => Promise<number>;
  readonly close: () => Promise<void>;
}

const roundCount = 5;
const samplesPerRound = 6;
const kib = 1_024;

/** Host functions inside the worker. */
const hostModule = URL.createObjectURL(
  new Blob(['export const same = (_context, value) => value; export { same as text, same as raw };'], {
    type: 'text/javascript',
  }),
);
const pluginUrl = new URL('/fixtures/host_loop.wasm', location.origin).href;

export async function measureHostCalls(): Promise<HostCallResult[]> {
  const sides = [...floors(), ...(await tenonSides()), await hostModuleSide(), await peerSide()];
  const rounds = new Map<Side, Round[]>(sides.map((side) => [side, []]));
  for (const side of sides) await side.run(side.calls);
  for (let round = 0; round < roundCount; round += 1) {
    const samples = new Map<Side, number[]>(sides.map((side) => [side, []]));
    for (let sample = 0; sample < samplesPerRound; sample += 1) {
      for (const side of sides) samples.get(side)?.push(await side.run(side.calls));
    }
    for (const side of sides) rounds.get(side)?.push(summarise(samples.get(side) ?? []));
  }
  for (const side of sides) await side.close();
  return sides.map((side) => ({ id: side.id, title: side.title, rounds: rounds.get(side) ?? [] }));
}

/** Opens the plug-in with which the memory of a million host calls is measured. */
export async function openHostCalls(): Promise<(calls: number) => Promise<number>> {
  const plugin = await tenonPlugin(createHost());
  return (calls) => perCall(plugin, 'loop_same', calls);
}

function floors(): Side[] {
  return [
    floor('port', 'a raw round trip over a port', true),
    floor('channel', "a raw round trip over a worker's own channel", false),
  ];
}

function floor(id: string, title: string, overPort: boolean): Side {
  const worker = new Worker(new URL('./port.worker.ts', import.meta.url), { type: 'module' });
  let done: (milliseconds: number) => void = () => {};
  worker.addEventListener('message', ({ data }: MessageEvent<number | null>) => {
    if (data === null) worker.postMessage(null);
    else done(data);
  });
  return {
    id,
    title,
    calls: 500,
    run: (calls) =>
      new Promise((resolve) => {
        done = resolve;
        const { port1, port2 } = new MessageChannel();
        port1.addEventListener('message', () => port1.postMessage(null));
        port1.start();
        worker.postMessage(calls, overPort ? [port2] : []);
      }),
    close: () => Promise.resolve(worker.terminate()),
  };
}

async function tenonSides(): Promise<Side[]> {
  const sides: Side[] = [];
  for (const way of features().waiting) {
    const host = createHost({ waiting: way });
    const plugin = await tenonPlugin(host);
    const side = (id: string, title: string, calls: number, name: string, sizeBytes = 0): Side => ({
      id: `${way}-${id}`,
      title: `Tenon by ${way}: ${title}`,
      calls,
      run: (count) => perCall(plugin, name, count, sizeBytes),
      close: () => host.close(),
    });
    sides.push(
      side('same', 'an i64', callsOf(way), 'loop_same'),
      side('text1k', 'text of 1 KiB', callsOf(way) / 2, 'loop_text', kib),
      side('raw1k', 'raw, with 1 KiB in memory', callsOf(way) / 2, 'loop_raw', kib),
      side('raw1m', 'raw, with 1 MiB in memory', 10, 'loop_raw', kib * kib),
    );
  }
  return sides;
}

function callsOf(way: WaitingWay): number {
  return way === 'long-poll' ? 20 : 500;
}

function tenonPlugin(host: Host): Promise<Plugin> {
  const functions = {
    'extism:host/user': {
      same: hostFunction({ params: ['i64'], result: 'i64', handler: (value) => value }),
      text: hostFunction({ params: ['text'], result: 'text', handler: (text) => text.slice(0, 1) }),
      raw: (_context: CallContext, handle: bigint) => handle,
    },
  };
  return host.createPlugin(pluginUrl, { functions });
}

async function hostModuleSide(): Promise<Side> {
  const plugin = await createHost().createPlugin(pluginUrl, { hostModule });
  return {
    id: 'hostModule',
    title: 'Tenon, a host module: an i64',
    calls: 200_000,
    run: (calls) => perCall(plugin, 'loop_same', calls),
    close: () => plugin.close(),
  };
}

async function peerSide(): Promise<Side> {
  const same = (_context: unknown, value: bigint): bigint => value;
  const plugin = await createPeerPlugin(pluginUrl, {
    runInWorker: true,
    functions: { 'extism:host/user': { same, text: same, raw: same } },
  });
  return {
    id: 'peer',
    title: 'peer, in a worker: an i64',
    calls: 200,
    run: async (calls) => {
      const startedAt = performance.now();
      await plugin.call('loop_same', input(calls));
      return (performance.now() - startedAt) / calls;
    },
    close: () => plugin.close(),
  };
}

/** The time inside the guest, without the messages of the call. */
async function perCall(plugin: Plugin, name: string, calls: number, sizeBytes = 0): Promise<number> {
  return (await plugin.call(name, input(calls, sizeBytes))).guestMs / calls;
}

function input(calls: number, sizeBytes = 0): Uint8Array<ArrayBuffer> {
  return new Uint8Array(BigUint64Array.of(BigInt(calls), BigInt(sizeBytes)).buffer);
}
