import { make } from '../dom.js';
import { strings } from '../strings.js';

export type PanelName = 'plugins' | 'work' | 'inspector' | 'log';

const labels: readonly (readonly [name: PanelName, label: string])[] = [
  ['plugins', strings.tabs.plugins],
  ['work', strings.tabs.work],
  ['inspector', strings.tabs.inspector],
  ['log', strings.tabs.log],
];

/** Shows the panes as tabs on narrow screens. On wide screens all panes are visible, and there are no tabs. */
export class Tabs {
  readonly #panels: ReadonlyMap<PanelName, HTMLElement>;
  readonly #tabs = new Map<PanelName, HTMLButtonElement>();
  readonly #narrow = matchMedia('(max-width: 1023.98px)');

  constructor(root: HTMLElement, panels: readonly HTMLElement[]) {
    this.#panels = new Map(
      labels.flatMap(([name]) => {
        const panel = panels.find(({ dataset }) => dataset['panel'] === name);
        return panel === undefined ? [] : [[name, panel] as const];
      }),
    );
    for (const [name, label] of labels) {
      const tab = make('button', { type: 'button', role: 'tab', id: `tab-${name}` }, label);
      tab.addEventListener('click', () => this.show(name));
      tab.addEventListener('keydown', (event) => this.#onKey(event, name));
      this.#tabs.set(name, tab);
      root.append(tab);
    }
    this.#narrow.addEventListener('change', () => this.#setRoles());
    this.#setRoles();
    this.show('work');
  }

  show(shown: PanelName): void {
    for (const [name, tab] of this.#tabs) {
      const selected = name === shown;
      tab.setAttribute('aria-selected', String(selected));
      tab.tabIndex = selected ? 0 : -1;
      this.#panels.get(name)?.classList.toggle('is-shown', selected);
    }
  }

  setBadge(name: PanelName, count: number): void {
    const label = labels.find(([one]) => one === name)?.[1] ?? name;
    const tab = this.#tabs.get(name);
    if (tab !== undefined) tab.textContent = strings.tabs.withCount(label, count);
  }

  #onKey(event: KeyboardEvent, from: PanelName): void {
    const names = labels.map(([name]) => name);
    const at = names.indexOf(from);
    const targets = new Map([
      ['ArrowRight', at + 1],
      ['ArrowLeft', at - 1],
      ['Home', 0],
      ['End', names.length - 1],
    ]);
    const target = targets.get(event.key);
    const name = target === undefined ? undefined : names[(target + names.length) % names.length];
    if (name === undefined) return;
    event.preventDefault();
    this.show(name);
    this.#tabs.get(name)?.focus();
  }

  /** Makes the body inside each landmark the tab panel, so that `main` and `nav` keep their roles. */
  #setRoles(): void {
    for (const [name, panel] of this.#panels) {
      const body = panel.querySelector<HTMLElement>('[data-body]');
      if (body === null) continue;
      if (body.id === '') body.id = `body-${name}`;
      this.#tabs.get(name)?.setAttribute('aria-controls', body.id);
      body.dataset['role'] ??= body.getAttribute('role') ?? '';
      body.dataset['labelledby'] ??= body.getAttribute('aria-labelledby') ?? '';
      setOrRemove(body, 'role', this.#narrow.matches ? 'tabpanel' : body.dataset['role']);
      setOrRemove(body, 'aria-labelledby', this.#narrow.matches ? `tab-${name}` : body.dataset['labelledby']);
    }
  }
}

function setOrRemove(element: HTMLElement, attribute: string, value: string): void {
  if (value === '') element.removeAttribute(attribute);
  else element.setAttribute(attribute, value);
}
