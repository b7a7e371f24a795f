import type { PropertyDeclarations, PropertyValues } from 'lit';
import type { Library } from '../library/library.js';
import { errorMessage, LocalizedElement } from './localized-element.js';
import type { Message } from './string-table.js';

/** An element that shows a part of a library, and reads it again whenever the library changes. */
export abstract class LibraryElement extends LocalizedElement {
  static override readonly properties: PropertyDeclarations = { library: { attribute: false } };
  declare library: Library | null;
  /** The last error. */
  protected failure: Message | null = null;
  #observed: Library | null = null;
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

  /** Runs `work`, and shows the error if it fails. */
  protected async attempt(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.failure = errorMessage(error);
    }
    this.requestUpdate();
  }

  #listen(library: Library | null): void {
    if (library === this.#observed) return;
    this.#observed?.removeEventListener('change', this.#onChange);
    this.#observed = library;
    library?.addEventListener('change', this.#onChange);
  }
}
