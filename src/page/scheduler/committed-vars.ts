import type { VarChange } from '../../contract/var-change.js';

/** The committed vars of a plug-in: a new instance starts with them, and all instances share them. */
export class CommittedVars {
  readonly #entries = new Map<string, { readonly value: Uint8Array | null; readonly version: number }>();
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

  /** Applies the changes of one call. Returns the version that includes them. */
  commit(changes: readonly VarChange[]): number {
    this.#version += 1;
    for (const [key, value] of changes) this.#entries.set(key, { value, version: this.#version });
    this.#notify(changes);
    return this.#version;
  }

  /** Returns the changes that were committed after `version`, or null if there are none. */
  since(version: number): VarChange[] | null {
    if (version === this.#version) return null;
    const changes: VarChange[] = [];
    for (const [key, entry] of this.#entries) {
      if (entry.version > version) changes.push([key, entry.value]);
    }
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
