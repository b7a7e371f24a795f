import { createStore, delMany, entries, get, set, type UseStore } from 'idb-keyval';
import type { Sha256Hex } from '../../contract/units.js';
import type { Hasher } from './integrity.js';

/** The usage record of one cached module. */
interface Usage {
  readonly sizeBytes: number;
  /** Milliseconds since the epoch. */
  readonly usedAt: number;
}

/** A load waits no longer than this for the database. */
const readTimeoutMs = 1_000;
/** Writes happen after a load and delay nothing. */
const writeTimeoutMs = 30_000;

/**
 * Keeps the bytes of modules by their sha256, and the last sha256 of each URL, in IndexedDB. Any failure is a cache miss, never an
 * error. What is read is hashed again before it is used.
 *
 * Bytes, not modules: no engine can store a WebAssembly.Module (DataCloneError). Three databases, because idb-keyval opens a
 * database with one store only (https://github.com/jakearchibald/idb-keyval/issues/101).
 */
export class ByteCache {
  readonly #bytes: LazyStore;
  readonly #usage: LazyStore;
  readonly #urls: LazyStore;
  readonly #hasher: Hasher;

  constructor(hasher: Hasher) {
    // Once a database hung (opening one may in Safari, idb-keyval#120), this worker uses none of them again.
    const state = { isStuck: false };
    this.#bytes = new LazyStore('tenon-bytes', state);
    this.#usage = new LazyStore('tenon-usage', state);
    this.#urls = new LazyStore('tenon-urls', state);
    this.#hasher = hasher;
  }

  /** Returns the bytes with this hash, or null. */
  async read(hash: Sha256Hex, timeoutMs: number = readTimeoutMs): Promise<Uint8Array | null> {
    const bytes = await this.#bytes.run(async (store) => toBytes(await get<unknown>(hash, store)), timeoutMs);
    if (bytes === null) return null;
    if ((await this.#hasher.sha256([bytes])) !== hash) {
      void this.#forget([hash]);
      return null;
    }
    void this.#touch(hash, bytes.length);
    return bytes;
  }

  /** Returns the hash of what was last loaded from `url`, or null. */
  async hashOf(url: string): Promise<Sha256Hex | null> {
    const hash = await this.#urls.run((store) => get<unknown>(url, store));
    return typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash) ? (hash as Sha256Hex) : null;
  }

  /** Stores a module and the URL it came from; evicts the least recently used ones. */
  async write(hash: Sha256Hex, bytes: Blob, url: string | null, maxBytes: number): Promise<void> {
    if (bytes.size > maxBytes) return;
    // The usage record is written first: after a crash between the two there are no bytes that eviction does not know of.
    await this.#touch(hash, bytes.size);
    await this.#evict(maxBytes);
    const written = await this.#bytes.run(async (store) => {
      // Some engines refuse Blobs in private windows; bytes work there.
      await set(hash, bytes, store).catch(async () => set(hash, await bytes.arrayBuffer(), store));
      return true;
    }, writeTimeoutMs);
    if (written === null) await this.#forget([hash]);
    else if (url !== null) await this.#urls.run((store) => set(url, hash, store), writeTimeoutMs);
  }

  async #touch(hash: Sha256Hex, sizeBytes: number): Promise<void> {
    await this.#usage.run((store) => set(hash, { sizeBytes, usedAt: Date.now() } satisfies Usage, store));
  }

  async #evict(maxBytes: number): Promise<void> {
    const kept = await this.#usage.run((store) => entries<Sha256Hex, unknown>(store));
    if (kept === null) return;
    const known = kept.map(([hash, usage]) => ({ hash, ...usageOf(usage) }));
    let total = 0;
    const surplus: Sha256Hex[] = [];
    for (const { hash, sizeBytes } of known.toSorted((left, right) => right.usedAt - left.usedAt)) {
      total += sizeBytes;
      if (total > maxBytes) surplus.push(hash);
    }
    if (surplus.length > 0) await this.#forget(surplus);
  }

  async #forget(hashes: readonly Sha256Hex[]): Promise<void> {
    const gone = new Set<unknown>(hashes);
    await this.#bytes.run((store) => delMany([...hashes], store));
    await this.#usage.run((store) => delMany([...hashes], store));
    await this.#urls.run(async (store) => {
      const dangling = (await entries(store)).filter(([, hash]) => gone.has(hash));
      await delMany(
        dangling.map(([url]) => url),
        store,
      );
    });
  }
}

/** An idb-keyval store, opened at first use, and again if its connection was closed (idb-keyval#165). */
class LazyStore {
  readonly #name: string;
  #store: UseStore | null = null;
  readonly #state: { isStuck: boolean };

  constructor(name: string, state: { isStuck: boolean }) {
    this.#name = name;
    this.#state = state;
  }

  /** Returns the result of the operation; null if it failed or timed out. */
  async run<Result>(
    operation: (store: UseStore) => Promise<Result>,
    timeoutMs: number = readTimeoutMs,
  ): Promise<Result | null> {
    if (this.#state.isStuck) return null;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#state.isStuck = true;
        resolve(null);
      }, timeoutMs);
      this.#attempt(operation)
        .then(resolve, () => resolve(null))
        .finally(() => clearTimeout(timer));
    });
  }

  async #attempt<Result>(operation: (store: UseStore) => Promise<Result>): Promise<Result> {
    this.#store ??= createStore(this.#name, 'entries');
    try {
      return await operation(this.#store);
    } catch {
      this.#store = createStore(this.#name, 'entries');
      return operation(this.#store);
    }
  }
}

/** Returns a usage record; anything else counts as never used and infinitely large, so that it is evicted first. */
function usageOf(stored: unknown): Usage {
  const { sizeBytes, usedAt } = { ...(stored as Partial<Record<keyof Usage, unknown>> | null) };
  if (typeof sizeBytes === 'number' && sizeBytes >= 0 && typeof usedAt === 'number') return { sizeBytes, usedAt };
  return { sizeBytes: Infinity, usedAt: -Infinity };
}

async function toBytes(stored: unknown): Promise<Uint8Array | null> {
  if (stored instanceof Blob) return new Uint8Array(await stored.arrayBuffer());
  return stored instanceof ArrayBuffer ? new Uint8Array(stored) : null;
}
