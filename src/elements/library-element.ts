import { LitElement, type PropertyDeclarations, type PropertyValues } from 'lit';
import type { Library } from '../library/library.js';
import { sayError } from './strings.js';

/** An element that shows something of a library, and looks again whenever it changes. */
export abstract class LibraryElement extends LitElement {
  static override readonly properties: PropertyDeclarations = { library: { attribute: false } };
  declare library: Library | null;
  /** What went wrong last, as a sentence. */
  protected failure: string | null = null;
  #heard: Library | null = null;
  readonly #onChange = (): void => void this.attempt(() => this.look());

  constructor() {
    super();
    this.library = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#listen(this.library);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#listen(null);
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('library') || changed.has('pluginId')) {
      this.#listen(this.library);
      this.#onChange();
    }
  }

  /** Reads what the element shows. */
  protected abstract look(): Promise<void>;

  /** Does something that may fail, and shows how it went. */
  protected async attempt(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.failure = sayError(error);
    }
    this.requestUpdate();
  }

  #listen(library: Library | null): void {
    if (library === this.#heard) return;
    this.#heard?.removeEventListener('change', this.#onChange);
    this.#heard = library;
    library?.addEventListener('change', this.#onChange);
  }
}
