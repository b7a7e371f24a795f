import { css, type CSSResultGroup, html, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { type GuestLogLevel, guestLogLevels } from '../contract/abi.js';
import type { FailureDetail, LogDetail, RequestDetail } from '../library/library-events.js';
import type { Library } from '../library/library.js';
import { LibraryElement } from './library-element.js';
import { linesEach, LineWindow } from './line-window.js';
import { shared } from './tokens.js';
import type { Message } from './string-table.js';

interface Line {
  /** Counts up from 0. */
  readonly number: number;
  readonly id: string;
  readonly plugin: string;
  readonly level: GuestLogLevel;
  readonly text: Message;
  readonly at: number;
}

/** Older lines are dropped, so that an endless log does not fill the memory. */
const maxLines = 10_000;
/** Characters of one line. */
const maxLength = 2_000;

/** `<plugin-log>`: shows log lines, HTTP requests and failures of all plug-ins, or of one (`plugin-id`), as they happen. */
export class PluginLog extends LibraryElement {
  static override readonly properties: PropertyDeclarations = {
    ...LibraryElement.properties,
    pluginId: { attribute: 'plugin-id' },
  };
  static override readonly styles: CSSResultGroup = [
    shared,
    css`
      :host {
        display: grid;
        gap: 8px;
      }
      .field {
        flex: 1 1 120px;
      }
      .lines {
        max-height: var(--plugin-log-height, 240px);
        overflow: auto;
        padding: 8px;
        border: 1px solid var(--_hairline);
        border-radius: 6px;
        background: var(--_surface);
      }
      .lines p {
        display: grid;
        grid-template-columns: minmax(11ch, max-content) 5ch minmax(0, 1fr);
        gap: 0 8px;
        min-height: 18px;
      }
      @media (width < 560px) {
        .lines p {
          grid-template-columns: max-content minmax(0, 1fr);
          padding-block-end: 4px;
        }
        .lines p > :last-child {
          grid-column: 1 / -1;
        }
      }
      .lines:focus-visible {
        outline-offset: -2px;
      }
    `,
  ];
  declare pluginId: string | null;
  #lines: Line[] = [];
  #count = 0;
  readonly #window = new LineWindow(() => this.requestUpdate());
  /** Whether the view scrolls along with new lines. */
  #isFollowing = true;
  /** In lower case. */
  #filter = '';
  #level: GuestLogLevel = 'trace';
  #source: Library | null = null;
  readonly #onLog = (event: Event): void => {
    const { id, line } = (event as CustomEvent<LogDetail>).detail;
    this.#add({ id, plugin: line.plugin, level: line.level, text: constant(line.message), at: line.at });
  };
  readonly #onRequest = (event: Event): void => {
    const { id, request } = (event as CustomEvent<RequestDetail>).detail;
    const { plugin, method, url, status, bytes, ms, reason } = request;
    this.#add({
      id,
      plugin,
      level: reason === null ? 'info' : 'warn',
      text: (strings) =>
        shorten(strings.logRequest({ method, url, status, size: strings.size({ bytes }), ms, reason })),
      at: Date.now(),
    });
  };
  readonly #onFailure = (event: Event): void => {
    const { id, name, point, error } = (event as CustomEvent<FailureDetail>).detail;
    const { message } = error;
    const text: Message = (strings) => shorten(strings.logFailure({ point, message }));
    this.#add({ id, plugin: name, level: 'error', text, at: Date.now() });
  };

  constructor() {
    super();
    this.pluginId = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#follow(this.library);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#follow(null);
    this.#window.disconnect();
  }

  /** Renders once per frame: lines come in bursts. */
  protected override async scheduleUpdate(): Promise<void> {
    await new Promise(requestAnimationFrame);
    await super.scheduleUpdate();
  }

  protected override look(): Promise<void> {
    this.#follow(this.library);
    return Promise.resolve();
  }

  protected override render(): TemplateResult {
    const { strings } = this;
    const shown = this.#lines.filter((line) => this.#isShown(line));
    return html`<div class="row">
        <input
          class="field"
          type="search"
          placeholder=${strings.logFilterPlaceholder}
          aria-label=${strings.logFilterLabel}
          @input=${({ target }: Event) => this.#choose({ filter: (target as HTMLInputElement).value })}
        />
        <select
          aria-label=${strings.logLevelsLabel}
          @change=${({ target }: Event) => this.#choose({ level: (target as HTMLSelectElement).value })}
        >
          ${guestLogLevels.map((level) => html`<option value=${level}>${strings.logLevel({ level })}</option>`)}
        </select>
        ${
          this.#isFollowing
            ? nothing
            : html`<button
                @click=${() => {
                  this.#isFollowing = true;
                  this.requestUpdate();
                }}
              >
                ${strings.logNewest}
              </button>`
        }
        <button @click=${this.#clear}>${strings.logClear}</button>
      </div>
      <div
        part="lines"
        class="lines"
        role="log"
        aria-label=${strings.logLabel}
        aria-live=${this.#isFollowing ? 'polite' : 'off'}
        tabindex="0"
        @scroll=${this.#onScroll}
      >
        ${
          shown.length === 0
            ? html`<span class="quiet small">${this.#lines.length === 0 ? strings.logEmpty : strings.logNoMatch}</span>`
            : this.#window.render(shown, (line) => this.#line(line))
        }
      </div>`;
  }

  protected override updated(): void {
    const lines = this.renderRoot.querySelector('.lines');
    if (lines === null) return;
    this.#window.observe(lines);
    if (this.#isFollowing) lines.scrollTop = lines.scrollHeight;
  }

  #onScroll({ target }: Event): void {
    const { scrollTop, clientHeight, scrollHeight } = target as HTMLElement; // the one it is bound to
    const isFollowing = scrollTop + clientHeight >= scrollHeight - 8;
    if (isFollowing === this.#isFollowing) return;
    this.#isFollowing = isFollowing;
    this.requestUpdate();
  }

  #add(line: Omit<Line, 'number'>): void {
    if (this.pluginId !== null && this.pluginId !== line.id) return;
    this.#lines.push({ ...line, number: this.#count });
    this.#count += 1;
    if (this.#lines.length > maxLines) this.#lines.splice(0, linesEach);
    this.requestUpdate();
  }

  #isShown({ level, text, plugin }: Line): boolean {
    const isLoud = guestLogLevels.indexOf(level) >= guestLogLevels.indexOf(this.#level);
    return isLoud && `${plugin} ${text(this.strings)}`.toLowerCase().includes(this.#filter);
  }

  #choose({ filter, level }: { readonly filter?: string; readonly level?: string }): void {
    if (filter !== undefined) this.#filter = filter.toLowerCase();
    this.#level = guestLogLevels.find((known) => known === level) ?? this.#level;
    this.#isFollowing = true;
    this.requestUpdate();
  }

  #clear(): void {
    this.#lines = [];
    this.#isFollowing = true;
    this.requestUpdate();
  }

  #line({ at, level, plugin, text }: Line): TemplateResult {
    const { strings } = this;
    const tone = level === 'error' || level === 'warn' ? level : 'quiet';
    return html`<p class="code">
      <time class="quiet">${strings.time({ at })}</time>
      <span class=${tone}>${strings.logLevel({ level })}</span>
      <span><span class="quiet">${plugin}</span> ${text(strings)}</span>
    </p>`;
  }

  #follow(library: Library | null): void {
    if (library === this.#source) return;
    const listeners = [
      ['log', this.#onLog],
      ['request', this.#onRequest],
      ['failure', this.#onFailure],
    ] as const;
    for (const [name, listener] of listeners) {
      this.#source?.removeEventListener(name, listener);
      library?.addEventListener(name, listener);
    }
    this.#source = library;
  }
}

/** Returns the message for a text of the plug-in's own. */
function constant(text: string): Message {
  const shown = shorten(text);
  return () => shown;
}

function shorten(text: string): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}\u2026` : text;
}
