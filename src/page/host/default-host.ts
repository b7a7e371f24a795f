import { Host, type HostOptions } from './host.js';
import type { PluginOptions } from '../base/options.js';
import type { Plugin } from './plugin.js';
import type { PluginSource } from '../loading/resolved.js';

/** The host of plug-ins that name none. Making it does nothing until the first plug-in is created. */
const defaultHost: Host = /* @__PURE__ */ new Host();

/**
 * Loads a plug-in and starts it, on a host that all such plug-ins share.
 * @see Host.createPlugin
 * @example
 * const plugin = await createPlugin('/plugins/count_vowels.wasm');
 * const out = await plugin.call('count_vowels', 'Hello');
 */
export function createPlugin(source: PluginSource, options?: PluginOptions): Promise<Plugin> {
  return defaultHost.createPlugin(source, options);
}

/** A host of your own, for your own policy. Whoever creates it closes it. */
export function createHost(options?: HostOptions): Host {
  return new Host(options);
}
