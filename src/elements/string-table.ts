import { type ElementStrings, englishStrings } from './strings.js';

/** A text that is looked up when it is shown, so that it follows `setStrings`. */
export type Message = (strings: ElementStrings) => string;

/**
 * Where a document keeps the texts of its elements. Elements are registered once per document, by whichever copy of the
 * package loads first; so the texts belong to the document too, and every copy finds them by this name.
 */
const key: unique symbol = Symbol.for('tenon.elements.strings');
const changeEvent = 'tenon-strings-change';

type StringsDocument = Document & { [key]?: Partial<ElementStrings> };

/**
 * Replaces texts of all elements in this document, before or after they are connected. Keys that `strings` leaves out have
 * their English text: each call starts from the English table again.
 * @example
 * setStrings({ uploadChooseFile: 'Datei wählen', listRemoved: ({ name }) => `${name} wurde entfernt.` });
 */
export function setStrings(strings: Partial<ElementStrings>): void {
  (document as StringsDocument)[key] = strings;
  document.dispatchEvent(new Event(changeEvent));
}

/** Returns the texts that hold in a document now. */
export function stringsOf(document: Document): ElementStrings {
  return { ...englishStrings, ...(document as StringsDocument)[key] };
}

/** Calls `listener` whenever the texts of a document are replaced, until the returned function is called. */
export function onStringsChange(document: Document, listener: () => void): () => void {
  document.addEventListener(changeEvent, listener);
  return () => document.removeEventListener(changeEvent, listener);
}
