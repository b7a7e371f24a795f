import { css, type CSSResultGroup, html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { DamagedRecord } from '../library/storage/store.js';
import type { RightDecision } from '../library/permissions/rights.js';
import type { InstalledPlugin, InstalledRight } from '../library/view.js';
import { authorText, shownChars } from './author-text.js';
import { LibraryElement } from './library-element.js';
import { errorMessage } from './localized-element.js';
import { shared } from './tokens.js';
import type { Message } from './string-table.js';

/** From the least to the most: arrow keys choose every option they pass, and none may allow more than the last. */
const decisions: readonly RightDecision[] = ['deny', 'ask', 'once', 'page', 'always'];

/** `<plugin-list>`: lists the installed plug-ins, each with its switch, rights, settings, files and details. */
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
  /** The plug-in whose removal is to be confirmed. */
  #removing: string | null = null;
  #status: Message | null = null;
  #isWorking = false;

  protected override async look(): Promise<void> {
    if (this.library === null) return;
    // Another change may have made the status message wrong.
    if (!this.#isWorking) this.#status = null;
    this.#plugins = await this.library.list();
    this.#damaged = await this.library.damaged();
  }

  protected override render(): TemplateResult {
    const plugins = this.#plugins;
    return html`
      <p role="alert" class="notice" ?hidden=${this.failure === null}>${this.textOf(this.failure)}</p>
      ${
        plugins?.length === 0 && this.#damaged.length === 0
          ? html`<p class="quiet">${this.strings.listEmpty}</p>`
          : html`<ul part="list">
              ${repeat(
                plugins ?? [],
                ({ id }) => id,
                (plugin, place) => this.#plugin(plugin, place, plugins?.length ?? 0),
              )}
              ${this.#damaged.map((record) => this.#damagedPlugin(record))}
            </ul>`
      }
      <p role="status" class="said small quiet">${this.textOf(this.#status)}</p>
    `;
  }

  #plugin(plugin: InstalledPlugin, place: number, count: number): TemplateResult {
    const { strings } = this;
    const { id, description, isEnabled, quarantine } = plugin;
    const name = authorText(plugin.name, shownChars.name);
    const turned: Message = (now) => (isEnabled ? now.listTurnedOff({ name }) : now.listTurnedOn({ name }));
    return html`<li class="plugin" part="plugin" data-id=${id}>
      <plugin-icon .library=${this.library} plugin-id=${id}></plugin-icon>
      <div class="name wraps">
        <h3>${name} <span class="quiet small">${strings.version(plugin)}</span></h3>
      </div>
      <label class="switch"
        ><input
          type="checkbox"
          role="switch"
          .checked=${isEnabled}
          ?disabled=${quarantine === 'blocked'}
          aria-label=${strings.listSwitchLabel({ name })}
          @change=${() => this.#do(turned, () => this.#toggle(plugin))}
        />${isEnabled ? strings.listOn : strings.listOff}</label
      >
      ${description === null ? nothing : html`<p class="quiet small wraps">${authorText(description, shownChars.description)}</p>`}
      ${this.#state(plugin)}
      <details @toggle=${onToggle}>
        <summary>${strings.listManage({ name })}</summary>
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

  /** Returns why the plug-in does not run. */
  #state({ isBlocked, disabledReason, quarantine }: InstalledPlugin): TemplateResult | typeof nothing {
    const { strings } = this;
    if (quarantine === 'blocked')
      return html`<p class="blocked small">${strings.listQuarantine({ state: quarantine })}</p>`;
    const blocked = isBlocked ? html`<p class="blocked small">${strings.listBlocked}</p>` : nothing;
    if (disabledReason === null) return html`${blocked}`;
    const text =
      quarantine === null
        ? strings.listDisabled({ reason: authorText(disabledReason, shownChars.reason) })
        : strings.listQuarantine({ state: quarantine });
    return html`${blocked}
      <p class="warn small wraps">${text}</p>`;
  }

  #rights({ id, name, rights }: InstalledPlugin): TemplateResult {
    return html`<div>
      <h4>${this.strings.listRights}</h4>
      <ul class="rights">
        ${rights.map((right) => this.#right(id, name, right))}
      </ul>
    </div>`;
  }

  #right(id: string, name: string, granted: InstalledRight): TemplateResult {
    const { strings } = this;
    const { key, isUnused } = granted;
    const right = strings.right(granted);
    const saved =
      (decision: RightDecision): Message =>
      (now) =>
        now.listRightSaved({ right: now.right(granted), decision: now.decision({ decision }) });
    if (isUnused) return html`<li class="quiet">${strings.consentUnusedRights({ rights: right })}</li>`;
    return html`<li>
      <span class="wraps">${right}</span>
      <select
        aria-label=${strings.listRightLabel({ name, right })}
        @change=${({ target }: Event) => {
          const { value } = target as HTMLSelectElement; // the one it is bound to
          const chosen = decisions.find((known) => known === value);
          if (chosen !== undefined) void this.#do(saved(chosen), (library) => library.decide(id, key, chosen));
        }}
      >
        ${decisions.map((decision) => {
          const text = strings.decision({ decision });
          return html`<option value=${decision} .selected=${decision === granted.decision}>${text}</option>`;
        })}
      </select>
    </li>`;
  }

  #actions(plugin: InstalledPlugin, place: number, count: number): TemplateResult {
    const { strings } = this;
    const { id, name, previous } = plugin;
    if (this.#removing === id) return this.#removal(plugin);
    const version = previous?.version ?? null;
    const updated: Message = (now) => now.listUpdated({ name });
    const rolledBack: Message = (now) => now.listRolledBack({ name, version });
    return html`<div class="row">
      ${
        plugin.hasUpdateUrl
          ? html`<button @click=${() => this.#do(updated, (library) => library.update(id))}>
              ${strings.listUpdate}
            </button>`
          : nothing
      }
      <button @click=${this.#chooseUpdate}>${strings.listUpdateFromFile}</button>
      <input
        type="file"
        accept=".wasm,.zip,.json,.js,.mjs,.ts"
        hidden
        aria-label=${strings.listUpdateFileLabel({ name })}
        @change=${(event: Event) => this.#onUpdate(event, plugin)}
      />
      ${
        previous === null
          ? nothing
          : html`<button @click=${() => this.#do(rolledBack, (library) => library.rollback(id))}>
              ${strings.listRollBack({ version })}
            </button>`
      }
      <button @click=${() => this.#export(plugin)}>${strings.listExport}</button>
      ${count < 2 ? nothing : this.#moves(plugin, place, count)}
      <button @click=${() => this.#confirmRemoval(id)}>${strings.listRemove}</button>
    </div>`;
  }

  #removal({ id, name }: InstalledPlugin): TemplateResult {
    const { strings } = this;
    const removed: Message = (now) => now.listRemoved({ name });
    return html`<div class="notice row" role="group" aria-label=${strings.listRemoveLabel({ name })}>
      <span>${strings.listRemoveQuestion({ name })}</span>
      <button id="keep" @click=${() => this.#confirmRemoval(null)}>${strings.listKeep}</button>
      <button @click=${() => this.#do(removed, (library) => library.remove(id))}>${strings.listRemoveConfirm}</button>
    </div>`;
  }

  #moves({ id, name }: InstalledPlugin, place: number, count: number): TemplateResult {
    const { strings } = this;
    const move = (by: number): void => {
      const ids = (this.#plugins ?? []).map((plugin) => plugin.id).filter((other) => other !== id);
      ids.splice(place + by, 0, id);
      const position = place + by + 1;
      void this.#do(
        (now) => now.listMoved({ name, position, count }),
        (library) => library.reorder(ids),
      );
    };
    return html`
      ${place === 0 ? nothing : html`<button @click=${() => move(-1)}>${strings.listRunEarlier}</button>`}
      ${place === count - 1 ? nothing : html`<button @click=${() => move(1)}>${strings.listRunLater}</button>`}
    `;
  }

  #damagedPlugin({ id, error }: DamagedRecord): TemplateResult {
    const { strings } = this;
    const removed: Message = (now) => now.listRemoved({ name: id });
    return html`<li class="plugin" part="plugin">
      <span class="gap"></span>
      <div class="name"><h3 class="wraps">${id}</h3></div>
      <p class="error small wraps">${this.textOf(errorMessage(error))}</p>
      <div>
        <button @click=${() => this.#do(removed, (library) => library.remove(id))}>${strings.listRemove}</button>
      </div>
    </li>`;
  }

  async #toggle({ id, isEnabled }: InstalledPlugin): Promise<void> {
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
    if (file === undefined) return;
    void this.#do(
      (now) => now.listUpdated({ name }),
      (library) => library.update(id, file),
    );
  }

  async #export({ id, name }: InstalledPlugin): Promise<void> {
    const exported: Message = (now) => now.listExported({ name });
    await this.#do(exported, async (library) => {
      const file = await library.export(id);
      const link = document.createElement('a');
      link.href = URL.createObjectURL(file);
      link.download = file.name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    });
  }

  #confirmRemoval(id: string | null): void {
    const from = this.#removing;
    this.#removing = id;
    this.requestUpdate();
    // The safe choice has the focus; after it, the plug-in that was kept.
    void this.updateComplete.then(() => {
      const target = id === null ? `[data-id="${CSS.escape(from ?? '')}"] summary` : '#keep';
      this.renderRoot.querySelector<HTMLElement>(target)?.focus();
    });
  }

  async #do(done: Message, work: (library: NonNullable<typeof this.library>) => Promise<unknown>): Promise<void> {
    const { library } = this;
    if (library === null) return;
    this.failure = null;
    this.#status = null;
    this.#isWorking = true;
    await this.attempt(async () => {
      await work(library);
      this.#status = done;
    });
    this.#removing = null;
    await this.attempt(() => this.look());
    this.#isWorking = false;
  }
}

/** Opening a plug-in's details reads its files again. */
function onToggle({ target }: Event): void {
  const details = target as HTMLDetailsElement; // the one it is bound to
  if (details.open) void details.querySelector('plugin-files')?.refresh();
}
