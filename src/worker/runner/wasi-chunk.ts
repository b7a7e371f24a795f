import { describeThrown } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';
import type { Wasi, WasiHost } from '../wasi/wasi.js';

interface WasiChunk {
  readonly createWasi: (host: WasiHost) => Promise<Wasi>;
}

/**
 * Imports `wasi.js` and creates the plug-in's WASI. Called before any guest code runs.
 * @throws PluginError `unsupported` if the chunk does not load; `files-failed` if a directory cannot be opened
 */
export async function startWasi(host: WasiHost): Promise<Wasi> {
  const { createWasi } = await importChunk(host.setup.url);
  return createWasi(host);
}

async function importChunk(url: string): Promise<WasiChunk> {
  try {
    return (await import(/* @vite-ignore */ url)) as WasiChunk;
  } catch (cause) {
    throw new PluginError('unsupported', {
      message: `WASI is not available: wasi.js could not be loaded: ${describeThrown(cause)}`,
      where: url,
      fix: "Serve wasi.js next to the library, under a Content-Security-Policy of worker.js that allows it (script-src 'self').",
      cause,
    });
  }
}
