import { button, make } from '../dom.js';
import type { Entry, OwnEntry } from '../entries.js';
import { showSize } from '../format.js';
import { strings } from '../strings.js';

export interface PluginListEvents {
  readonly onChoose: (entry: Entry) => void;
  readonly onRemove: (entry: OwnEntry) => void;
}

export interface PluginListContent {
  readonly examples: readonly Entry[];
  /** Why the examples did not load; null if they did. */
  readonly examplesProblem: string | null;
  readonly own: readonly OwnEntry[];
  readonly currentId: string | null;
  /** The last removal or replacement, and how to undo it. */
  readonly undo: { readonly sentence: string; readonly act: () => void } | null;
}

/** Lists the plug-ins to choose from: the examples and those that the user opened. */
export class PluginList {
  readonly #root: HTMLElement;
  readonly #events: PluginListEvents;

  constructor(root: HTMLElement, events: PluginListEvents) {
    this.#root = root;
    this.#events = events;
  }

  show({ examples, examplesProblem, own, currentId, undo }: PluginListContent): void {
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset['key'] : undefined;
    this.#root.replaceChildren(
      make('h3', { id: 'examples-heading' }, strings.list.examples),
      examplesProblem === null
        ? this.#list('examples-heading', examples, currentId)
        : make('p', { class: 'small quiet wraps' }, examplesProblem),
      make('h3', { id: 'own-heading' }, strings.list.own),
      own.length === 0
        ? make('p', { class: 'small quiet' }, strings.list.noneYet)
        : this.#list('own-heading', own, currentId),
    );
    if (undo !== null) this.#root.append(renderUndo(undo));
    this.#refocus(focused);
  }

  focusUndo(): void {
    this.#refocus('undo');
  }

  #refocus(key: string | undefined): void {
    if (key === undefined) return;
    for (const element of this.#root.querySelectorAll<HTMLElement>('[data-key]')) {
      if (element.dataset['key'] === key) element.focus();
    }
  }

  #list(labelledBy: string, entries: readonly Entry[], currentId: string | null): HTMLElement {
    const lines = entries.map((entry) => this.#line(entry, entry.id === currentId));
    return make('ul', { 'aria-labelledby': labelledBy }, ...lines);
  }

  #line(entry: Entry, current: boolean): HTMLElement {
    const choose = button('', () => this.#events.onChoose(entry), {
      class: 'plugin-choose',
      'data-key': `choose ${entry.id}`,
      'aria-current': current ? 'true' : undefined,
    });
    choose.append(
      make('span', { class: 'plugin-name clips' }, entry.title),
      make('span', { class: 'plugin-detail clips' }, detailOf(entry)),
    );
    if (entry.kind === 'example') return make('li', { class: 'plugin' }, choose);
    const remove = button(strings.list.remove, () => this.#events.onRemove(entry), {
      class: 'bare',
      'aria-label': strings.list.removeLabel(entry.title),
    });
    return make('li', { class: 'plugin' }, choose, remove);
  }
}

function detailOf(entry: Entry): string {
  switch (entry.kind) {
    case 'example':
      return entry.file;
    case 'file':
      return showSize(entry.blob.size);
    case 'url':
      return new URL(entry.url).host;
  }
}

function renderUndo({ sentence, act }: { readonly sentence: string; readonly act: () => void }): HTMLElement {
  return make(
    'div',
    { class: 'undo' },
    make('span', { class: 'wraps' }, sentence),
    button(strings.list.undo, act, { class: 'bare', 'data-key': 'undo' }),
  );
}
