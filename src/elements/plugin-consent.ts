import { css, type CSSResultGroup, html, nothing, type TemplateResult } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import type { ConsentAnswer, ConsentRequest, ConsentRight, Replaceable } from '../library/permissions/consent.js';
import { ActivationGuard } from './activation-guard.js';
import { authorText, isCut, shownChars, visibleText } from './author-text.js';
import { shownHost } from './host-note.js';
import { keepFocus } from './keep-focus.js';
import { shared } from './tokens.js';
import { LocalizedElement } from './localized-element.js';
import type { RightDecision } from '../library/permissions/rights.js';
import type { ElementStrings, TextOf } from './strings.js';

interface Question {
  readonly request: ConsentRequest;
  readonly resolve: (answer: ConsentAnswer) => void;
}

/** The safe choice comes first. `ask` decides nothing yet. */
const choices = ['deny', 'ask', 'page', 'always'] as const;
const choicesAtRunTime = ['deny', 'once', 'page', 'always'] as const;

function choiceText(choice: RightDecision, strings: ElementStrings): string {
  return {
    deny: strings.consentDeny,
    ask: strings.decision({ decision: 'ask' }),
    once: strings.consentAllowOnce,
    page: strings.consentAllowOnPage,
    always: strings.consentAllow,
  }[choice];
}

/**
 * `<plugin-consent>`: a dialog that asks which rights a plug-in gets:
 * `createLibrary({ consent: (request) => sheet.ask(request) })`.
 */
export class PluginConsent extends LocalizedElement {
  static override readonly styles: CSSResultGroup = [
    shared,
    css`
      dialog {
        width: min(560px, calc(100vw - 32px));
        max-height: calc(100dvh - 32px);
        padding: 0;
        border: 1px solid var(--_hairline);
        border-radius: 6px;
        background: var(--_surface);
        color: var(--_ink);
        box-shadow: var(--shadow, 0 4px 16px light-dark(rgb(31 29 26 / 14%), rgb(0 0 0 / 50%)));
        overflow: auto;
      }
      dialog::backdrop {
        background: rgb(0 0 0 / 40%);
      }
      .sheet {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 16px;
        padding: 24px 24px 0;
      }
      .rights {
        display: grid;
        border-top: 1px solid var(--_hairline);
      }
      .right {
        display: grid;
        gap: 8px;
        padding: 12px 0;
        border-bottom: 1px solid var(--_hairline);
      }
      .right legend {
        float: left;
        font-size: 14px;
        color: var(--_ink);
      }
      .right label {
        display: inline-flex;
        align-items: center;
        gap: 8px;
        min-height: 24px;
        margin-inline-end: 8px;
      }
      .actions {
        position: sticky;
        bottom: 0;
        display: flex;
        flex-wrap: wrap;
        justify-content: flex-end;
        gap: 8px;
        margin: 0 -24px;
        padding: 16px 24px;
        border-top: 1px solid var(--_hairline);
        background: var(--_surface);
      }
      /* The sheet sets the focus itself: it is shown after a click, too. */
      .actions button:focus {
        outline: 2px solid var(--_accent);
        outline-offset: 2px;
      }
      .abilities {
        margin-top: 8px;
        padding-inline-start: 20px;
        list-style: disc;
      }
    `,
  ];
  readonly #waiting: Question[] = [];
  readonly #guard = new ActivationGuard();

  override connectedCallback(): void {
    super.connectedCallback();
    this.#guard.connect();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#guard.disconnect();
  }

  /** Shows the sheet and resolves with the answer. Requests are shown one at a time; closing the sheet denies. */
  ask(request: ConsentRequest): Promise<ConsentAnswer> {
    return new Promise((resolve) => {
      const question: Question = { request, resolve };
      request.signal.addEventListener('abort', () => this.#answer(question, { allowed: false }), { once: true });
      this.#waiting.push(question);
      this.requestUpdate();
    });
  }

  protected override render(): TemplateResult {
    const [question] = this.#waiting;
    return html`<dialog
      part="sheet"
      aria-labelledby="title"
      @click=${this.#early}
      @cancel=${this.#onCancel}
      @close=${() => this.requestUpdate()}
      @keydown=${keepFocus}
    >
      ${question === undefined ? nothing : keyed(question, this.#content(question))}
    </dialog>`;
  }

  protected override updated(): void {
    const dialog = this.renderRoot.querySelector('dialog');
    const isWanted = this.#waiting.length > 0;
    this.#guard.show(this.#waiting[0] ?? null);
    if (dialog === null || dialog.open === isWanted) return;
    if (!isWanted) dialog.close();
    else {
      dialog.showModal();
      // The safe choice has the focus.
      dialog.querySelector<HTMLElement>('#no')?.focus();
    }
  }

  /** Ignores clicks that the user did not mean for this question, before any control receives them. */
  readonly #early = {
    capture: true,
    handleEvent: (event: Event): void => {
      if (this.#guard.accepts(event)) return;
      event.preventDefault();
      event.stopPropagation();
    },
  };

  #content(question: Question): TemplateResult {
    return question.request.kind === 'run' ? this.#runTimeSheet(question) : this.#sheet(question);
  }

  /** A plug-in was refused while it ran: each answer is a button. Closing the sheet decides nothing. */
  #runTimeSheet(question: Question): TemplateResult {
    const { wanted, rights, points } = question.request;
    const name = authorText(question.request.name, shownChars.name);
    const [right] = rights;
    if (right === undefined) return html``;
    const { strings } = this;
    const at = points.length === 0 ? null : strings.list({ items: points });
    const answer = (decision: (typeof choicesAtRunTime)[number]) => (): void =>
      this.#answer(question, { allowed: true, rights: { [right.key]: decision } });
    return html`<div class="sheet">
      <h2 id="title" class="wraps">
        ${strings.consentRunTitle({ name, host: wanted === null ? null : authorText(wanted) })}
      </h2>
      <p>${strings.consentRunIntro({ points: at })}</p>
      <div class="rights">
        <div class="right">
          <p class="wraps">${this.#sentence(right)}</p>
          ${this.#about(right)}
        </div>
      </div>
      <div class="actions">
        ${choicesAtRunTime.map(
          (decision) =>
            html`<button
              id=${decision === 'deny' ? 'no' : decision}
              class=${decision === 'always' ? 'primary' : ''}
              @click=${answer(decision)}
            >
              ${choiceText(decision, strings)}
            </button>`,
        )}
      </div>
    </div>`;
  }

  #sheet(question: Question): TemplateResult {
    const { strings } = this;
    const { request } = question;
    const { description, points, droppedRights, unusedRights, isDowngrade } = request;
    const author = request.author === null ? null : authorText(request.author, shownChars.author);
    const source = authorText(request.source, shownChars.source);
    const isUpdate = request.kind === 'update';
    const accept = isUpdate ? strings.consentUpdate : strings.consentInstall;
    const size = strings.size({ bytes: request.sizeBytes });
    const quiet = (
      rights: readonly ConsentRight[],
      text: TextOf<{ rights: string }>,
    ): TemplateResult | typeof nothing =>
      rights.length === 0
        ? nothing
        : html`<p class="quiet small wraps">
            ${text({ rights: strings.list({ items: rights.map((right) => this.#sentence(right)) }) })}
          </p>`;
    const isStrange = request.publisher === 'changed' || request.publisher === 'dropped';
    return html`<form class="sheet" @submit=${(event: SubmitEvent) => this.#onSubmit(event, question)}>
      <div>
        <h2 id="title" class="wraps">${this.#title(request)}</h2>
        <p class="quiet small wraps">${strings.consentOrigin({ author, source, size })}</p>
      </div>
      ${this.#changes(request)}
      ${description === null ? nothing : html`<p class="wraps" dir="auto">${authorText(description, shownChars.description)}</p>`}
      ${this.#fullTexts(request)}
      ${points.length === 0 ? nothing : html`<p>${strings.consentPoints({ points: strings.list({ items: points }) })}</p>`}
      <p class=${isStrange ? 'notice' : 'quiet small'}>${strings.consentPublisher({ state: request.publisher })}</p>
      ${this.#rights(request)} ${quiet(unusedRights, strings.consentUnusedRights)}
      ${quiet(droppedRights, strings.consentDroppedRights)}
      <details>
        <summary>${strings.consentCapabilities}</summary>
        <ul class="abilities small">
          ${request.capabilities.map((group) => html`<li>${strings.capability(group)}</li>`)}
        </ul>
      </details>
      <div class="actions">
        <button id="no" type="button" @click=${() => this.#answer(question, { allowed: false })}>
          ${isUpdate ? strings.consentDoNotUpdate : strings.consentDoNotInstall}
        </button>
        <button class="primary">${isDowngrade ? strings.consentDowngrade : accept}</button>
      </div>
    </form>`;
  }

  #title({ kind, name, version, installedName, installedVersion, isDowngrade }: ConsentRequest): string {
    const { strings } = this;
    const shown = authorText(installedName ?? name, shownChars.name);
    const to = shownVersion(version);
    if (kind !== 'update') return strings.consentInstallTitle({ name: shown, version: to });
    const about = { name: shown, from: shownVersion(installedVersion), to };
    return isDowngrade ? strings.consentDowngradeTitle(about) : strings.consentUpdateTitle(about);
  }

  /** What is different from the installed plug-in, or from the one that could be replaced. */
  #changes({ name, installedName, isDowngrade, replaces }: ConsentRequest): TemplateResult {
    const { strings } = this;
    const isRenamed = installedName !== null && installedName !== name;
    return html`
      ${isRenamed ? html`<p class="notice">${strings.consentRenamed({ from: authorText(installedName, shownChars.name), to: authorText(name, shownChars.name) })}</p>` : nothing}
      ${isDowngrade ? html`<p class="notice">${strings.consentDowngradeNotice}</p>` : nothing}
      ${replaces === null ? nothing : this.#replacement(replaces)}
    `;
  }

  #replacement({ name, version, from, isNewer }: Replaceable): TemplateResult {
    const { strings } = this;
    const shown = { name: authorText(name, shownChars.name), version: shownVersion(version), isNewer };
    const question = strings.consentReplaceQuestion({ ...shown, from: authorText(from, shownChars.source) });
    const choice = (value: 'no' | 'yes', text: string): TemplateResult =>
      html`<label><input type="radio" name="replace" value=${value} ?checked=${value === 'no'} />${text}</label>`;
    return html`<fieldset class="right notice">
      <legend class="wraps">${question}</legend>
      <div>${choice('no', strings.consentReplaceNo)} ${choice('yes', strings.consentReplaceYes)}</div>
    </fieldset>`;
  }

  #rights({ rights, kind, asksForHosts }: ConsentRequest): TemplateResult {
    const { strings } = this;
    const isUpdate = kind === 'update';
    if (rights.length === 0) {
      if (asksForHosts) return html`<p>${strings.consentHostsWhenNeeded}</p>`;
      return html`<p>${isUpdate ? strings.consentNoNewRights : strings.consentNoRights}</p>`;
    }
    return html`<div>
      <h3>${isUpdate ? strings.consentNewRights : strings.consentRights}</h3>
      <div class="rights">${rights.map((right) => this.#right(right))}</div>
      ${asksForHosts ? html`<p>${strings.consentHostsWhenNeeded}</p>` : nothing}
    </div>`;
  }

  #right(right: ConsentRight): TemplateResult {
    const { strings } = this;
    const { key } = right;
    return html`<fieldset class="right">
      <legend class="wraps">${this.#sentence(right)}</legend>
      ${this.#about(right)}
      <div>
        ${choices.map(
          (decision) =>
            html`<label
              ><input
                type="radio"
                name=${key}
                value=${decision}
                ?checked=${decision === 'ask'}
              />${choiceText(decision, strings)}</label
            >`,
        )}
      </div>
    </fieldset>`;
  }

  /** What the plug-in can do with a right. The name of a capability is the author's, so it is not part of the sentence. */
  #sentence({ kind, value }: ConsentRight): string {
    if (kind === 'capability') return this.strings.consentFeature;
    return this.strings.right({
      kind,
      value: kind === 'host' ? shownHost(value, location.hostname).value : authorText(value),
    });
  }

  #about({ kind, value, reason }: ConsentRight): TemplateResult {
    const { strings } = this;
    const note = kind === 'host' ? shownHost(value, location.hostname).note : null;
    const shown = reason === null ? null : authorText(reason, shownChars.reason);
    return html`
      ${kind === 'capability' ? html`<p class="code"><bdi>${authorText(value, shownChars.name)}</bdi></p>` : nothing}
      ${note === null ? nothing : html`<p class="warn small">${strings.consentHostNote({ note })}</p>`}
      <p class="quiet small wraps">${strings.consentReason({ reason: shown })}</p>
    `;
  }

  /** The author's texts that are not shown in full. */
  #fullTexts({ name, author, description, source, rights }: ConsentRequest): TemplateResult | typeof nothing {
    const { name: maxName, author: maxAuthor, description: maxDescription, source: maxSource, reason } = shownChars;
    const texts: readonly (readonly [text: string | null, maxChars: number])[] = [
      [name, maxName],
      [author, maxAuthor],
      [description, maxDescription],
      [source, maxSource],
      ...rights.map((right) => [right.reason, reason] as const),
    ];
    const cut = texts.flatMap(([text, maxChars]) =>
      text !== null && isCut(text, maxChars) ? [visibleText(text)] : [],
    );
    if (cut.length === 0) return nothing;
    return html`<details id="full">
      <summary>${this.strings.consentFullTexts}</summary>
      ${cut.map((text) => html`<p class="small wraps" dir="auto">${text}</p>`)}
    </details>`;
  }

  #onSubmit(event: SubmitEvent, question: Question): void {
    event.preventDefault();
    const chosen = new FormData(event.target as HTMLFormElement); // the one it is bound to
    const rights = question.request.rights.flatMap(({ key }) => {
      const decision = choices.find((known) => known === chosen.get(key)) ?? 'ask';
      return decision === 'ask' ? [] : [[key, decision] as const];
    });
    this.#answer(question, {
      allowed: true,
      rights: Object.fromEntries(rights),
      replace: chosen.get('replace') === 'yes',
      downgrade: question.request.isDowngrade,
    });
  }

  #onCancel(event: Event): void {
    event.preventDefault();
    const [question] = this.#waiting;
    if (question !== undefined && this.#guard.accepts(event)) this.#answer(question, { allowed: false });
  }

  #answer(question: Question, answer: ConsentAnswer): void {
    const place = this.#waiting.indexOf(question);
    if (place === -1) return;
    this.#waiting.splice(place, 1);
    if (place === 0) this.renderRoot.querySelector('dialog')?.close();
    this.requestUpdate();
    question.resolve(answer);
  }
}

function shownVersion(version: string | null): string | null {
  return version === null ? null : authorText(version, shownChars.version);
}
