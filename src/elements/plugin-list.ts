import { css, type CSSResultGroup, html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { DamagedRecord } from '../library/storage/store.js';
import type { RightDecision } from '../library/permissions/rights.js';
import type { InstalledPlugin, InstalledRight } from '../library/view.js';
import { LibraryElement } from './library-element.js';
import { shared } from './tokens.js';
import { sayVersion } from './strings.js';

/** From the least to the most: arrow keys choose each on the way, and must not give more than what they end at. */
const decisions: readonly (readonly [RightDecision, string])[] = [
  ['deny', 'Not allowed'],
  ['ask', 'Ask when it is needed'],
  ['once', 'Allowed until this page closes'],
  ['always', 'Allowed'],
];

/** What is installed, and all that its user can do with it. */
export class PluginList extends LibraryElement {
  static override readonly styles: CSSResultGroup = [
    shared,
    css`
      .plugin {
        display: grid;
        grid-template-columns: 32px minmax(0, 1fr) auto;
        align-items: center;
        gap: 4px 12px;
        padding: 12px 0;
        border-top: 1px solid var(--_hairline);
      }
      .plugin:last-child {
        border-bottom: 1px solid var(--_hairline);
      }
      .plugin > :not(plugin-icon, .gap, .name, .switch) {
        grid-column: 2 / -1;
      }
      .switch {
        display: inline-flex;
        align-items: center;
        gap: 8px;
        min-height: 24px;
        font-size: 13px;
      }
      .part {
        display: grid;
        gap: 12px;
        padding: 12px 0 4px;
      }
      .rights {
        display: grid;
        gap: 8px;
      }
      .rights li {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        align-items: center;
        gap: 4px 12px;
      }
      .said {
        margin-top: 8px;
      }
      @media (width < 560px) {
        .plugin > :not(plugin-icon, .gap, .name, .switch) {
          grid-column: 1 / -1;
        }
        .rights li {
          grid-template-columns: minmax(0, 1fr);
        }
      }
      select {
        padding: 0 8px;
        max-width: 100%;
      }
    `,
  ];
  #plugins: readonly InstalledPlugin[] | null = null;
  #damaged: readonly DamagedRecord[] = [];
  /** The plug-in that is about to be removed. */
  #leaving: string | null = null;
  #said = '';
  #isWorking = false;

  protected override async look(): Promise<void> {
    if (this.library === null) return;
    // Something else changed: what was said before may not be true any more.
    if (!this.#isWorking) this.#said = '';
    this.#plugins = await this.library.list();
    this.#damaged = await this.library.damaged();
  }

  protected override render(): TemplateResult {
    const plugins = this.#plugins;
    return html`
      <p role="alert" class="notice" ?hidden=${this.failure === null}>${this.failure}</p>
      ${
        plugins?.length === 0 && this.#damaged.length === 0
          ? html`<p class="quiet">No plug-ins yet. What you add stays on this device, and works offline.</p>`
          : html`<ul part="list">
              ${repeat(
                plugins ?? [],
                ({ id }) => id,
                (plugin, place) => this.#plugin(plugin, place, plugins?.length ?? 0),
              )}
              ${this.#damaged.map((record) => this.#broken(record))}
            </ul>`
      }
      <p role="status" class="said small quiet">${this.#said}</p>
    `;
  }

  #plugin(plugin: InstalledPlugin, place: number, count: number): TemplateResult {
    const { id, name, description, isEnabled, isBlocked, disabledReason } = plugin;
    return html`<li class="plugin" part="plugin" data-id=${id}>
      <plugin-icon .library=${this.library} plugin-id=${id}></plugin-icon>
      <div class="name wraps">
        <h3>${name} <span class="quiet small">${sayVersion(plugin)}</span></h3>
      </div>
      <label class="switch"
        ><input
          type="checkbox"
          role="switch"
          .checked=${isEnabled}
          aria-label="${name} is on"
          @change=${() => this.#do(isEnabled ? `${name} is off.` : `${name} is on.`, () => this.#turn(plugin))}
        />${isEnabled ? 'On' : 'Off'}</label
      >
      ${description === null ? nothing : html`<p class="quiet small wraps">${description}</p>`}
      ${isBlocked ? html`<p class="blocked small">Blocked: this app’s block list names it. It does not run.</p>` : nothing}
      ${disabledReason === null ? nothing : html`<p class="warn small wraps">Turned off: ${disabledReason}</p>`}
      <details @toggle=${onToggle}>
        <summary>Manage ${name}</summary>
        <div class="part">
          ${plugin.rights.length === 0 ? nothing : this.#rights(plugin)}
          ${
            plugin.settings.length === 0
              ? nothing
              : html`<plugin-settings .library=${this.library} plugin-id=${id}></plugin-settings>`
          }
          ${
            plugin.rights.some(({ kind }) => kind === 'path')
              ? html`<plugin-files .library=${this.library} plugin-id=${id}></plugin-files>`
              : nothing
          }
          <plugin-inspector .library=${this.library} plugin-id=${id}></plugin-inspector>
          ${this.#actions(plugin, place, count)}
        </div>
      </details>
    </li>`;
  }

  #rights({ id, name, rights }: InstalledPlugin): TemplateResult {
    return html`<div>
      <h4>What it may do</h4>
      <ul class="rights">
        ${rights.map((right) => this.#right(id, name, right))}
      </ul>
    </div>`;
  }

  #right(id: string, name: string, { key, sentence, decision }: InstalledRight): TemplateResult {
    return html`<li>
      <span class="wraps">${sentence}</span>
      <select
        aria-label="${name}: ${sentence}"
        @change=${({ target }: Event) => {
          const { value } = target as HTMLSelectElement; // the one it is bound to
          const chosen = decisions.find(([known]) => known === value);
          if (chosen !== undefined)
            void this.#do(`${sentence}: ${chosen[1]}.`, (library) => library.decide(id, key, chosen[0]));
        }}
      >
        ${decisions.map(([known, words]) => html`<option value=${known} .selected=${known === decision}>${words}</option>`)}
      </select>
    </li>`;
  }

  #actions(plugin: InstalledPlugin, place: number, count: number): TemplateResult {
    const { id, name, previous } = plugin;
    if (this.#leaving === id) {
      return html`<div class="notice row" role="group" aria-label="Remove ${name}">
        <span>Remove ${name} with its settings and data?</span>
        <button id="keep" @click=${() => this.#leave(null)}>Keep it</button>
        <button @click=${() => this.#do(`${name} is removed.`, (library) => library.remove(id))}>Remove it</button>
      </div>`;
    }
    const version = previous?.version ?? 'the version before';
    return html`<div class="row">
      ${
        plugin.hasUpdateUrl
          ? html`<button @click=${() => this.#do(`${name} is up to date.`, (library) => library.update(id))}>
              Update
            </button>`
          : nothing
      }
      <button @click=${this.#chooseUpdate}>Update from a file</button>
      <input
        type="file"
        accept=".wasm,.zip,.json"
        hidden
        aria-label="New version of ${name}"
        @change=${(event: Event) => this.#onUpdate(event, plugin)}
      />
      ${
        previous === null
          ? nothing
          : html`<button @click=${() => this.#do(`${name} is back at ${version}.`, (library) => library.rollback(id))}>
              Go back to ${version}
            </button>`
      }
      <button @click=${() => this.#export(plugin)}>Save a copy</button>
      ${count < 2 ? nothing : this.#moves(plugin, place, count)}
      <button @click=${() => this.#leave(id)}>Remove</button>
    </div>`;
  }

  #moves({ id, name }: InstalledPlugin, place: number, count: number): TemplateResult {
    const move = (by: number): void => {
      const ids = (this.#plugins ?? []).map((plugin) => plugin.id).filter((other) => other !== id);
      ids.splice(place + by, 0, id);
      void this.#do(`${name} is number ${place + by + 1}.`, (library) => library.reorder(ids));
    };
    return html`
      ${place === 0 ? nothing : html`<button @click=${() => move(-1)}>Run earlier</button>`}
      ${place === count - 1 ? nothing : html`<button @click=${() => move(1)}>Run later</button>`}
    `;
  }

  #broken({ id, error }: DamagedRecord): TemplateResult {
    return html`<li class="plugin" part="plugin">
      <span class="gap"></span>
      <div class="name"><h3 class="wraps">${id}</h3></div>
      <p class="error small wraps">${error.message}. ${error.fix}</p>
      <div><button @click=${() => this.#do(`${id} is removed.`, (library) => library.remove(id))}>Remove</button></div>
    </li>`;
  }

  async #turn({ id, isEnabled }: InstalledPlugin): Promise<void> {
    await (isEnabled ? this.library?.disable(id) : this.library?.enable(id));
  }

  #chooseUpdate({ target }: Event): void {
    const next = (target as HTMLElement).nextElementSibling; // the button's own input
    if (next instanceof HTMLInputElement) next.click();
  }

  #onUpdate({ target }: Event, { id, name }: InstalledPlugin): void {
    const input = target as HTMLInputElement; // the one it is bound to
    const [file] = input.files ?? [];
    input.value = '';
    if (file !== undefined) void this.#do(`${name} is updated.`, (library) => library.update(id, file));
  }

  async #export({ id, name }: InstalledPlugin): Promise<void> {
    await this.#do(`A copy of ${name} is saved.`, async (library) => {
      const file = await library.export(id);
      const link = document.createElement('a');
      link.href = URL.createObjectURL(file);
      link.download = file.name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    });
  }

  #leave(id: string | null): void {
    const from = this.#leaving;
    this.#leaving = id;
    this.requestUpdate();
    // The safe choice has the focus; afterwards, the plug-in that stays.
    void this.updateComplete.then(() => {
      const target = id === null ? `[data-id="${CSS.escape(from ?? '')}"] summary` : '#keep';
      this.renderRoot.querySelector<HTMLElement>(target)?.focus();
    });
  }

  async #do(done: string, work: (library: NonNullable<typeof this.library>) => Promise<unknown>): Promise<void> {
    const { library } = this;
    if (library === null) return;
    this.failure = null;
    this.#said = '';
    this.#isWorking = true;
    await this.attempt(async () => {
      await work(library);
      this.#said = done;
    });
    this.#leaving = null;
    await this.attempt(() => this.look());
    this.#isWorking = false;
  }
}

/** What is opened shows what is true now. */
function onToggle({ target }: Event): void {
  const details = target as HTMLDetailsElement; // the one it is bound to
  if (details.open) void details.querySelector('plugin-files')?.refresh();
}
