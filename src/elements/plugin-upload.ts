import {
  css,
  type CSSResultGroup,
  html,
  LitElement,
  nothing,
  type PropertyDeclarations,
  type TemplateResult,
} from 'lit';
import type { Library } from '../library/library.js';
import type { InstallProgress, InstallSource } from '../library/install/read-source.js';
import { isPluginError } from '../contract/errors.js';
import { shared } from './tokens.js';
import { sayError, sayStep } from './strings.js';

/** Where a plug-in comes in: dropped, chosen, pasted, or by its address. Dispatches `installed` with the plug-in. */
export class PluginUpload extends LitElement {
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
  #said: { readonly text: string; readonly isError: boolean } | null = null;
  #isOver = false;

  constructor() {
    super();
    this.library = null;
  }

  /** Installs from a source, showing how far it is. */
  async install(source: InstallSource): Promise<void> {
    const { library } = this;
    if (library === null || this.#controller !== null) return;
    const controller = new AbortController();
    this.#controller = controller;
    this.#say(null);
    try {
      const plugin = await library.install(source, {
        signal: controller.signal,
        onProgress: (progress) => {
          this.#progress = progress;
          this.requestUpdate();
        },
      });
      this.#say({ text: `${plugin.name} is installed.`, isError: false });
      this.dispatchEvent(new CustomEvent('installed', { detail: plugin, bubbles: true, composed: true }));
    } catch (error) {
      const isNo = isPluginError(error, 'aborted') || isPluginError(error, 'consent-denied');
      this.#say({ text: isNo ? 'Nothing was installed.' : sayError(error), isError: !isNo });
    } finally {
      this.#controller = null;
      this.#progress = null;
      this.requestUpdate();
      await this.updateComplete;
      this.renderRoot.querySelector<HTMLElement>('#choose')?.focus();
    }
  }

  protected override render(): TemplateResult {
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
        <p role="status" class="ok">${this.#said?.isError === false ? this.#said.text : nothing}</p>
        <p role="alert" class="notice" ?hidden=${this.#said?.isError !== true}>
          ${this.#said?.isError === true ? this.#said.text : nothing}
        </p>
      </div>
    `;
  }

  #idle(): TemplateResult {
    return html`
      <div class="row">
        <button id="choose" part="button" class="primary" @click=${this.#choose}>Choose a file</button>
        <span class="quiet small">or drop or paste one here: .wasm, .zip or a manifest</span>
      </div>
      <input id="file" type="file" accept=".wasm,.zip,.json" hidden aria-label="Plug-in file" @change=${this.#onFile} />
      <form @submit=${this.#onAddress}>
        <input
          class="field"
          name="address"
          inputmode="url"
          autocomplete="off"
          placeholder="https://…"
          aria-label="Address of a plug-in"
        />
        <button part="button">Add from address</button>
      </form>
    `;
  }

  #busy(): TemplateResult {
    const progress = this.#progress ?? { step: 'reading', bytes: 0, totalBytes: null };
    const { bytes, totalBytes } = progress;
    const bar =
      totalBytes === null || bytes === 0
        ? html`<progress aria-label="Installing"></progress>`
        : html`<progress aria-label="Installing" max=${totalBytes} .value=${bytes}></progress>`;
    return html`<div class="busy">
      <div class="row">
        <span>${sayStep(progress)}</span>
        <button part="button" @click=${() => this.#controller?.abort()}>Stop</button>
      </div>
      ${bar}
    </div>`;
  }

  #say(said: { readonly text: string; readonly isError: boolean } | null): void {
    this.#said = said;
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
