import { createStore, entries, get, keys, type UseStore } from 'idb-keyval';
import { describeThrown } from '../../contract/error-wire.js';
import { isPluginError, PluginError } from '../../contract/errors.js';

/**
 * An IndexedDB database with one store. Each operation is one transaction. Unlike in the byte cache, where a failure is a
 * miss, every failure rejects with a `PluginError`.
 */
export class Database {
  readonly #name: string;
  readonly #what: string;
  readonly #openTimeoutMs: number;
  #store: UseStore | null = null;
  #isOpen = false;

  constructor(name: string, what: string, openTimeoutMs: number) {
    this.#name = name;
    this.#what = what;
    this.#openTimeoutMs = openTimeoutMs;
  }

  get(key: string): Promise<unknown> {
    return this.#run((store) => get<unknown>(key, store));
  }

  entries(): Promise<[string, unknown][]> {
    return this.#run((store) => entries<string, unknown>(store));
  }

  keys(): Promise<string[]> {
    return this.#run((store) => keys<string>(store));
  }

  set(key: string, value: unknown): Promise<void> {
    return this.#write((kept) => {
      kept.put(value, key);
    });
  }

  delete(removed: readonly string[]): Promise<void> {
    return this.#write((kept) => {
      for (const key of removed) kept.delete(key);
    });
  }

  /** Reads and writes in one transaction; undefined writes nothing. Rejects with what `change` throws. */
  update(key: string, change: (old: unknown) => unknown): Promise<void> {
    return this.#write((kept, fail) => {
      const reading = kept.get(key);
      reading.addEventListener('success', () => {
        try {
          const next = change(reading.result);
          if (next !== undefined) kept.put(next, key);
        } catch (error) {
          fail(error);
        }
      });
    });
  }

  /**
   * Runs one transaction that writes, and rejects with the transaction's error. idb-keyval's own writes do not work here: when
   * the quota is exceeded, Firefox fails a request first, and they read the transaction's error before it is set.
   */
  #write(work: (kept: IDBObjectStore, fail: (error: unknown) => void) => void): Promise<void> {
    return this.#run((store) =>
      store('readwrite', async (kept) => {
        const { transaction } = kept;
        await new Promise<void>((resolve, reject) => {
          transaction.addEventListener('complete', () => resolve());
          transaction.addEventListener('abort', () => reject(transaction.error));
          work(kept, (error) => {
            reject(error);
            transaction.abort();
          });
        });
      }),
    );
  }

  async #run<Result>(operation: (store: UseStore) => Promise<Result>): Promise<Result> {
    try {
      await this.#opened();
      return await this.#attempt(operation);
    } catch (error) {
      // The connection may be broken, so the next operation opens a new one.
      this.#store = null;
      this.#isOpen = false;
      throw storageFailure(this.#what, error);
    }
  }

  /** Only opening has a timeout: a write that timed out might still happen. */
  async #opened(): Promise<void> {
    if (this.#isOpen) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(storageBlocked(this.#what, this.#openTimeoutMs)), this.#openTimeoutMs);
    });
    try {
      await Promise.race([this.#attempt((store) => get<unknown>('', store)), timeout]);
      this.#isOpen = true;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Opens the database once more if the browser closed the connection, for example because site data was cleared. */
  async #attempt<Result>(operation: (store: UseStore) => Promise<Result>): Promise<Result> {
    this.#store ??= createStore(this.#name, 'entries');
    try {
      return await operation(this.#store);
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'InvalidStateError') throw error;
      this.#store = createStore(this.#name, 'entries');
      return operation(this.#store);
    }
  }
}

/** Returns the error for a failed operation of the database. */
function storageFailure(what: string, thrown: unknown): PluginError {
  if (isPluginError(thrown)) return thrown;
  const name = thrown instanceof Error || thrown instanceof DOMException ? thrown.name : '';
  if (name === 'QuotaExceededError') {
    return new PluginError('storage-full', {
      message: `There is no room left for ${what}: the storage quota of this site is exceeded`,
      where: what,
      fix: 'Remove plug-ins or other data of this site, or free disk space.',
      cause: thrown,
    });
  }
  // SecurityError: a sandboxed page, or storage is disabled. InvalidStateError: older private windows.
  if (name === 'SecurityError' || name === 'InvalidStateError' || globalThis.indexedDB === undefined) {
    return new PluginError('storage-unavailable', {
      message: `This page cannot store ${what}: the browser denies it storage`,
      where: what,
      fix: 'Allow site data for this page, and leave private browsing.',
      cause: thrown,
    });
  }
  return new PluginError('storage-failed', {
    message: `Storing ${what} failed: ${thrown === null ? 'the browser reported no reason' : describeThrown(thrown)}`,
    where: what,
    fix: 'Try again; if it fails again, close other tabs of this site.',
    cause: thrown,
  });
}

function storageBlocked(what: string, openTimeoutMs: number): PluginError {
  return new PluginError('storage-blocked', {
    message: `The database of ${what} did not open within ${openTimeoutMs} ms: another tab or an upgrade blocks it`,
    where: what,
    expected: `an answer within ${openTimeoutMs} ms`,
    fix: 'Close other tabs of this site, then try again.',
  });
}
