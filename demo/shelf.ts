import { type Entry, fileEntry, type OwnEntry, urlEntry } from './entries.js';
import { loadExamples } from './examples.js';
import { Remembered } from './remembered.js';

export interface Undo {
  readonly sentence: string;
  readonly act: () => void;
}

/** All plug-ins there are to choose from, and what was just removed or replaced. */
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
    // What was opened meanwhile stays.
    this.own = [...own.filter(({ id }) => this.find(id) === null), ...this.own];
    this.#onChange();
  }

  find(id: string | null): Entry | null {
    return [...this.examples, ...this.own].find((entry) => entry.id === id) ?? null;
  }

  entryFor(source: File | string): OwnEntry {
    return typeof source === 'string' ? urlEntry(source, Date.now()) : fileEntry(source.name, source, Date.now());
  }

  /** Lists and remembers an entry, in the place of one with the same name. False: it could not be kept for the next visit. */
  async add(entry: OwnEntry): Promise<boolean> {
    const before = this.own.find(({ id }) => id === entry.id);
    if (before === entry) return true;
    this.own = before === undefined ? [...this.own, entry] : this.own.with(this.own.indexOf(before), entry);
    const replaces = before?.kind === 'file' && entry.kind === 'file' && !(await sameBytes(before.blob, entry.blob));
    this.undo = replaces ? { sentence: `Replaced ${entry.title}.`, act: () => void this.#putBack(before) } : null;
    const kept = await this.#remembered.keep(entry);
    this.#onChange();
    return kept;
  }

  /** What is shown is what is kept: a page that is left at once comes back as it was seen. */
  async remove(entry: OwnEntry): Promise<void> {
    await this.#remembered.forget(entry.id);
    this.own = this.own.filter(({ id }) => id !== entry.id);
    this.undo = { sentence: `Removed ${entry.title}.`, act: () => void this.#putBack(entry) };
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
      this.examplesProblem = `The examples could not be loaded: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
}

async function sameBytes(a: Blob, b: Blob): Promise<boolean> {
  if (a.size !== b.size) return false;
  const [left, right] = await Promise.all([a.arrayBuffer(), b.arrayBuffer()]);
  const other = new Uint8Array(right);
  return new Uint8Array(left).every((byte, index) => byte === other[index]);
}
