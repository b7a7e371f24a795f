import type { HelloReply, LoaderApi, LoadReply, LoadRequest, Reply } from '../../contract/protocol.js';
import { exposeMethods, failed, sendEvent, versionFault } from '../answers.js';
import { ByteCache } from './byte-cache.js';
import { Hasher } from './integrity.js';
import { load } from './load.js';
import { MeterChunk } from './metering.js';

/** The object that `loader.js` exposes to the page. It has network and storage, and never runs a plug-in. */
class LoadingWorker implements LoaderApi {
  readonly #hasher: Hasher = new Hasher(crypto.subtle);
  readonly #cache: ByteCache = new ByteCache(this.#hasher);
  readonly #meter = new MeterChunk();
  readonly #behind = new Set<Promise<unknown>>();

  hello(version: number): Promise<Reply<HelloReply>> {
    return Promise.resolve(versionFault(version) ?? { ok: true, value: { script: location.href } });
  }

  async load(request: LoadRequest): Promise<Reply<LoadReply>> {
    this.#hasher.chunkUrl = request.hashUrl;
    try {
      const value = await load(request, {
        access: { fetch: (input, init) => fetch(input, init) },
        hasher: this.#hasher,
        cache: this.#cache,
        meter: this.#meter,
        progress: (loadId, phase, bytes, totalBytes) =>
          sendEvent({ tenon: 'progress', loadId, phase, bytes, totalBytes }),
        behind: (work) => this.#keep(work),
      });
      return { ok: true, value };
    } catch (thrown) {
      return failed(thrown);
    }
  }

  async drain(): Promise<Reply<null>> {
    await Promise.allSettled(this.#behind);
    return { ok: true, value: null };
  }

  #keep(work: Promise<unknown>): void {
    const settled = work.catch(() => {}).finally(() => this.#behind.delete(settled));
    this.#behind.add(settled);
  }
}

exposeMethods(new LoadingWorker());
