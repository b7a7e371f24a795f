import { strings } from '../strings.js';

export interface SplitterOptions {
  readonly handle: HTMLElement;
  /** The pane that is resized. */
  readonly pane: HTMLElement;
  /** The element that carries the custom property with the pane's size. */
  readonly holder: HTMLElement;
  readonly property: `--${string}`;
  readonly axis: 'x' | 'y';
  /** Whether the pane is after the handle, so that moving the handle forward shrinks it. */
  readonly after?: boolean;
  readonly label: string;
  readonly minPx: number;
  /** The largest share of the holder that the pane may take. */
  readonly maxShare: number;
}

const stepPx = 16;

/** A separator between two panes, moved by pointer or keyboard. A double click resets it. */
export class Splitter {
  readonly #options: SplitterOptions;

  constructor(options: SplitterOptions) {
    this.#options = options;
    const { handle, axis, label, pane, holder, property } = options;
    handle.tabIndex = 0;
    handle.setAttribute('role', 'separator');
    handle.setAttribute('aria-label', label);
    handle.setAttribute('aria-orientation', axis === 'x' ? 'vertical' : 'horizontal');
    handle.addEventListener('pointerdown', (event) => this.#drag(event));
    handle.addEventListener('keydown', (event) => this.#onKey(event));
    handle.addEventListener('dblclick', () => this.#reset());
    const kept = readSize(property);
    if (kept !== null) holder.style.setProperty(property, `${kept}px`);
    new ResizeObserver(() => this.#updateValues()).observe(pane);
  }

  #drag(event: PointerEvent): void {
    if (event.button !== 0) return;
    event.preventDefault();
    const { handle, axis, after } = this.#options;
    handle.focus();
    handle.setPointerCapture(event.pointerId);
    handle.classList.add('is-moving');
    const startSize = this.#size;
    const start = axis === 'x' ? event.clientX : event.clientY;
    const move = (moved: PointerEvent): void => {
      const by = (axis === 'x' ? moved.clientX : moved.clientY) - start;
      this.#resize(startSize + (after === true ? -by : by));
    };
    const end = (): void => {
      handle.classList.remove('is-moving');
      handle.removeEventListener('pointermove', move);
      handle.removeEventListener('lostpointercapture', end);
    };
    handle.addEventListener('pointermove', move);
    handle.addEventListener('lostpointercapture', end);
  }

  #onKey(event: KeyboardEvent): void {
    const { axis, after, minPx } = this.#options;
    const grow = axis === 'x' ? 'ArrowRight' : 'ArrowDown';
    const shrink = axis === 'x' ? 'ArrowLeft' : 'ArrowUp';
    const by = (event.shiftKey ? 4 : 1) * stepPx * (after === true ? -1 : 1);
    const sizes = new Map([
      [grow, this.#size + by],
      [shrink, this.#size - by],
      ['Home', minPx],
      ['End', this.#maxPx],
    ]);
    const size = sizes.get(event.key);
    if (event.key === 'Enter') this.#reset();
    else if (size !== undefined) this.#resize(size);
    else return;
    event.preventDefault();
  }

  #resize(px: number): void {
    const { holder, property, minPx } = this.#options;
    const size = Math.round(Math.max(minPx, Math.min(px, this.#maxPx)));
    holder.style.setProperty(property, `${size}px`);
    keepSize(property, size);
  }

  #reset(): void {
    const { holder, property } = this.#options;
    holder.style.removeProperty(property);
    keepSize(property, null);
  }

  #updateValues(): void {
    const { handle, minPx } = this.#options;
    handle.setAttribute('aria-valuemin', String(minPx));
    handle.setAttribute('aria-valuemax', String(Math.max(minPx, this.#maxPx)));
    handle.setAttribute('aria-valuenow', String(Math.round(this.#size)));
    handle.setAttribute('aria-valuetext', strings.splitters.size(Math.round(this.#size)));
  }

  get #size(): number {
    const { width, height } = this.#options.pane.getBoundingClientRect();
    return this.#options.axis === 'x' ? width : height;
  }

  get #maxPx(): number {
    const { holder, axis, maxShare } = this.#options;
    return Math.round((axis === 'x' ? holder.clientWidth : holder.clientHeight) * maxShare);
  }
}

function readSize(property: string): number | null {
  try {
    const size = Number(localStorage.getItem(`tenon-playground${property}`) ?? Number.NaN);
    return Number.isFinite(size) && size > 0 ? size : null;
  } catch {
    return null;
  }
}

/** Stores a size. Without storage, sizes last until the page is closed. */
function keepSize(property: string, size: number | null): void {
  try {
    if (size === null) localStorage.removeItem(`tenon-playground${property}`);
    else localStorage.setItem(`tenon-playground${property}`, String(size));
  } catch {
    // The page works without stored sizes.
  }
}
