import { createStore, entries, get, keys, type UseStore } from 'idb-keyval';
import { storageBlocked, storageFailure } from './storage-failure.js';

/**
 * One IndexedDB database with one store. Each operation is one transaction: it happened or it did not. Unlike the cache of
 * modules, failures are told.
 */
export class Database {
  readonly #name: string;
  readonly #what: string;
  readonly #patienceMs: number;
  #store: UseStore | null = null;
  #isOpen = false;

  constructor(name: string, what: string, patienceMs: number) {
    this.#name = name;
    this.#what = what;
    this.#patienceMs = patienceMs;
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

  delete(doomed: readonly string[]): Promise<void> {
    return this.#write((kept) => {
      for (const key of doomed) kept.delete(key);
    });
  }

  /** Reads and writes in one transaction. What `change` throws, it fails with. */
  update(key: string, change: (old: unknown) => unknown): Promise<void> {
    return this.#write((kept, fail) => {
      const reading = kept.get(key);
      reading.addEventListener('success', () => {
        try {
          kept.put(change(reading.result), key);
        } catch (error) {
          fail(error);
        }
      });
    });
  }

  /**
   * One transaction that writes. Its failure is that of its end: where a site has no room left, Firefox fails a request first,
   * and idb-keyval's own writes ask the transaction for its error then, while it has none.
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
      // Open it anew the next time: what failed may have been the connection.
      this.#store = null;
      this.#isOpen = false;
      throw storageFailure(this.#what, error);
    }
  }

  /** Only opening is given up on: a write that was asked for and not waited for might still happen. */
  async #opened(): Promise<void> {
    if (this.#isOpen) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(storageBlocked(this.#what, this.#patienceMs)), this.#patienceMs);
    });
    try {
      await Promise.race([this.#attempt((store) => get<unknown>('', store)), patience]);
      this.#isOpen = true;
    } finally {
      clearTimeout(timer);
    }
  }

  /** A connection that the browser closed, after its data was cleared say, is opened once more. */
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
