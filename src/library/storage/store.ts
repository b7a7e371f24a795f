import { PluginError } from '../../contract/errors.js';
import type { Sha256Hex } from '../../contract/units.js';
import { Database } from './database.js';
import { sha256Hex } from '../hash.js';
import { corrupt, filesOf, type PluginRecord, readRecord } from './record.js';
import { Tabs } from './tabs.js';

/** A record that cannot be read. It can be removed. */
export interface DamagedRecord {
  readonly id: string;
  readonly error: PluginError;
}

export type FileEntry = readonly [sha256: Sha256Hex, bytes: Uint8Array];
export type VarEntry = readonly [key: string, value: Uint8Array];

interface KeptVars {
  readonly installation: string;
  readonly entries: ReadonlyMap<string, Uint8Array>;
}

const blockListKey = '';

/**
 * The stored data of a library. Files are stored by their hashes and written first; then one write of the record refers to
 * them. So a crash leaves either the old version or the new one, complete. `sweep` deletes files without a record.
 *
 * Three databases, because idb-keyval opens a database with one store only
 * (https://github.com/jakearchibald/idb-keyval/issues/101).
 */
export class Store {
  readonly #records: Database;
  readonly #files: Database;
  readonly #vars: Database;
  readonly #tabs: Tabs;
  readonly #cache = new Map<string, PluginRecord>();
  readonly #damaged = new Map<string, PluginError>();
  #blocked: ReadonlySet<string> = new Set();
  #read: Promise<void> | null = null;
  readonly #onExternalChange: (id: string | null) => void;

  /** @param onExternalChange called when another tab changed this plug-in or, with null, the block list */
  constructor(name: string, openTimeoutMs: number, onExternalChange: (id: string | null) => void) {
    const prefix = `tenon-library-${name}`;
    this.#records = new Database(`${prefix}-records`, 'installed plug-ins', openTimeoutMs);
    this.#files = new Database(`${prefix}-files`, "plug-ins' files", openTimeoutMs);
    this.#vars = new Database(`${prefix}-vars`, "plug-ins' vars", openTimeoutMs);
    this.#onExternalChange = onExternalChange;
    this.#tabs = new Tabs(prefix, (message) => void this.#onMessage(message.tenon === 'changed' ? message.id : null));
  }

  /** Returns the records in the user's order. */
  async list(): Promise<PluginRecord[]> {
    await this.#ready();
    return Array.from(this.#cache.values()).sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1));
  }

  async damaged(): Promise<DamagedRecord[]> {
    await this.#ready();
    return Array.from(this.#damaged, ([id, error]) => ({ id, error }));
  }

  /** @throws PluginError `record-corrupt`, `record-newer` */
  async find(id: string): Promise<PluginRecord | null> {
    await this.#ready();
    const error = this.#damaged.get(id);
    if (error !== undefined) throw error;
    return this.#cache.get(id) ?? null;
  }

  /** @throws PluginError `not-installed`, and as `find` */
  async get(id: string): Promise<PluginRecord> {
    const record = await this.find(id);
    if (record !== null) return record;
    throw new PluginError('not-installed', {
      message: `No plug-in "${id}" is installed`,
      where: id,
      fix: 'It may have been removed in another tab. Read list() again.',
    });
  }

  /** Writes files, then the record that `change` returns for the current one, under the tabs' lock. */
  async commit(
    id: string,
    files: readonly FileEntry[],
    change: (old: PluginRecord | null) => PluginRecord | null,
  ): Promise<PluginRecord | null> {
    await this.#ready();
    const record = await this.#tabs.exclusively(async () => {
      const kept = new Set(files.length === 0 ? [] : await this.#files.keys());
      for (const [sha256, bytes] of files) if (!kept.has(sha256)) await this.#files.set(sha256, bytes);
      let made: PluginRecord | null = null;
      await this.#records.update(id, (stored) => {
        const old = stored === undefined ? null : readRecord(id, stored);
        made = change(old);
        return made === null ? stored : { ...made, revision: (old?.revision ?? 0) + 1 };
      });
      return made;
    });
    await this.#reread(id);
    if (record !== null) this.#tabs.post({ tenon: 'changed', id });
    return this.#cache.get(id) ?? null;
  }

  /** @throws PluginError `not-installed` */
  async change(id: string, change: (old: PluginRecord) => PluginRecord): Promise<PluginRecord> {
    await this.get(id);
    const record = await this.commit(id, [], (old) => (old === null ? null : change(old)));
    return record ?? this.get(id);
  }

  /** Removes a record, damaged or not, with its vars and the files that no other record needs. */
  async remove(id: string): Promise<void> {
    await this.#ready();
    await this.#tabs.exclusively(async () => {
      await this.#records.delete([id]);
      await this.#vars.delete([id]);
    });
    await this.#reread(id);
    this.#tabs.post({ tenon: 'changed', id });
    await this.sweep();
  }

  /** Deletes files and vars without a record, left by crashes and removals. */
  async sweep(): Promise<void> {
    await this.#tabs.exclusively(async () => {
      const stored = await this.#records.entries();
      const needed = new Set<string>();
      for (const [id, value] of stored) {
        if (id === blockListKey) continue;
        try {
          filesOf(readRecord(id, value)).forEach((sha256) => needed.add(sha256));
        } catch {
          return; // The files that a damaged or newer record needs are unknown.
        }
      }
      const ids = new Set(stored.map(([id]) => id));
      const [files, vars] = await Promise.all([this.#files.keys(), this.#vars.keys()]);
      await this.#files.delete(files.filter((sha256) => !needed.has(sha256)));
      await this.#vars.delete(vars.filter((id) => !ids.has(id)));
    });
  }

  /**
   * Reads a stored file and verifies its hash.
   * @throws PluginError `record-corrupt`
   */
  async file(id: string, sha256: Sha256Hex): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await this.#files.get(sha256);
    if (!(bytes instanceof Uint8Array)) throw corrupt(id, `the file ${sha256.slice(0, 12)}… is missing`);
    const copy = bytes as Uint8Array<ArrayBuffer>; // IndexedDB never returns shared memory
    if ((await sha256Hex(copy)) !== sha256)
      throw corrupt(id, `the file ${sha256.slice(0, 12)}… does not have its hash`);
    return copy;
  }

  async vars({ id, installation }: PluginRecord): Promise<VarEntry[]> {
    const kept = parseVars(await this.#vars.get(id));
    return kept?.installation === installation ? Array.from(kept.entries) : [];
  }

  /** Writes changed vars; null deletes one. */
  async writeVars({ id, installation }: PluginRecord, changes: ReadonlyMap<string, Uint8Array | null>): Promise<void> {
    // Under the lock, so that a plug-in removed by another tab meanwhile leaves no vars.
    await this.#tabs.exclusively(async () => {
      const stored = await this.#records.get(id);
      if (stored === undefined || readRecord(id, stored).installation !== installation) return;
      await this.#vars.update(id, (old) => {
        const kept = parseVars(old);
        const entries = new Map(kept?.installation === installation ? kept.entries : []);
        for (const [key, value] of changes) {
          if (value === null) entries.delete(key);
          else entries.set(key, value);
        }
        return { installation, entries } satisfies KeptVars;
      });
    });
  }

  /** Returns the hashes of modules and versions that must not run. */
  async blocked(): Promise<ReadonlySet<string>> {
    await this.#ready();
    return this.#blocked;
  }

  async setBlocked(hashes: readonly string[]): Promise<void> {
    await this.#ready();
    await this.#records.set(blockListKey, [...hashes]);
    this.#blocked = new Set(hashes);
    this.#tabs.post({ tenon: 'blocked' });
  }

  close(): void {
    this.#tabs.close();
  }

  #ready(): Promise<void> {
    this.#read ??= this.#readAll().catch((error: unknown) => {
      this.#read = null;
      throw error;
    });
    return this.#read;
  }

  async #readAll(): Promise<void> {
    for (const [id, stored] of await this.#records.entries()) this.#take(id, stored);
    // Removes what a crash left, in the background. A failure is retried at the next start.
    void this.sweep().catch(() => {});
  }

  #take(id: string, stored: unknown): void {
    if (id === blockListKey) {
      this.#blocked = new Set(Array.isArray(stored) ? stored.filter((hash) => typeof hash === 'string') : []);
      return;
    }
    this.#cache.delete(id);
    this.#damaged.delete(id);
    if (stored === undefined) return;
    try {
      this.#cache.set(id, readRecord(id, stored));
    } catch (error) {
      this.#damaged.set(id, error as PluginError); // readRecord throws nothing else
    }
  }

  async #reread(id: string): Promise<void> {
    this.#take(id, await this.#records.get(id));
  }

  async #onMessage(id: string | null): Promise<void> {
    if (this.#read === null) return;
    await this.#read.catch(() => {});
    // A failed read is repeated by the next operation.
    await this.#reread(id ?? blockListKey).catch(() => {
      this.#read = null;
    });
    this.#onExternalChange(id);
  }
}

function parseVars(stored: unknown): KeptVars | null {
  if (typeof stored !== 'object' || stored === null || !('installation' in stored) || !('entries' in stored))
    return null;
  const { installation, entries } = stored;
  if (typeof installation !== 'string' || !(entries instanceof Map)) return null;
  const sound = [...(entries as Map<unknown, unknown>)].every(
    ([key, value]) => typeof key === 'string' && value instanceof Uint8Array,
  );
  return sound ? { installation, entries: entries as Map<string, Uint8Array> } : null;
}
