/** The element with that id, of the expected kind. The page's own markup promises it. */
export function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new TypeError(`index.html has no ${kind.name} with the id "${id}"`);
}

type Attribute = string | number | boolean | undefined;
type Child = Node | string;

/**
 * Makes an element. Children that are strings become text, whatever is in them: names and outputs of plug-ins are never
 * read as markup. An attribute of `true` is set without a value, `false` and `undefined` are left out.
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

/** A button; `act` runs on pointer and keyboard alike, but not while it is disabled for assistive technology too. */
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

/** Disables a button without taking the focus from it. */
export function setDisabled(element: HTMLButtonElement, disabled: boolean): void {
  if (disabled) element.setAttribute('aria-disabled', 'true');
  else element.removeAttribute('aria-disabled');
}

/** A choice of a few, as radio buttons; `name` groups them. */
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

/** Copies text and says so on the button for a moment. */
export function copyButton(label: string, text: () => string): HTMLButtonElement {
  const made = button(
    'Copy',
    () => {
      void copyText(text()).then((copied) => {
        made.textContent = copied ? 'Copied' : 'Not copied';
        setTimeout(() => {
          made.textContent = 'Copy';
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

/** For insecure origins, which have no clipboard API. */
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

/** Says something to screen readers, politely. */
export function announce(sentence: string): void {
  byId('announcer', HTMLParagraphElement).textContent = sentence;
}
