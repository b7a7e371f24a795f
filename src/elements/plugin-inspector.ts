import { css, type CSSResultGroup, html, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import type { InstalledPlugin } from '../library/view.js';
import { LibraryElement } from './library-element.js';
import { shared } from './tokens.js';
import { authorText, shownChars } from './author-text.js';
import type { Message } from './string-table.js';

/** A plug-in may export thousands of functions; laying out their names would block the page. */
const mostFunctions = 50;

/** `<plugin-inspector>`: shows the origin, the modules and the capabilities of an installed plug-in. */
export class PluginInspector extends LibraryElement {
  static override readonly properties: PropertyDeclarations = {
    ...LibraryElement.properties,
    pluginId: { attribute: 'plugin-id' },
  };
  static override readonly styles: CSSResultGroup = [
    shared,
    css`
      dl {
        display: grid;
        grid-template-columns: minmax(64px, max-content) minmax(0, 1fr);
        gap: 4px 12px;
        font-size: 13px;
      }
      dt {
        color: var(--_quiet);
      }
      .files li {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0 8px;
      }
    `,
  ];
  declare pluginId: string | null;
  #plugin: InstalledPlugin | null = null;
  #status: Message | null = null;

  constructor() {
    super();
    this.pluginId = null;
  }

  protected override async look(): Promise<void> {
    this.#plugin = this.pluginId === null ? null : ((await this.library?.get(this.pluginId)) ?? null);
  }

  protected override render(): TemplateResult | typeof nothing {
    const plugin = this.#plugin;
    if (plugin === null) return nothing;
    const { strings } = this;
    const { author, homepage, source, installedAt, publisherKey, functions, capabilities } = plugin;
    return html`<h4>${strings.inspectorTitle}</h4>
      <dl part="facts">
        <dt>${strings.inspectorVersion}</dt>
        <dd class="wraps">
          ${strings.inspectorInstalled({ version: strings.version(plugin), date: strings.date({ at: installedAt }) })}
        </dd>
        ${
          author === null
            ? nothing
            : html`<dt>${strings.inspectorAuthor}</dt>
                <dd class="wraps">
                  ${strings.inspectorAuthorClaim({ author: authorText(author, shownChars.author) })}
                </dd>`
        }
        ${
          homepage === null
            ? nothing
            : html`<dt>${strings.inspectorHomepage}</dt>
                <dd class="wraps"><a href=${homepage} target="_blank" rel="noreferrer noopener">${homepage}</a></dd>`
        }
        <dt>${strings.inspectorSource}</dt>
        <dd class="wraps">${source}</dd>
        <dt>${strings.inspectorPublisher}</dt>
        <dd>${publisherKey === null ? strings.inspectorUnsigned : html`<span class="code">${publisherKey}</span>`}</dd>
        <dt>${strings.inspectorFunctions}</dt>
        <dd class="code">${functions.length === 0 ? strings.inspectorNoFunctions : this.#functions(functions)}</dd>
        <dt>${strings.inspectorCapabilities}</dt>
        <dd>
          ${
            capabilities.length === 0
              ? strings.inspectorNoCapabilities
              : html`<ul>
                  ${capabilities.map((group) => html`<li>${strings.capability(group)}</li>`)}
                </ul>`
          }
        </dd>
        <dt>${strings.inspectorModules}</dt>
        <dd>
          <ul class="files">
            ${plugin.modules.map((module) => this.#module(module))}
          </ul>
          <span role="status" class="ok">${this.textOf(this.#status)}</span>
        </dd>
      </dl>`;
  }

  /** Shows the names of the first functions, and how many follow. */
  #functions(functions: readonly string[]): TemplateResult {
    const { strings } = this;
    const items = functions.slice(0, mostFunctions).map((name) => authorText(name, shownChars.name));
    const left = functions.length - items.length;
    return html`${strings.list({ items })} ${left === 0 ? nothing : strings.inspectorMoreFunctions({ count: left })}`;
  }

  #module({ name, sha256, sizeBytes }: InstalledPlugin['modules'][number]): TemplateResult {
    const { strings } = this;
    const shown = strings.inspectorModuleName({ name });
    return html`<li>
      <span class="wraps">${shown}</span>
      <span class="code">${strings.size({ bytes: sizeBytes })}</span>
      <span class="code" title=${sha256}>${strings.shortHash({ sha256 })}</span>
      <button
        class="bare"
        aria-label=${strings.inspectorCopyHashLabel({ name: shown })}
        @click=${() => this.#copy(sha256)}
      >
        ${strings.inspectorCopyHash}
      </button>
    </li>`;
  }

  async #copy(sha256: string): Promise<void> {
    await this.attempt(async () => {
      await navigator.clipboard.writeText(sha256);
      this.#status = (strings) => strings.inspectorCopied;
    });
  }
}
