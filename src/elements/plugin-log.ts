import { css, type CSSResultGroup, html, type PropertyDeclarations, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { type GuestLogLevel, guestLogLevels } from '../contract/abi.js';
import type { FailureDetail, Library, LogDetail, RequestDetail } from '../library/library.js';
import { LibraryElement } from './library-element.js';
import { shared } from './tokens.js';
import { saySize } from './words.js';

interface Line {
  readonly number: number;
  readonly id: string;
  readonly plugin: string;
  readonly level: GuestLogLevel;
  readonly text: string;
  readonly at: number;
}

/** Older lines go: a log that never ends must not fill the page. */
const mostLines = 500;

/** What plug-ins log, ask of the network and fail with, while it happens. Of all of them, or of one (`plugin-id`). */
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
        grid-template-columns: auto auto minmax(0, 1fr);
        gap: 0 8px;
      }
      .lines:focus-visible {
        outline-offset: -2px;
      }
    `,
  ];
  declare pluginId: string | null;
  #lines: Line[] = [];
  #count = 0;
  #filter = '';
  #level: GuestLogLevel = 'trace';
  #source: Library | null = null;
  readonly #onLog = (event: Event): void => {
    const { id, line } = (event as CustomEvent<LogDetail>).detail;
    this.#add({ id, plugin: line.plugin, level: line.level, text: line.message, at: line.at });
  };
  readonly #onRequest = (event: Event): void => {
    const { id, request } = (event as CustomEvent<RequestDetail>).detail;
    const { plugin, method, url, status, bytes, ms, reason } = request;
    const end = reason ?? `${status ?? 'no answer'}, ${saySize(bytes)}, ${Math.round(ms)} ms`;
    this.#add({
      id,
      plugin,
      level: reason === null ? 'info' : 'warn',
      text: `${method} ${url}: ${end}`,
      at: Date.now(),
    });
  };
  readonly #onFailure = (event: Event): void => {
    const { id, name, point, error } = (event as CustomEvent<FailureDetail>).detail;
    this.#add({ id, plugin: name, level: 'error', text: `${point}: ${error.message}`, at: Date.now() });
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
  }

  protected override look(): Promise<void> {
    this.#follow(this.library);
    return Promise.resolve();
  }

  protected override render(): TemplateResult {
    const shown = this.#lines.filter((line) => this.#isShown(line));
    return html`<div class="row">
        <input
          class="field"
          type="search"
          placeholder="Filter"
          aria-label="Show lines that hold"
          @input=${({ target }: Event) => this.#choose({ filter: (target as HTMLInputElement).value })}
        />
        <select
          aria-label="Show lines from"
          @change=${({ target }: Event) => this.#choose({ level: (target as HTMLSelectElement).value })}
        >
          ${guestLogLevels.map((level) => html`<option>${level}</option>`)}
        </select>
        <button @click=${this.#clear}>Clear</button>
      </div>
      <div part="lines" class="lines" role="log" aria-label="Log" tabindex="0">
        ${
          shown.length === 0
            ? html`<span class="quiet small"
                >${this.#lines.length === 0 ? 'Nothing logged yet.' : 'No line matches.'}</span
              >`
            : repeat(shown, ({ number }) => number, lineOf)
        }
      </div>`;
  }

  protected override updated(): void {
    const lines = this.renderRoot.querySelector('.lines');
    if (lines !== null) lines.scrollTop = lines.scrollHeight;
  }

  #add(line: Omit<Line, 'number'>): void {
    if (this.pluginId !== null && this.pluginId !== line.id) return;
    this.#count += 1;
    this.#lines = [...this.#lines.slice(1 - mostLines), { ...line, number: this.#count }];
    this.requestUpdate();
  }

  #isShown({ level, text, plugin }: Line): boolean {
    const isLoud = guestLogLevels.indexOf(level) >= guestLogLevels.indexOf(this.#level);
    return isLoud && `${plugin} ${text}`.toLowerCase().includes(this.#filter);
  }

  #choose({ filter, level }: { readonly filter?: string; readonly level?: string }): void {
    if (filter !== undefined) this.#filter = filter.toLowerCase();
    this.#level = guestLogLevels.find((known) => known === level) ?? this.#level;
    this.requestUpdate();
  }

  #clear(): void {
    this.#lines = [];
    this.requestUpdate();
  }

  #follow(library: Library | null): void {
    if (library === this.#source) return;
    const heard = [
      ['log', this.#onLog],
      ['request', this.#onRequest],
      ['failure', this.#onFailure],
    ] as const;
    for (const [name, listener] of heard) {
      this.#source?.removeEventListener(name, listener);
      library?.addEventListener(name, listener);
    }
    this.#source = library;
  }
}

function lineOf({ at, level, plugin, text }: Line): TemplateResult {
  const tone = level === 'error' || level === 'warn' ? level : 'quiet';
  return html`<p class="code">
    <time class="quiet">${new Date(at).toLocaleTimeString()}</time>
    <span class=${tone}>${level}</span>
    <span><span class="quiet">${plugin}</span> ${text}</span>
  </p>`;
}
