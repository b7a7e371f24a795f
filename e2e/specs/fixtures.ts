/** Plug-ins for specs: from the fixtures, on hosts that must leave nothing behind. */
import {
  createHost,
  type Host,
  type HostOptions,
  type Plugin,
  type PluginOptions,
  type PluginOutput,
  type WaitingWay,
} from 'tenon';
import { createPlugin as createDropIn, type ExtismPluginOptions, type Plugin as DropInPlugin } from 'tenon/extism';
import { decodeProbe } from '../fixtures/probe.js';
import { check, equal } from './assert.js';
import type { SpecContext } from './harness.js';

/** A host that is closed when the spec ends; then it must have no worker left. */
export function openHost({ defer }: SpecContext, options: HostOptions = {}): Host {
  const host = createHost({ spareWorkers: 0, ...options });
  defer(async () => {
    await host.close();
    equal(host.workers, 0, 'workers left when the host is closed');
  });
  return host;
}

const loaderEndsWithinMs = 10_000;

const sharedHosts = new Map<WaitingWay | null, Host>();
/** What the running spec created on shared hosts. */
const onSharedHosts = new Set<Plugin>();
const sharing = new WeakSet<SpecContext['defer']>();

/**
 * A host that all specs of the page share: starting one takes more than twice the time of starting a plug-in. When the spec ends its
 * plug-ins are closed, and no worker may be left but the idle loader. Specs that are about hosts open their own.
 */
export function sharedHost({ defer }: SpecContext, waiting: WaitingWay | null = null): Host {
  const host = sharedHosts.get(waiting) ?? trackedHost(waiting);
  sharedHosts.set(waiting, host);
  if (sharing.has(defer)) return host;
  sharing.add(defer);
  defer(async () => {
    const plugins = Array.from(onSharedHosts);
    onSharedHosts.clear();
    await Promise.all(plugins.map((plugin) => plugin.close()));
    for (const [way, shared] of sharedHosts) await leavesOneWorker(shared, way ?? 'any way of waiting');
  });
  return host;
}

/** A second loader ends by itself once it has written to the cache. */
async function leavesOneWorker(host: Host, name: string): Promise<void> {
  const until = performance.now() + loaderEndsWithinMs;
  while (host.workers > 1 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
  check(host.workers <= 1, `${host.workers} workers are left on the shared host (${name})`);
}

/** A host whose plug-ins are closed when the spec ends. */
function trackedHost(waiting: WaitingWay | null): Host {
  const host = createHost({ spareWorkers: 0, ...(waiting === null ? {} : { waiting }) });
  const create = host.createPlugin.bind(host);
  host.createPlugin = async (...parameters) => {
    const plugin = await create(...parameters);
    onSharedHosts.add(plugin);
    return plugin;
  };
  return host;
}

/** The fixture `name` (e2e/fixtures/README.md) as a plug-in. */
export function openFixture(context: SpecContext, name: string, options: PluginOptions = {}): Promise<Plugin> {
  return sharedHost(context).createPlugin(context.url(`/fixtures/${name}.wasm`), { cache: 'off', ...options });
}

/** The fixture `name` as a plug-in of the drop-in. */
export async function openDropIn(
  { url, defer }: SpecContext,
  name: string,
  options: ExtismPluginOptions = {},
): Promise<DropInPlugin> {
  const plugin = await createDropIn(url(`/fixtures/${name}.wasm`), options);
  defer(() => plugin.close());
  return plugin;
}

/** Two fixtures linked: the second is the module named "dep". */
export function openLinked(
  context: SpecContext,
  [main, dep]: readonly [string, string],
  options: PluginOptions = {},
): Promise<Plugin> {
  const wasm = [
    { name: 'dep', url: context.url(`/fixtures/${dep}.wasm`) },
    { name: 'main', url: context.url(`/fixtures/${main}.wasm`) },
  ];
  return sharedHost(context).createPlugin({ wasm }, { cache: 'off', ...options });
}

/** An output of eight bytes, as most numeric fixtures answer. */
export function numberOf(output: PluginOutput): bigint | undefined {
  equal(output.byteLength, 8, 'bytes of a number');
  return decodeProbe(output.bytes())[0];
}

/** The input of fixtures that read one number. */
export function numberInput(value: bigint): Uint8Array<ArrayBuffer> {
  return new Uint8Array(BigUint64Array.of(value).buffer);
}
