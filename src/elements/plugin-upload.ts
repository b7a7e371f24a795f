import { css, type CSSResultGroup, html, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import type { Library } from '../library/library.js';
import type { InstallProgress, InstallSource } from '../library/install/read-source.js';
import { isPluginError } from '../contract/errors.js';
import { shared } from './tokens.js';
import { errorMessage, LocalizedElement } from './localized-element.js';
import type { Message } from './string-table.js';

/** The result of the last installation. */
interface Status {
  readonly message: Message;
  readonly isError: boolean;
}

/**
 * `<plugin-upload>`: installs a plug-in that the user drops, chooses, pastes or names by its address. Dispatches `installed`
 * with the plug-in as its detail.
 */
export class PluginUpload extends LocalizedElement {
  static override readonly properties: PropertyDeclarations = { library: { attribute: false } };
  static override readonly styles: CSSResultGroup = [
    shared,
    css`
      .drop {
        display: grid;
        gap: 12px;
        padding: 16px;
        border: 1px dashed var(--_edge);
        border-radius: 6px;
        background: var(--_surface);
      }
      .drop.over {
        border-color: var(--_accent);
        background: var(--_accent-ground);
      }
      form {
        display: flex;
        gap: 8px;
      }
      .field {
        flex: 1;
      }
      .busy {
        display: grid;
        gap: 8px;
      }
      .busy .row {
        justify-content: space-between;
      }
    `,
  ];
  declare library: Library | null;
  #progress: InstallProgress | null = null;
  #controller: AbortController | null = null;
  #status: Status | null = null;
  #isOver = false;

  constructor() {
    super();
    this.library = null;
  }

  /** Installs from a source, and shows the progress. */
  async install(source: InstallSource): Promise<void> {
    const { library } = this;
    if (library === null || this.#controller !== null) return;
    const controller = new AbortController();
    this.#controller = controller;
    this.#setStatus(null);
    try {
      const plugin = await library.install(source, {
        signal: controller.signal,
        onProgress: (progress) => {
          this.#progress = progress;
          this.requestUpdate();
        },
      });
      const { name } = plugin;
      this.#setStatus({ message: (strings) => strings.uploadInstalled({ name }), isError: false });
      this.dispatchEvent(new CustomEvent('installed', { detail: plugin, bubbles: true, composed: true }));
    } catch (error) {
      const isCancelled = isPluginError(error, 'aborted') || isPluginError(error, 'consent-denied');
      const message: Message = isCancelled ? (strings) => strings.uploadCancelled : errorMessage(error);
      this.#setStatus({ message, isError: !isCancelled });
    } finally {
      this.#controller = null;
      this.#progress = null;
      this.requestUpdate();
      await this.updateComplete;
      this.renderRoot.querySelector<HTMLElement>('#choose')?.focus();
    }
  }

  protected override render(): TemplateResult {
    const { message = null, isError = false } = this.#status ?? {};
    return html`
      <div
        part="drop"
        class="drop ${this.#isOver ? 'over' : ''}"
        @dragover=${this.#onDrag}
        @dragleave=${this.#onDrag}
        @drop=${this.#onDrop}
        @paste=${this.#onPaste}
      >
        ${this.#progress === null && this.#controller === null ? this.#idle() : this.#busy()}
        <p role="status" class="ok">${isError ? nothing : this.textOf(message)}</p>
        <p role="alert" class="notice" ?hidden=${!isError}>${isError ? this.textOf(message) : nothing}</p>
      </div>
    `;
  }

  #idle(): TemplateResult {
    const { strings } = this;
    return html`
      <div class="row">
        <button id="choose" part="button" class="primary" @click=${this.#choose}>${strings.uploadChooseFile}</button>
        <span class="quiet small">${strings.uploadHint}</span>
      </div>
      <input
        id="file"
        type="file"
        accept=".wasm,.zip,.json,.js,.mjs,.ts"
        hidden
        aria-label=${strings.uploadFileLabel}
        @change=${this.#onFile}
      />
      <form @submit=${this.#onAddress}>
        <input
          class="field"
          name="address"
          inputmode="url"
          autocomplete="off"
          placeholder=${strings.uploadAddressPlaceholder}
          aria-label=${strings.uploadAddressLabel}
        />
        <button part="button">${strings.uploadAddress}</button>
      </form>
    `;
  }

  #busy(): TemplateResult {
    const { strings } = this;
    const progress = this.#progress ?? { step: 'reading', bytes: 0, totalBytes: null };
    const { step, bytes, totalBytes } = progress;
    const size = bytes === 0 ? null : strings.size({ bytes });
    const totalSize = bytes === 0 || totalBytes === null ? null : strings.size({ bytes: totalBytes });
    const bar =
      totalBytes === null || bytes === 0
        ? html`<progress aria-label=${strings.uploadProgressLabel}></progress>`
        : html`<progress aria-label=${strings.uploadProgressLabel} max=${totalBytes} .value=${bytes}></progress>`;
    return html`<div class="busy">
      <div class="row">
        <span>${strings.uploadProgress({ step, size, totalSize })}</span>
        <button part="button" @click=${() => this.#controller?.abort()}>${strings.uploadStop}</button>
      </div>
      ${bar}
    </div>`;
  }

  #setStatus(status: Status | null): void {
    this.#status = status;
    this.requestUpdate();
  }

  #choose(): void {
    this.renderRoot.querySelector<HTMLInputElement>('#file')?.click();
  }

  #onFile({ target }: Event): void {
    const input = target as HTMLInputElement; // the one it is bound to
    const [file] = input.files ?? [];
    if (file !== undefined) void this.install(file);
    input.value = '';
  }

  #onAddress(event: SubmitEvent): void {
    event.preventDefault();
    const address = new FormData(event.target as HTMLFormElement).get('address'); // the one it is bound to
    if (typeof address === 'string' && address.trim() !== '') void this.install(address.trim());
  }

  #onDrag(event: DragEvent): void {
    event.preventDefault();
    this.#isOver = event.type === 'dragover';
    this.requestUpdate();
  }

  #onDrop(event: DragEvent): void {
    this.#onDrag(event);
    const [file] = event.dataTransfer?.files ?? [];
    if (file !== undefined) void this.install(file);
  }

  #onPaste(event: ClipboardEvent): void {
    const [file] = event.clipboardData?.files ?? [];
    if (file === undefined) return;
    event.preventDefault();
    void this.install(file);
  }
}
