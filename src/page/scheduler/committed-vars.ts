import type { VarChange } from '../../contract/var-change.js';

/**
 * The committed vars of a plug-in: a new instance starts with them, and all instances share them. A deleted var leaves nothing behind:
 * otherwise a plug-in could fill the page's memory with the keys of vars that it sets and deletes.
 */
export class CommittedVars {
  readonly #entries = new Map<string, { readonly value: Uint8Array; readonly version: number }>();
  readonly #onCommit: ((changes: readonly VarChange[]) => void) | null;
  #version = 0;

  constructor(initial: ReadonlyMap<string, Uint8Array>, onCommit: ((changes: readonly VarChange[]) => void) | null) {
    this.#onCommit = onCommit;
    if (initial.size === 0) return;
    this.#version = 1;
    for (const [key, value] of initial) this.#entries.set(key, { value, version: 1 });
  }

  get version(): number {
    return this.#version;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  all(): VarChange[] {
    return Array.from(this.#entries, ([key, { value }]) => [key, value]);
  }

  /** Applies the changes of one call. Returns the version that includes them. */
  commit(changes: readonly VarChange[]): number {
    this.#version += 1;
    for (const [key, value] of changes) {
      if (value === null) this.#entries.delete(key);
      else this.#entries.set(key, { value, version: this.#version });
    }
    this.#notify(changes);
    return this.#version;
  }

  /** Returns what changed after `version` for an instance that has the vars `keys`, or null if nothing did. */
  since(version: number, keys: ReadonlySet<string>): VarChange[] | null {
    if (version === this.#version) return null;
    const changes: VarChange[] = [];
    for (const key of keys) if (!this.#entries.has(key)) changes.push([key, null]);
    for (const [key, entry] of this.#entries) if (entry.version > version) changes.push([key, entry.value]);
    return changes;
  }

  /** Calls the app's `onVars`. An error that it throws is reported, and does not fail the plug-in's call. */
  #notify(changes: readonly VarChange[]): void {
    try {
      this.#onCommit?.(changes);
    } catch (error) {
      reportError(error);
    }
  }
}

/** Which of the committed vars an instance has. */
export class InstanceVars {
  readonly #committed: CommittedVars;
  readonly #keys = new Set<string>();
  /** The version of the committed vars up to which the instance has all changes; 0 if it has none. */
  #version = 0;

  constructor(committed: CommittedVars) {
    this.#committed = committed;
  }

  /** Returns the changes that the instance lacks, or null if it lacks none, and a function to call once they were sent. */
  missing(): readonly [changes: VarChange[] | null, sent: () => void] {
    const { version } = this.#committed;
    const changes = this.#committed.since(this.#version, this.#keys);
    const sent = (): void => {
      this.#version = version;
      this.#remember(changes ?? []);
    };
    return [changes, sent];
  }

  /** Commits what the instance changed. */
  commit(changes: readonly VarChange[]): void {
    if (changes.length === 0) return;
    const version = this.#committed.commit(changes);
    if (this.#version === version - 1) this.#version = version;
    this.#remember(changes);
  }

  /** The instance was replaced by one without vars. */
  clear(): void {
    this.#version = 0;
    this.#keys.clear();
  }

  #remember(changes: readonly VarChange[]): void {
    for (const [key, value] of changes) {
      if (value === null) this.#keys.delete(key);
      else this.#keys.add(key);
    }
  }
}
