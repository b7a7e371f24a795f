import { createStore, del, entries, set, type UseStore } from 'idb-keyval';
import { fileEntry, type OwnEntry, urlEntry } from './entries.js';

/** What is stored of an entry: the file's bytes, or the address. */
type Kept =
  | { readonly kind: 'file'; readonly name: string; readonly blob: Blob; readonly addedAt: number }
  | { readonly kind: 'url'; readonly url: string; readonly addedAt: number };

/** The plug-ins that the user opened, stored in IndexedDB by name. Without IndexedDB nothing is stored, and nothing fails. */
export class Remembered {
  #store: UseStore | null = null;

  async list(): Promise<OwnEntry[]> {
    const kept = await this.#attempt((store) => entries<string, Kept>(store));
    return (kept ?? []).map(([, one]) => toEntry(one)).sort((a, b) => a.addedAt - b.addedAt);
  }

  /** Resolves with whether the entry was stored: a full disk or a private window may refuse. */
  async keep(entry: OwnEntry): Promise<boolean> {
    const kept: Kept =
      entry.kind === 'file'
        ? { kind: 'file', name: entry.title, blob: entry.blob, addedAt: entry.addedAt }
        : { kind: 'url', url: entry.url, addedAt: entry.addedAt };
    return (await this.#attempt((store) => set(entry.id, kept, store).then(() => true))) ?? false;
  }

  async forget(id: string): Promise<void> {
    await this.#attempt((store) => del(id, store));
  }

  async #attempt<Result>(act: (store: UseStore) => Promise<Result>): Promise<Result | null> {
    try {
      this.#store ??= createStore('tenon-playground', 'plugins');
      return await act(this.#store);
    } catch {
      this.#store = null;
      return null;
    }
  }
}

function toEntry(kept: Kept): OwnEntry {
  return kept.kind === 'file' ? fileEntry(kept.name, kept.blob, kept.addedAt) : urlEntry(kept.url, kept.addedAt);
}
