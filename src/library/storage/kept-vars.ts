import { isPluginError, type PluginError } from '../../contract/errors.js';
import type { VarChange } from '../../contract/var-change.js';
import type { PluginRecord } from './record.js';
import type { Store } from './store.js';

/** Changes of a burst of calls are written together. */
const restMs = 100;

/** Stores a plug-in's vars, shortly after each call that changed them. */
export class KeptVars {
  readonly #store: Store;
  readonly #record: PluginRecord;
  readonly #onError: (error: PluginError) => void;
  #changes = new Map<string, Uint8Array | null>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(store: Store, record: PluginRecord, onError: (error: PluginError) => void) {
    this.#store = store;
    this.#record = record;
    this.#onError = onError;
  }

  async read(): Promise<Map<string, Uint8Array>> {
    return new Map(await this.#store.vars(this.#record));
  }

  take(changes: readonly VarChange[]): void {
    for (const [key, value] of changes) this.#changes.set(key, value);
    this.#timer ??= setTimeout(() => void this.flush(), restMs);
  }

  /** Resolves when all changes taken so far are written, or have failed. */
  flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const changes = this.#changes;
    this.#changes = new Map();
    this.#writing = this.#writing.then(() => this.#write(changes));
    return this.#writing;
  }

  async #write(changes: ReadonlyMap<string, Uint8Array | null>): Promise<void> {
    if (changes.size === 0) return;
    try {
      await this.#store.writeVars(this.#record, changes);
    } catch (error) {
      if (isPluginError(error)) this.#onError(error);
      else throw error;
    }
  }
}
