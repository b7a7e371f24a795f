import { type Entry, fileEntry, type OwnEntry, urlEntry } from './entries.js';
import { loadExamples } from './examples.js';
import { Remembered } from './remembered.js';
import { strings } from './strings.js';

export interface Undo {
  readonly sentence: string;
  readonly act: () => void;
}

/** The list of plug-ins to choose from, and the last removal or replacement, which can be undone. */
export class Shelf {
  readonly #remembered = new Remembered();
  readonly #onChange: () => void;
  examples: readonly Entry[] = [];
  examplesProblem: string | null = null;
  own: readonly OwnEntry[] = [];
  undo: Undo | null = null;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  async load(): Promise<void> {
    const [own] = await Promise.all([this.#remembered.list(), this.#loadExamples()]);
    // Plug-ins opened meanwhile stay.
    this.own = [...own.filter(({ id }) => this.find(id) === null), ...this.own];
    this.#onChange();
  }

  find(id: string | null): Entry | null {
    return [...this.examples, ...this.own].find((entry) => entry.id === id) ?? null;
  }

  entryFor(source: File | string): OwnEntry {
    return typeof source === 'string' ? urlEntry(source, Date.now()) : fileEntry(source.name, source, Date.now());
  }

  /** Lists and stores an entry, in the place of one with the same name. Resolves with whether it was stored. */
  async add(entry: OwnEntry): Promise<boolean> {
    const before = this.own.find(({ id }) => id === entry.id);
    if (before === entry) return true;
    this.own = before === undefined ? [...this.own, entry] : this.own.with(this.own.indexOf(before), entry);
    const replaces = before?.kind === 'file' && entry.kind === 'file' && !(await sameBytes(before.blob, entry.blob));
    this.undo = replaces
      ? { sentence: strings.list.replaced(entry.title), act: () => void this.#putBack(before) }
      : null;
    const kept = await this.#remembered.keep(entry);
    this.#onChange();
    return kept;
  }

  /** Removes an entry. The list changes after storage does, so that a page left at once comes back as it was shown. */
  async remove(entry: OwnEntry): Promise<void> {
    await this.#remembered.forget(entry.id);
    this.own = this.own.filter(({ id }) => id !== entry.id);
    this.undo = { sentence: strings.list.removed(entry.title), act: () => void this.#putBack(entry) };
    this.#onChange();
  }

  async #putBack(entry: OwnEntry): Promise<void> {
    await this.#remembered.keep(entry);
    const others = this.own.filter(({ id }) => id !== entry.id);
    this.own = [...others, entry].sort((a, b) => a.addedAt - b.addedAt);
    this.undo = null;
    this.#onChange();
  }

  async #loadExamples(): Promise<void> {
    try {
      this.examples = await loadExamples();
    } catch (error) {
      this.examplesProblem = strings.examples.notLoaded(error instanceof Error ? error.message : String(error));
    }
  }
}

async function sameBytes(a: Blob, b: Blob): Promise<boolean> {
  if (a.size !== b.size) return false;
  const [left, right] = await Promise.all([a.arrayBuffer(), b.arrayBuffer()]);
  const other = new Uint8Array(right);
  return new Uint8Array(left).every((byte, index) => byte === other[index]);
}
