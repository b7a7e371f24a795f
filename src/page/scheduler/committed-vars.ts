import type { VarChange } from '../../contract/var-change.js';

/** The vars of the last completed calls: what a new instance starts with, and what instances of one plug-in share. */
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

  /** Applies what a call changed. Returns the version that includes it. */
  commit(changes: readonly VarChange[]): number {
    this.#version += 1;
    for (const [key, value] of changes) this.#entries.set(key, { value, version: this.#version });
    this.#notify(changes);
    return this.#version;
  }

  /** Returns what was committed after `version`; null if nothing was. */
  since(version: number): VarChange[] | null {
    if (version === this.#version) return null;
    const changes: VarChange[] = [];
    for (const [key, entry] of this.#entries) {
      if (entry.version > version) changes.push([key, entry.value]);
    }
    return changes;
  }

  /** A callback of the app that throws must not fail the plug-in's call. */
  #notify(changes: readonly VarChange[]): void {
    try {
      this.#onCommit?.(changes);
    } catch (error) {
      reportError(error);
    }
  }
}
