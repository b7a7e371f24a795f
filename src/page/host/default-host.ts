import { Host, type HostOptions } from './host.js';
import type { PluginOptions } from '../base/options.js';
import type { Plugin } from './plugin.js';
import type { PluginSource } from '../loading/resolved.js';

/** The host that `createPlugin` uses. It starts no worker before the first plug-in is created. */
const defaultHost: Host = /* @__PURE__ */ new Host();

/**
 * Loads and starts a plug-in on the default host, which all such plug-ins share.
 * @see Host.createPlugin
 * @example
 * const plugin = await createPlugin('/plugins/count_vowels.wasm');
 * const out = await plugin.call('count_vowels', 'Hello');
 */
export function createPlugin(source: PluginSource, options?: PluginOptions): Promise<Plugin> {
  return defaultHost.createPlugin(source, options);
}

/** Creates a host with its own workers, limits and cache policy. Close it when it is no longer needed. */
export function createHost(options?: HostOptions): Host {
  return new Host(options);
}
