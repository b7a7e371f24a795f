import { css, type CSSResultGroup, html, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import type { StoredFile } from '../library/storage/stored-files.js';
import { LibraryElement } from './library-element.js';
import { shared } from './tokens.js';
import { saySize } from './strings.js';

/** The files that a plug-in keeps in this browser, each of which its user may remove. */
export class PluginFiles extends LibraryElement {
  static override readonly properties: PropertyDeclarations = {
    ...LibraryElement.properties,
    pluginId: { attribute: 'plugin-id' },
  };
  static override readonly styles: CSSResultGroup = [
    shared,
    css`
      li {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto auto;
        align-items: center;
        gap: 0 8px;
      }
      .size {
        text-align: end;
      }
      .head {
        justify-content: space-between;
      }
    `,
  ];
  declare pluginId: string | null;
  #files: readonly StoredFile[] | null = null;
  #said = '';

  constructor() {
    super();
    this.pluginId = null;
  }

  /** Looks again: what a plug-in writes, it tells nobody. */
  async refresh(): Promise<void> {
    await this.attempt(() => this.look());
  }

  protected override async look(): Promise<void> {
    const { library, pluginId } = this;
    this.#files = pluginId === null || library === null ? null : await library.files(pluginId);
  }

  protected override render(): TemplateResult | typeof nothing {
    const files = this.#files;
    if (files === null) return nothing;
    const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return html`<div class="row head">
        <h4 id="title" tabindex="-1">Files it keeps</h4>
        ${
          files.length < 2
            ? nothing
            : html`<button class="bare" @click=${() => this.#remove(null)}>Remove all, ${saySize(bytes)}</button>`
        }
      </div>
      <p role="alert" class="notice" ?hidden=${this.failure === null}>${this.failure}</p>
      ${
        files.length === 0
          ? html`<p class="quiet small">None yet. What it writes appears here.</p>`
          : html`<ul part="files" aria-labelledby="title">
              ${files.map((file) => this.#file(file))}
            </ul>`
      }
      <p role="status" class="small quiet">${this.#said}</p>`;
  }

  #file({ path, sizeBytes }: StoredFile): TemplateResult {
    return html`<li>
      <span class="code">${path}</span>
      <span class="code size">${saySize(sizeBytes)}</span>
      <button class="bare" aria-label="Remove ${path}" @click=${() => this.#remove(path)}>Remove</button>
    </li>`;
  }

  async #remove(path: string | null): Promise<void> {
    const { library, pluginId } = this;
    if (library === null || pluginId === null) return;
    this.failure = null;
    this.#said = '';
    await this.attempt(async () => {
      await library.removeFiles(pluginId, path);
      await this.look();
      this.#said = path === null ? 'All its files are removed.' : `${path} is removed.`;
    });
    await this.updateComplete;
    // The button that was pressed is gone.
    this.renderRoot.querySelector<HTMLElement>('#title')?.focus();
  }
}
