/** Plug-ins for specs: from the fixtures, on a host of their own that must leave nothing behind. */
import { createHost, type Host, type HostOptions, type Plugin, type PluginOptions, type PluginOutput } from 'tenon';
import { decodeProbe } from '../fixtures/probe.js';
import { equal } from './assert.js';
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

/** The fixture `name` (e2e/fixtures/README.md) as a plug-in on a host of its own. */
export function openFixture(context: SpecContext, name: string, options: PluginOptions = {}): Promise<Plugin> {
  return openHost(context).createPlugin(context.url(`/fixtures/${name}.wasm`), { cache: 'off', ...options });
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
  return openHost(context).createPlugin({ wasm }, { cache: 'off', ...options });
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
