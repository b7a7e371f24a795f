import { button, Choice, copyButton, make } from '../dom.js';
import { showHex } from '../format.js';
import { isJson, layOutJson } from '../json-layout.js';
import { strings } from '../strings.js';

type Layout = 'text' | 'json' | 'hex';

/** More than this is shown on demand: layout of more text blocks the page. */
const shownCharacters = 100_000;
const shownHexBytes = 16_384;

export interface ShownOutput {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Null for a file, which no call returned. */
  readonly times: { readonly totalMs: number; readonly guestMs: number } | null;
  /** The name of the saved file, without its extension. */
  readonly name: string;
}

/** Shows the output of a call, its progress or its failure. */
export class OutputView {
  readonly #figures = make('p', { class: 'figure quiet' });
  readonly #tools = make('div', { class: 'output-tools', hidden: true });
  readonly #body = make('div', { class: 'output-body' });
  readonly #layouts: Choice<Layout>;
  #output: ShownOutput | null = null;
  #picked: Layout | null = null;
  #shown = '';

  constructor(root: HTMLElement) {
    this.#layouts = new Choice(
      'layout',
      strings.output.layouts,
      [
        ['text', strings.output.text],
        ['json', strings.output.json],
        ['hex', strings.output.hex],
      ],
      (layout) => {
        this.#picked = layout;
        this.#render(false);
      },
    );
    this.#tools.append(
      this.#layouts.element,
      copyButton(strings.output.copy, () => this.#shown),
      button(strings.output.save, () => this.#save(), { class: 'bare', 'aria-label': strings.output.saveLabel }),
    );
    const heading = make('h2', { id: 'output-heading' }, strings.output.title);
    root.append(make('div', { class: 'output-head' }, heading, this.#figures, this.#tools), this.#body);
  }

  /** Shows something else than output: progress, a failure or a hint. */
  showInstead(...content: readonly (Node | string)[]): void {
    this.#output = null;
    this.#tools.hidden = true;
    this.#figures.textContent = '';
    this.#body.replaceChildren(...content);
  }

  showOutput(output: ShownOutput): void {
    this.#output = output;
    this.#tools.hidden = output.bytes.length === 0;
    const { bytes, times, name } = output;
    const { figures, fileFigures, inWorker } = strings.output;
    this.#figures.textContent = times === null ? fileFigures(name, bytes.length) : figures(bytes.length, times.totalMs);
    this.#figures.title = times === null ? '' : inWorker(times.guestMs);
    this.#render(false);
  }

  #render(all: boolean): void {
    if (this.#output === null) return;
    const { bytes } = this.#output;
    if (bytes.length === 0) {
      this.#body.replaceChildren(make('p', { class: 'empty' }, strings.output.empty));
      return;
    }
    const layout = this.#picked ?? bestLayout(bytes);
    this.#layouts.show(layout);
    const { text, note } = layOut(bytes, layout, all);
    this.#shown = text.whole;
    const pre = make('pre', {
      class: `output-${layout === 'hex' ? 'hex' : 'text'}`,
      tabindex: 0,
      'aria-label': strings.output.title,
      role: 'region',
    });
    pre.textContent = text.shown;
    this.#body.replaceChildren(...(note === null ? [] : [make('p', { class: 'note' }, note)]), pre);
    if (text.rest !== '') {
      const more = make('p', { class: 'output-more small quiet' }, `${text.rest} `);
      more.append(button(strings.output.showAll, () => this.#render(true), { class: 'bare' }));
      this.#body.append(more);
    }
  }

  #save(): void {
    if (this.#output === null) return;
    const url = URL.createObjectURL(new Blob([this.#output.bytes]));
    const json = bestLayout(this.#output.bytes) === 'json';
    make('a', { href: url, download: `${this.#output.name}.${json ? 'json' : 'txt'}` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }
}

interface LaidOut {
  readonly text: { readonly shown: string; readonly whole: string; readonly rest: string };
  readonly note: string | null;
}

function layOut(bytes: Uint8Array, layout: Layout, all: boolean): LaidOut {
  if (layout === 'hex') {
    const part = all ? bytes : bytes.subarray(0, shownHexBytes);
    const shown = showHex(part, matchMedia('(max-width: 700px)').matches ? 8 : 16);
    const rest = part.length < bytes.length ? strings.output.moreBytes(bytes.length - part.length) : '';
    return { text: { shown, whole: shown, rest }, note: null };
  }
  const plain = new TextDecoder().decode(bytes);
  const json = layout === 'json' && isJson(plain);
  const whole = json ? layOutJson(plain) : plain;
  const shown = all ? whole : whole.slice(0, shownCharacters);
  const rest = shown.length < whole.length ? strings.output.moreCharacters(whole.length - shown.length) : '';
  return { text: { shown, whole, rest }, note: layout === 'json' && !json ? strings.output.notJson : noteOf(bytes) };
}

function noteOf(bytes: Uint8Array): string | null {
  return isUtf8(bytes) ? null : strings.output.notUtf8;
}

function bestLayout(bytes: Uint8Array): Layout {
  if (!isUtf8(bytes)) return 'hex';
  const first = new TextDecoder().decode(bytes.subarray(0, 64)).trimStart().charAt(0);
  return (first === '{' || first === '[') && isJson(new TextDecoder().decode(bytes)) ? 'json' : 'text';
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
