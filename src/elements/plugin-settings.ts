import { css, type CSSResultGroup, html, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { isPluginError } from '../contract/errors.js';
import type { SettingValue } from '../library/settings.js';
import type { InstalledPlugin, InstalledSetting } from '../library/view.js';
import { LibraryElement } from './library-element.js';
import { shared } from './tokens.js';
import { errorMessage } from './localized-element.js';
import type { Message } from './string-table.js';

/** `<plugin-settings>`: shows a plug-in's settings as a form, generated from its manifest. */
export class PluginSettings extends LibraryElement {
  static override readonly properties: PropertyDeclarations = {
    ...LibraryElement.properties,
    pluginId: { attribute: 'plugin-id' },
  };
  static override readonly styles: CSSResultGroup = [
    shared,
    css`
      form {
        display: grid;
        gap: 12px;
        max-width: 480px;
      }
      .setting {
        display: grid;
        gap: 4px;
      }
      select {
        padding: 0 4px;
      }
      .check {
        display: flex;
        align-items: center;
        gap: 8px;
      }
    `,
  ];
  declare pluginId: string | null;
  #plugin: InstalledPlugin | null = null;
  #faults: ReadonlyMap<string, string> = new Map();
  #status: Message | null = null;

  constructor() {
    super();
    this.pluginId = null;
  }

  protected override async look(): Promise<void> {
    this.#plugin = this.pluginId === null ? null : ((await this.library?.get(this.pluginId)) ?? null);
  }

  protected override render(): TemplateResult {
    const settings = this.#plugin?.settings ?? [];
    if (settings.length === 0)
      return html`<p class="quiet small" ?hidden=${this.#plugin === null}>${this.strings.settingsEmpty}</p>`;
    return html`<form part="form" @submit=${this.#onSubmit} novalidate>
      <h4>${this.strings.settingsTitle}</h4>
      ${settings.map((setting) => this.#setting(setting))}
      <div class="row">
        <button part="button">${this.strings.settingsSave}</button>
        <span role="status" class="ok small">${this.textOf(this.#status)}</span>
      </div>
      <p role="alert" class="notice" ?hidden=${this.failure === null}>${this.textOf(this.failure)}</p>
    </form>`;
  }

  #setting(setting: InstalledSetting): TemplateResult {
    const { key, title, description } = setting;
    const fault = this.#faults.get(key);
    const note = `note-${key}`;
    const about =
      fault === undefined && description === null
        ? nothing
        : html`<p id=${note} class="small wraps ${fault === undefined ? 'quiet' : 'error'}">
            ${fault === undefined ? description : this.strings.settingsFault({ title, message: fault })}
          </p>`;
    if (setting.type === 'boolean') {
      const isOn = (setting.value ?? setting.fallback) === true;
      return html`<div class="setting">
        <label class="check"
          ><input type="checkbox" name=${key} .checked=${isOn} aria-describedby=${note} />${title}</label
        >
        ${about}
      </div>`;
    }
    return html`<div class="setting">
      <label class="label" for=${`set-${key}`}>${title}</label>
      ${this.#control(setting, note, fault !== undefined)} ${about}
    </div>`;
  }

  #control(
    { key, type, choices, value, fallback, isSecret, isSet }: InstalledSetting,
    note: string,
    isBad: boolean,
  ): TemplateResult {
    if (choices !== null) {
      return html`<select id=${`set-${key}`} name=${key} aria-describedby=${note}>
        ${choices.map((choice) => html`<option .selected=${choice === (value ?? fallback)}>${choice}</option>`)}
      </select>`;
    }
    const kind = isSecret ? 'password' : type === 'string' ? 'text' : 'number';
    return html`<input
      class="field"
      id=${`set-${key}`}
      name=${key}
      type=${kind}
      step=${type === 'number' ? 'any' : 1}
      autocomplete="off"
      placeholder=${isSecret && isSet ? this.strings.settingsSecretPlaceholder : ''}
      .value=${String(value ?? fallback ?? '')}
      aria-describedby=${note}
      aria-invalid=${isBad ? 'true' : 'false'}
    />`;
  }

  async #onSubmit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const written = new FormData(event.target as HTMLFormElement); // the one it is bound to
    const { library, pluginId } = this;
    if (library === null || pluginId === null) return;
    const values = new Map<string, SettingValue | null>();
    for (const setting of this.#plugin?.settings ?? []) {
      const value = readValue(setting, written.get(setting.key));
      if (value !== undefined) values.set(setting.key, value);
    }
    this.#status = null;
    this.failure = null;
    this.#faults = new Map();
    try {
      await library.configure(pluginId, Object.fromEntries(values));
      this.#status = (strings) => strings.settingsSaved;
    } catch (error) {
      if (isPluginError(error, 'setting-invalid'))
        this.#faults = new Map(error.issues.map(({ path, message }) => [path, message]));
      else this.failure = errorMessage(error);
    }
    this.requestUpdate();
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }
}

/** Returns undefined for a setting to leave unchanged: an empty field keeps a secret. */
function readValue(
  { type, choices, isSecret }: InstalledSetting,
  written: FormDataEntryValue | null,
): SettingValue | null | undefined {
  if (type === 'boolean') return written !== null;
  const text = typeof written === 'string' ? written : '';
  if (choices !== null) return choices.find((choice) => String(choice) === text) ?? null;
  if (text === '') return isSecret ? undefined : null;
  return type === 'string' ? text : Number(text);
}
