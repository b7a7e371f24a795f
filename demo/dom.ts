import { strings } from './strings.js';

/** Returns the element with that id, of the expected kind. The page's HTML contains it. */
export function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new TypeError(`Expected a ${kind.name} with the id "${id}" in the page, found ${found?.tagName ?? 'nothing'}`);
}

type Attribute = string | number | boolean | undefined;
type Child = Node | string;

/**
 * Creates an element. Children that are strings become text nodes, so names and outputs of plug-ins are never parsed as
 * markup. An attribute of `true` is set without a value; `false` and `undefined` are left out.
 */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, Attribute>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children);
  return element;
}

/** Creates a button that calls `act` when it is activated, unless `setDisabled` disabled it. */
export function button(
  label: string,
  act: () => void,
  attributes: Readonly<Record<string, Attribute>> = {},
): HTMLButtonElement {
  const made = make('button', { type: 'button', ...attributes }, label);
  made.addEventListener('click', () => {
    if (made.getAttribute('aria-disabled') !== 'true') act();
  });
  return made;
}

/** Disables a button, which keeps the focus. */
export function setDisabled(element: HTMLButtonElement, disabled: boolean): void {
  if (disabled) element.setAttribute('aria-disabled', 'true');
  else element.removeAttribute('aria-disabled');
}

/** A group of radio buttons; `name` groups them. */
export class Choice<Value extends string> {
  readonly element: HTMLFieldSetElement;
  readonly #radios: readonly HTMLInputElement[];

  constructor(
    name: string,
    legend: string,
    options: readonly (readonly [value: Value, label: string])[],
    onPick: (value: Value) => void,
  ) {
    this.#radios = options.map(([value]) => make('input', { type: 'radio', name, value }));
    this.element = make(
      'fieldset',
      { class: 'choice' },
      make('legend', { class: 'unseen' }, legend),
      ...options.map(([value, label], index) => {
        const radio = this.#radios[index];
        radio?.addEventListener('change', () => onPick(value));
        return make('label', {}, ...(radio === undefined ? [] : [radio]), make('span', {}, label));
      }),
    );
  }

  show(value: Value): void {
    for (const radio of this.#radios) radio.checked = radio.value === value;
  }
}

/** Creates a button that copies a text and shows for a moment whether it did. */
export function copyButton(label: string, text: () => string): HTMLButtonElement {
  const made = button(
    strings.copy.copy,
    () => {
      void copyText(text()).then((copied) => {
        made.textContent = copied ? strings.copy.copied : strings.copy.failed;
        setTimeout(() => {
          made.textContent = strings.copy.copy;
        }, 1_500);
      });
    },
    { class: 'bare', 'aria-label': label },
  );
  return made;
}

async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** Copies without the clipboard API, which insecure origins lack. */
function copyBySelection(text: string): boolean {
  const area = make('textarea', { class: 'unseen', 'aria-hidden': 'true' });
  area.value = text;
  document.body.append(area);
  const focused = document.activeElement;
  area.select();
  // oxlint-disable-next-line typescript/no-deprecated -- nothing else copies on plain http
  const copied = document.execCommand('copy');
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return copied;
}

/** Announces a sentence to screen readers through a polite live region. */
export function announce(sentence: string): void {
  byId('announcer', HTMLParagraphElement).textContent = sentence;
}

/**
 * Writes the texts of `strings.page` into the elements that name them: `data-text` names the text content, `data-label` the
 * accessible name.
 */
export function fillTexts(): void {
  const texts = new Map<string | undefined, string>(Object.entries(strings.page));
  for (const element of document.querySelectorAll<HTMLElement>('[data-text], [data-label]')) {
    const { text, label } = element.dataset;
    if (text !== undefined) element.textContent = texts.get(text) ?? '';
    if (label !== undefined) element.setAttribute('aria-label', texts.get(label) ?? '');
  }
}
