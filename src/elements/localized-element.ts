import { LitElement } from 'lit';
import { isPluginError } from '../contract/errors.js';
import type { ElementStrings } from './strings.js';
import { type Message, onStringsChange, stringsOf } from './string-table.js';

/** An element whose texts come from the document's table, and which renders again when they are replaced. */
export abstract class LocalizedElement extends LitElement {
  protected strings: ElementStrings = stringsOf(document);
  #stopListening = (): void => {};

  override connectedCallback(): void {
    super.connectedCallback();
    this.#readStrings();
    this.#stopListening();
    this.#stopListening = onStringsChange(this.ownerDocument, () => this.#readStrings());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stopListening();
  }

  /** Returns the message in the language shown now; the empty string for none. */
  protected textOf(message: Message | null): string {
    return message?.(this.strings) ?? '';
  }

  #readStrings(): void {
    this.strings = stringsOf(this.ownerDocument);
    this.requestUpdate();
  }
}

/** Returns the message for something thrown. */
export function errorMessage(error: unknown): Message {
  const { code, fix = '' } = isPluginError(error) ? error : { code: null };
  const message = error instanceof Error ? error.message : String(error);
  return (strings) => strings.error({ code, message, fix });
}
