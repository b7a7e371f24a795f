import { css, type CSSResultGroup, html, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import type { InstalledPlugin } from '../library/view.js';
import { LibraryElement } from './library-element.js';
import { shared } from './tokens.js';
import { sayAbility, sayHash, saySize, sayVersion } from './strings.js';

/** What is known of an installed plug-in: where it comes from, its files, what its code could do. */
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
  #copied = '';

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
    const { author, homepage, source, installedAt, publisherKey, functions, capabilities } = plugin;
    return html`<h4>About it</h4>
      <dl part="facts">
        <dt>Version</dt>
        <dd class="wraps">${sayVersion(plugin)}, since ${new Date(installedAt).toLocaleDateString()}</dd>
        ${
          author === null
            ? nothing
            : html`<dt>Author</dt>
                <dd class="wraps">${author}, as it says itself</dd>`
        }
        ${
          homepage === null
            ? nothing
            : html`<dt>Website</dt>
                <dd class="wraps"><a href=${homepage} target="_blank" rel="noreferrer noopener">${homepage}</a></dd>`
        }
        <dt>From</dt>
        <dd class="wraps">${source}</dd>
        <dt>Publisher</dt>
        <dd>${publisherKey === null ? 'Not signed' : html`<span class="code">${publisherKey}</span>`}</dd>
        <dt>Functions</dt>
        <dd class="code">${functions.length === 0 ? 'none' : functions.join(', ')}</dd>
        <dt>Code could</dt>
        <dd>${capabilities.map(({ capability }) => sayAbility(capability)).join('; ') || 'Do nothing but compute'}</dd>
        <dt>Files</dt>
        <dd>
          <ul class="files">
            ${plugin.modules.map(
              ({ name, sha256, sizeBytes }) =>
                html`<li>
                  <span class="wraps">${name ?? 'module'}</span>
                  <span class="code">${saySize(sizeBytes)}</span>
                  <span class="code" title=${sha256}>${sayHash(sha256)}</span>
                  <button class="bare" aria-label="Copy hash of ${name ?? 'module'}" @click=${() => this.#copy(sha256)}>
                    Copy hash
                  </button>
                </li>`,
            )}
          </ul>
          <span role="status" class="ok">${this.#copied}</span>
        </dd>
      </dl>`;
  }

  async #copy(sha256: string): Promise<void> {
    await this.attempt(async () => {
      await navigator.clipboard.writeText(sha256);
      this.#copied = 'Copied.';
    });
  }
}
