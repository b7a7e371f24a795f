import { button, make } from '../dom.js';
import { strings } from '../strings.js';

export interface OpeningEvents {
  readonly onFiles: (files: readonly File[]) => void;
  readonly onUrl: (url: string) => void;
}

/** The ways to open a plug-in: a file button, an address field, dropping and pasting anywhere on the page. */
export class Opening {
  readonly #events: OpeningEvents;
  readonly #picker: HTMLInputElement;

  constructor(root: HTMLElement, dropHint: HTMLElement, events: OpeningEvents) {
    this.#events = events;
    this.#picker = make('input', {
      type: 'file',
      hidden: true,
      multiple: true,
      'aria-label': strings.opening.fileLabel,
    });
    this.#picker.addEventListener('change', () => {
      events.onFiles(Array.from(this.#picker.files ?? []));
      // Choosing the same file again opens it again: it may have been rebuilt.
      this.#picker.value = '';
    });
    root.append(
      button(strings.opening.chooseFile, () => this.pick()),
      this.#picker,
      this.#urlForm(),
      make('p', { class: 'small quiet' }, strings.opening.hint),
    );
    this.#listenForDrops(dropHint);
    this.#listenForPastes();
  }

  pick(): void {
    this.#picker.click();
  }

  #urlForm(): HTMLFormElement {
    const complaint = make('p', { class: 'complaint', id: 'url-complaint', role: 'alert', hidden: true });
    const field = make('input', {
      id: 'url',
      class: 'field',
      type: 'url',
      autocomplete: 'off',
      spellcheck: 'false',
      placeholder: strings.opening.addressPlaceholder,
      'aria-describedby': 'url-complaint',
    });
    const form = make(
      'form',
      { class: 'open-url', novalidate: true },
      make('label', { class: 'label', for: 'url' }, strings.opening.address),
      field,
      make('button', { type: 'submit' }, strings.opening.open),
      complaint,
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const url = webAddress(field.value);
      complaint.hidden = url !== null;
      complaint.textContent = url === null ? strings.opening.addressRule : '';
      field.setAttribute('aria-invalid', String(url === null));
      if (url === null) return field.focus();
      field.value = '';
      this.#events.onUrl(url);
    });
    return form;
  }

  #listenForDrops(hint: HTMLElement): void {
    let depth = 0;
    const show = (change: number): void => {
      depth = Math.max(0, depth + change);
      hint.hidden = depth === 0;
    };
    addEventListener('dragenter', (event) => show(isOpenable(event.dataTransfer) ? 1 : 0));
    addEventListener('dragleave', (event) => show(isOpenable(event.dataTransfer) ? -1 : 0));
    addEventListener('dragover', (event) => {
      if (isOpenable(event.dataTransfer)) event.preventDefault();
    });
    addEventListener('drop', (event) => {
      show(-depth);
      if (!isOpenable(event.dataTransfer)) return;
      event.preventDefault();
      this.#take(event.dataTransfer);
    });
  }

  #listenForPastes(): void {
    addEventListener('paste', (event) => {
      if (event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement) return;
      this.#take(event.clipboardData);
    });
  }

  #take(data: DataTransfer | null): void {
    if (data === null) return;
    const files = Array.from(data.files);
    if (files.length > 0) return this.#events.onFiles(files);
    const text = (data.getData('text/uri-list') || data.getData('text/plain')).trim();
    const url = /^https?:/iu.test(text) ? webAddress(text) : null;
    if (url !== null) this.#events.onUrl(url);
  }
}

/** Returns whether a drop holds a file or an address. Text dragged between fields is left to the browser. */
function isOpenable(data: DataTransfer | null): boolean {
  return data !== null && (data.types.includes('Files') || data.types.includes('text/uri-list'));
}

function webAddress(text: string): string | null {
  if (text.trim() === '' || !URL.canParse(text, document.baseURI)) return null;
  const url = new URL(text, document.baseURI);
  return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null;
}
