import { css, type CSSResultGroup, html, type PropertyDeclarations, type TemplateResult } from 'lit';
import { LibraryElement } from './library-element.js';
import { shared } from './tokens.js';

/**
 * `<plugin-icon>`: shows a plug-in's icon, or the first letter of its name if it has none that can be shown. Hidden from
 * assistive technology.
 */
export class PluginIcon extends LibraryElement {
  static override readonly properties: PropertyDeclarations = {
    ...LibraryElement.properties,
    pluginId: { attribute: 'plugin-id' },
  };
  static override readonly styles: CSSResultGroup = [
    shared,
    css`
      :host {
        width: 32px;
        height: 32px;
      }
      .tile {
        display: grid;
        place-items: center;
        width: 100%;
        height: 100%;
        border: 1px solid var(--_hairline);
        border-radius: 6px;
        background: var(--_raised);
        color: var(--_quiet);
        font-weight: 600;
        overflow: hidden;
      }
      img {
        width: 100%;
        height: 100%;
        object-fit: contain;
      }
    `,
  ];
  declare pluginId: string | null;
  #letter = '';
  /** The sha256 of the version whose icon is shown. */
  #version: string | null = null;
  /** A blob URL: an `<img>` runs no script, whatever the icon contains. */
  #url: string | null = null;

  constructor() {
    super();
    this.pluginId = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // Reordering a list disconnects its rows and connects them again.
    void this.attempt(() => this.look());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#show(null, null);
  }

  protected override async look(): Promise<void> {
    const { library, pluginId } = this;
    const plugin = pluginId === null ? null : ((await library?.get(pluginId)) ?? null);
    this.#letter = Array.from(plugin?.name ?? '')[0]?.toUpperCase() ?? '';
    const version = plugin?.hasIcon === true ? plugin.sha256 : null;
    if (library === null || plugin === null || version === this.#version) return;
    this.#show(version, version === null ? null : await library.icon(plugin.id));
  }

  protected override render(): TemplateResult {
    return html`<span class="tile" part="icon" aria-hidden="true"
      >${
        this.#url === null ? this.#letter : html`<img src=${this.#url} alt="" @error=${() => this.#show(null, null)} />`
      }</span
    >`;
  }

  #show(version: string | null, icon: Blob | null): void {
    if (this.#url !== null) URL.revokeObjectURL(this.#url);
    this.#version = version;
    this.#url = icon === null ? null : URL.createObjectURL(icon);
    this.requestUpdate();
  }
}
