import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

/** Lines in one group: a group is rendered, or removed, as a whole. */
export const linesEach = 50;
/** The height of a line that has not been measured. */
const estimatedPx = 18;

interface Numbered {
  /** Identifies the line, and never changes. */
  readonly number: number;
}

/**
 * Renders a long list of lines of any height, with only the lines near the viewport in the document. Lines are grouped by
 * their numbers. A group outside the viewport is an empty box of the height that it had.
 */
export class LineWindow {
  readonly #onChange: () => void;
  /** The numbers of the groups near the viewport. */
  readonly #near = new Set<number>();
  #observed = new WeakSet<Element>();
  #observer: IntersectionObserver | null = null;

  /** @param onChange called when other lines have to be rendered */
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
    // The last groups are rendered at once: they are in view before the observer reports.
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

  /** Observes the rendered groups. Call it after each rendering into `root`, the scrolling element. */
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
      const group = target as HTMLElement; // observe() observes only these
      const number = Number(group.dataset['group']);
      if (isIntersecting) this.#near.add(number);
      else if (this.#near.delete(number)) setHeight(group, boundingClientRect.height);
    }
    this.#onChange();
  }
}

/** Sets the height of an empty group. It is valid until the group's number of lines changes. */
function setHeight(group: HTMLElement, px: number): void {
  group.style.blockSize = `${px}px`;
  group.dataset['measured'] = group.dataset['lines'];
}

function release(group: HTMLElement): void {
  group.style.blockSize = '';
  delete group.dataset['measured'];
}
