import { describeThrown } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';

/** Imports a lazy chunk of the worker. `what` begins the error's message. @throws PluginError `unsupported` */
export async function importChunk<Chunk>(url: string, what: string): Promise<Chunk> {
  try {
    return (await import(/* @vite-ignore */ url)) as Chunk;
  } catch (cause) {
    const file = url.slice(url.lastIndexOf('/') + 1);
    throw new PluginError('unsupported', {
      message: `${what} are not available: ${file} could not be loaded: ${describeThrown(cause)}`,
      where: url,
      fix: "Serve it next to the library, under a Content-Security-Policy of worker.js that allows it (script-src 'self').",
      cause,
    });
  }
}
