import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

/** Lines that come and go together. */
export const linesEach = 50;
/** What a line takes that nobody has measured. */
const estimatedPx = 18;

interface Numbered {
  /** Names the line for good. */
  readonly number: number;
}

/**
 * Shows long lists of lines of any height, with only those near the view in the document. Lines are grouped by their
 * numbers; a group that is out of sight is an empty box as high as it was.
 */
export class LineWindow {
  readonly #onChange: () => void;
  /** Groups in sight, by their numbers. */
  readonly #near = new Set<number>();
  #observed = new WeakSet<Element>();
  #observer: IntersectionObserver | null = null;

  /** `onChange`: other lines are to be shown. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  render<Line extends Numbered>(lines: readonly Line[], lineOf: (line: Line) => TemplateResult): TemplateResult {
    const groups = new Map<number, Line[]>();
    for (const line of lines) {
      const group = Math.floor(line.number / linesEach);
      const known = groups.get(group);
      if (known === undefined) groups.set(group, [line]);
      else known.push(line);
    }
    // The last are there from the start: they are looked at before anything can be observed.
    const last = new Set([...groups.keys()].slice(-2));
    return html`${repeat(
      groups,
      ([group]) => group,
      ([group, members]) =>
        html`<div class="group" data-group=${group} data-lines=${members.length}>
          ${this.#near.has(group) || last.has(group) ? repeat(members, ({ number }) => number, lineOf) : nothing}
        </div>`,
    )}`;
  }

  /** After each rendering into `root`, which scrolls. */
  observe(root: Element): void {
    this.#observer ??= new IntersectionObserver((entries) => this.#move(entries), { root, rootMargin: '400px 0px' });
    for (const group of root.querySelectorAll<HTMLElement>('.group')) {
      const { lines, measured } = group.dataset;
      if (group.childElementCount > 0) release(group);
      else if (lines !== measured) setHeight(group, Number(lines) * estimatedPx);
      if (this.#observed.has(group)) continue;
      this.#observed.add(group);
      this.#observer.observe(group);
    }
  }

  disconnect(): void {
    this.#observer?.disconnect();
    this.#observer = null;
    this.#observed = new WeakSet();
  }

  #move(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting, boundingClientRect } of entries) {
      const group = target as HTMLElement; // what observe() observes
      const number = Number(group.dataset['group']);
      if (isIntersecting) this.#near.add(number);
      else if (this.#near.delete(number)) setHeight(group, boundingClientRect.height);
    }
    this.#onChange();
  }
}

/** It holds as long as the group has as many lines. */
function setHeight(group: HTMLElement, px: number): void {
  group.style.blockSize = `${px}px`;
  group.dataset['measured'] = group.dataset['lines'];
}

function release(group: HTMLElement): void {
  group.style.blockSize = '';
  delete group.dataset['measured'];
}
