import { createPlugin } from './plugin.js';

/** The names of the Extism JS SDK. To migrate, change the import from `@extism/extism` to `tenon/extism`. */
export { CAPABILITIES } from './capabilities.js';
export type {
  Capabilities,
  ExtismPluginOptions,
  Manifest,
  ManifestLike,
  ManifestWasm,
  ManifestWasmData,
  ManifestWasmModule,
  ManifestWasmPath,
  ManifestWasmResponse,
  ManifestWasmUrl,
  MemoryOptions,
  Plugin,
  PluginConfig,
  PluginConfigLike,
} from './types.js';
export type { PluginOutput } from './output.js';
export type { CallContext, CallContext as CurrentPlugin, LogLevel } from './call-context.js';
export { createPlugin, createPlugin as newPlugin };
export default createPlugin;
