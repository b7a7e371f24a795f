import type { GuestLogLevel } from 'tenon';
import { button, make } from '../dom.js';
import { showNumber, showTime } from '../format.js';

export interface LogLine {
  /** `stdout` and `stderr`: what it printed. `tenon`: what happened to the plug-in, beside what it says itself. */
  readonly level: GuestLogLevel | 'stdout' | 'stderr' | 'tenon';
  readonly message: string;
  readonly at: number;
}

/** Older lines go: nobody reads further back, and a plug-in may log without end. */
const keptLines = 2_000;

const ranks: readonly LogLine['level'][] = ['trace', 'debug', 'info', 'stdout', 'warn', 'stderr', 'error', 'tenon'];
const filters: readonly (readonly [value: string, label: string])[] = [
  ['trace', 'All levels'],
  ['info', 'Info and up'],
  ['warn', 'Warnings and errors'],
];

/** What the plug-in logs and what happens to it, newest last. */
export class LogView {
  readonly #onCount: (count: number) => void;
  readonly #list = make('ol');
  readonly #lines: LogLine[] = [];
  readonly #scroller = make('div', { class: 'log-lines', role: 'log', tabindex: 0, 'aria-labelledby': 'log-heading' });
  readonly #empty = make('p', { class: 'note' }, 'What the plug-in logs appears here, and what happens to it.');
  readonly #filter = make(
    'select',
    { class: 'field', 'aria-label': 'Levels shown' },
    ...filters.map(([value, label]) => make('option', { value }, label)),
  );
  #waiting: LogLine[] = [];
  #dropped = 0;
  /** The end is in view: it stays so as lines come, until the person scrolls up. */
  #following = true;

  constructor(root: HTMLElement, onCount: (count: number) => void) {
    this.#onCount = onCount;
    this.#filter.addEventListener('change', () => this.#showAll());
    this.#scroller.addEventListener('scroll', () => {
      const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
      this.#following = scrollHeight - scrollTop - clientHeight < 24;
    });
    // It grows when its tab is chosen or its pane resized.
    new ResizeObserver(() => this.#followEnd()).observe(this.#scroller);
    this.#scroller.append(this.#empty, this.#list);
    root.append(
      make(
        'div',
        { class: 'log-head' },
        make('h2', { id: 'log-heading' }, 'Log'),
        this.#filter,
        button('Clear', () => this.clear(), { class: 'bare', 'aria-label': 'Clear the log' }),
      ),
      this.#scroller,
    );
  }

  add(line: LogLine): void {
    this.#waiting.push(line);
    // One layout for all lines of a burst. Not requestAnimationFrame: a page in the background has none.
    if (this.#waiting.length === 1) setTimeout(() => this.#flush(), 16);
  }

  clear(): void {
    this.#waiting = [];
    this.#lines.length = 0;
    this.#dropped = 0;
    this.#showAll();
  }

  #flush(): void {
    const added = this.#waiting;
    this.#waiting = [];
    this.#lines.push(...added);
    this.#list.append(
      ...added
        .slice(-keptLines)
        .filter((line) => this.#isShown(line))
        .map(renderLine),
    );
    const over = this.#lines.length - keptLines;
    if (over > 0) {
      this.#lines.splice(0, over);
      this.#dropped += over;
      while (this.#list.childElementCount > this.#lines.length) this.#list.firstElementChild?.remove();
    }
    this.#count();
    this.#followEnd();
  }

  #showAll(): void {
    this.#list.replaceChildren(...this.#lines.filter((line) => this.#isShown(line)).map(renderLine));
    this.#count();
    this.#following = true;
    this.#followEnd();
  }

  #followEnd(): void {
    if (this.#following) this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  #isShown({ level }: LogLine): boolean {
    return ranks.indexOf(level) >= ranks.findIndex((rank) => rank === this.#filter.value);
  }

  #count(): void {
    this.#empty.hidden = this.#lines.length > 0 && this.#dropped === 0;
    if (this.#dropped > 0) {
      this.#empty.textContent = `${showNumber(this.#dropped)} older lines are gone: the log keeps ${showNumber(keptLines)}.`;
    }
    this.#onCount(this.#lines.length);
  }
}

function renderLine({ level, message, at }: LogLine): HTMLElement {
  return make(
    'li',
    { class: 'log-line', 'data-level': level },
    make('time', { class: 'log-time' }, showTime(at)),
    make('span', { class: 'log-level' }, level),
    make('span', { class: 'log-message' }, message),
  );
}
