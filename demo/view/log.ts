import type { GuestLogLevel } from 'tenon';
import { button, make } from '../dom.js';
import { showTime } from '../format.js';
import { strings } from '../strings.js';

export interface LogLine {
  /** `stdout` and `stderr`: what the plug-in printed. `tenon`: events of the plug-in, such as a restart. */
  readonly level: GuestLogLevel | 'stdout' | 'stderr' | 'tenon';
  readonly message: string;
  readonly at: number;
}

/** Older lines are dropped: a plug-in may log without end. */
const keptLines = 2_000;

const ranks: readonly LogLine['level'][] = ['trace', 'debug', 'info', 'stdout', 'warn', 'stderr', 'error', 'tenon'];
const filters: readonly (readonly [value: string, label: string])[] = [
  ['trace', strings.log.all],
  ['info', strings.log.info],
  ['warn', strings.log.warnings],
];

/** Shows log lines and events of the plug-in, newest last. */
export class LogView {
  readonly #onCount: (count: number) => void;
  readonly #list = make('ol');
  readonly #lines: LogLine[] = [];
  readonly #scroller = make('div', { class: 'log-lines', role: 'log', tabindex: 0, 'aria-labelledby': 'log-heading' });
  readonly #empty = make('p', { class: 'note' }, strings.log.empty);
  readonly #filter = make(
    'select',
    { class: 'field', 'aria-label': strings.log.levels },
    ...filters.map(([value, label]) => make('option', { value }, label)),
  );
  #waiting: LogLine[] = [];
  #dropped = 0;
  /** Whether the view scrolls along with new lines, until the user scrolls up. */
  #following = true;

  constructor(root: HTMLElement, onCount: (count: number) => void) {
    this.#onCount = onCount;
    this.#filter.addEventListener('change', () => this.#showAll());
    this.#scroller.addEventListener('scroll', () => {
      const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
      this.#following = scrollHeight - scrollTop - clientHeight < 24;
    });
    // Its height changes when its tab is selected or its pane resized.
    new ResizeObserver(() => this.#followEnd()).observe(this.#scroller);
    this.#scroller.append(this.#empty, this.#list);
    root.append(
      make(
        'div',
        { class: 'log-head' },
        make('h2', { id: 'log-heading' }, strings.log.title),
        this.#filter,
        button(strings.log.clear, () => this.clear(), { class: 'bare', 'aria-label': strings.log.clearLabel }),
      ),
      this.#scroller,
    );
  }

  add(line: LogLine): void {
    this.#waiting.push(line);
    // One layout for all lines of a burst. A page in the background gets no animation frames.
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
      this.#empty.textContent = strings.log.dropped(this.#dropped, keptLines);
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
