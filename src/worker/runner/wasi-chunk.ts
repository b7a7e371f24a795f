import { importAsset } from '../import-asset.js';
import type { Wasi, WasiHost } from '../wasi/wasi.js';

interface WasiChunk {
  readonly createWasi: (host: WasiHost) => Promise<Wasi>;
}

/**
 * Imports `wasi.js` and creates the plug-in's WASI. Called before any guest code runs.
 * @throws PluginError `asset-failed` if the chunk does not load; `files-failed` if a directory cannot be opened
 */
export async function startWasi(host: WasiHost): Promise<Wasi> {
  const { createWasi } = await importAsset<WasiChunk>(host.setup.url);
  return createWasi(host);
}
