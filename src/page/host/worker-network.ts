import { isPluginError } from '../../contract/errors.js';
import { Host } from './host.js';

/**
 * What JavaScript in the worker of a plug-in can reach with `import()`. Only a Content-Security-Policy of `worker.js` restricts that; a
 * plug-in's WebAssembly cannot import anything. Without a `hostModule`, no JavaScript but this library's runs there.
 * - `open`: no policy restricts it. A `hostModule` can reach any server.
 * - `listed`: a policy restricts it to the sources that its `script-src` lists.
 * - `sealed`: a policy blocks it, for this library's own files too. A policy that lists only other sources looks the same.
 * - `unknown`: the test failed for another reason.
 */
export type WorkerNetwork = 'open' | 'listed' | 'sealed' | 'unknown';

/** A module without any content. */
const emptyModule = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/** Tests what workers can import. A lazy chunk. */
export async function testWorkerNetwork(given: Host | null): Promise<WorkerNetwork> {
  const host = given ?? new Host({ spareWorkers: 0 });
  try {
    if (await imports(host, 'data:text/javascript,export{}')) return 'open';
    const own = host.assetUrl('wasi');
    if (await imports(host, own)) return 'listed';
    // A file that the page cannot get either shows nothing about a policy.
    return (await fetch(own)).ok ? 'sealed' : 'unknown';
  } catch {
    return 'unknown';
  } finally {
    if (given === null) await host.close();
  }
}

/** Returns whether a worker imports `hostModule`. Rejects if that cannot be found out. */
async function imports(host: Host, hostModule: string): Promise<boolean> {
  try {
    // A policy may block meter.js too.
    const plugin = await host.createPlugin(emptyModule, { hostModule, metering: false, fuel: null, cache: 'off' });
    await plugin.close();
    return true;
  } catch (error) {
    if (isPluginError(error, 'host-function')) return false;
    throw error;
  }
}
