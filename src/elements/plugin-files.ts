import { css, type CSSResultGroup, html, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import type { StoredFile } from '../library/storage/stored-files.js';
import { LibraryElement } from './library-element.js';
import { shared } from './tokens.js';
import type { Message } from './string-table.js';

/** `<plugin-files>`: lists the files that a plug-in stores in this browser, and removes them. */
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
  #status: Message | null = null;

  constructor() {
    super();
    this.pluginId = null;
  }

  /** Reads the files again. Writing a file dispatches no event. */
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
    const { strings } = this;
    const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const all = { count: files.length, size: strings.size({ bytes }) };
    return html`<div class="row head">
        <h4 id="title" tabindex="-1">${strings.filesTitle}</h4>
        ${
          files.length < 2
            ? nothing
            : html`<button class="bare" @click=${() => this.#remove(null)}>${strings.filesRemoveAll(all)}</button>`
        }
      </div>
      <p role="alert" class="notice" ?hidden=${this.failure === null}>${this.textOf(this.failure)}</p>
      ${
        files.length === 0
          ? html`<p class="quiet small">${strings.filesEmpty}</p>`
          : html`<ul part="files" aria-labelledby="title">
              ${files.map((file) => this.#file(file))}
            </ul>`
      }
      <p role="status" class="small quiet">${this.textOf(this.#status)}</p>`;
  }

  #file({ path, sizeBytes }: StoredFile): TemplateResult {
    const { strings } = this;
    return html`<li>
      <span class="code">${path}</span>
      <span class="code size">${strings.size({ bytes: sizeBytes })}</span>
      <button class="bare" aria-label=${strings.filesRemoveLabel({ path })} @click=${() => this.#remove(path)}>
        ${strings.filesRemove}
      </button>
    </li>`;
  }

  async #remove(path: string | null): Promise<void> {
    const { library, pluginId } = this;
    if (library === null || pluginId === null) return;
    this.failure = null;
    this.#status = null;
    const count = this.#files?.length ?? 0;
    await this.attempt(async () => {
      await library.removeFiles(pluginId, path);
      await this.look();
      this.#status = (strings) => (path === null ? strings.filesAllRemoved({ count }) : strings.filesRemoved({ path }));
    });
    await this.updateComplete;
    // The button that had the focus is removed.
    this.renderRoot.querySelector<HTMLElement>('#title')?.focus();
  }
}
