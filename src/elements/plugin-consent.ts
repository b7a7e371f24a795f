import { css, type CSSResultGroup, html, LitElement, nothing, type TemplateResult } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import type { ConsentAnswer, ConsentRequest, ConsentRight } from '../library/permissions/consent.js';
import { shared } from './tokens.js';
import { sayAbility, sayPublisher, saySize } from './strings.js';

interface Question {
  readonly request: ConsentRequest;
  readonly settle: (answer: ConsentAnswer) => void;
}

const choices = [
  ['deny', 'Do not allow'],
  ['once', 'Allow once'],
  ['always', 'Allow'],
] as const;

/**
 * A sheet that asks what a plug-in may do: `createLibrary({ consent: (request) => sheet.ask(request) })`.
 */
export class PluginConsent extends LitElement {
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
        justify-content: flex-end;
        gap: 8px;
        margin: 0 -24px;
        padding: 16px 24px;
        border-top: 1px solid var(--_hairline);
        background: var(--_surface);
      }
      /* After a click, too, the focus that the sheet has set is there to be seen. */
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

  /** Shows the sheet; answers come one after the other. Closing it is a no. */
  ask(request: ConsentRequest): Promise<ConsentAnswer> {
    return new Promise((resolve) => {
      const question: Question = { request, settle: resolve };
      request.signal.addEventListener('abort', () => this.#settle(question, { allowed: false }), { once: true });
      this.#waiting.push(question);
      this.requestUpdate();
    });
  }

  protected override render(): TemplateResult {
    const [question] = this.#waiting;
    return html`<dialog part="sheet" aria-labelledby="title" @cancel=${this.#onCancel} @keydown=${onKeyDown}>
      ${question === undefined ? nothing : keyed(question, this.#content(question))}
    </dialog>`;
  }

  protected override updated(): void {
    const dialog = this.renderRoot.querySelector('dialog');
    const isWanted = this.#waiting.length > 0;
    if (dialog === null || dialog.open === isWanted) return;
    if (!isWanted) dialog.close();
    else {
      dialog.showModal();
      // The safe choice has the focus.
      dialog.querySelector<HTMLElement>('#no')?.focus();
    }
  }

  #content(question: Question): TemplateResult {
    return question.request.kind === 'run' ? this.#runTimeSheet(question) : this.#sheet(question);
  }

  /** It ran, and was refused: each answer is a button. Closing the sheet decides nothing. */
  #runTimeSheet(question: Question): TemplateResult {
    const { name, wanted, rights, points } = question.request;
    const [right] = rights;
    if (right === undefined) return html``;
    const place = points.length === 0 ? '' : ` at “${points.join('”, “')}”`;
    const answer = (decision: (typeof choices)[number][0]) => (): void =>
      this.#settle(question, { allowed: true, rights: { [right.key]: decision } });
    return html`<div class="sheet">
      <h2 id="title" class="wraps">May ${name} reach ${wanted}?</h2>
      <p>It asked for it while it ran${place}, and was refused. What you allow holds from the next time on.</p>
      <div class="rights">
        <div class="right">
          <p class="wraps">${right.sentence}</p>
          ${sayReason(right)}
        </div>
      </div>
      <div class="actions">
        ${choices.map(
          ([decision, words]) =>
            html`<button
              id=${decision === 'deny' ? 'no' : decision}
              class=${decision === 'always' ? 'primary' : ''}
              @click=${answer(decision)}
            >
              ${words}
            </button>`,
        )}
      </div>
    </div>`;
  }

  #sheet(question: Question): TemplateResult {
    const { request } = question;
    const isUpdate = request.kind === 'update';
    const from = request.installedVersion === null ? '' : ` from ${request.installedVersion}`;
    const isStrange = request.publisher === 'changed' || request.publisher === 'dropped';
    return html`<form class="sheet" @submit=${(event: SubmitEvent) => this.#onSubmit(event, question)}>
      <div>
        <h2 id="title" class="wraps">
          ${isUpdate ? `Update ${request.name}${from}` : `Add ${request.name}`}${
            request.version === null ? '' : `${isUpdate ? ' to' : ''} ${request.version}`
          }?
        </h2>
        <p class="quiet small wraps">
          ${request.author === null ? '' : `By ${request.author}, as it says itself. `}From ${request.source},
          ${saySize(request.sizeBytes)}.
        </p>
      </div>
      ${request.description === null ? nothing : html`<p class="wraps">${request.description}</p>`}
      ${
        request.points.length === 0
          ? nothing
          : html`<p>It runs here: <strong>${request.points.join(', ')}</strong>.</p>`
      }
      <p class=${isStrange ? 'notice' : 'quiet small'}>${sayPublisher(request.publisher)}</p>
      ${this.#rights(request)}
      ${
        request.droppedRights.length === 0
          ? nothing
          : html`<p class="quiet small">
              It does not ask any more to: ${request.droppedRights.map(({ sentence }) => sentence).join('; ')}.
            </p>`
      }
      <details>
        <summary>What its code could do</summary>
        <ul class="abilities small">
          ${request.capabilities.map(({ capability }) => html`<li>${sayAbility(capability)}</li>`)}
        </ul>
      </details>
      <div class="actions">
        <button id="no" type="button" @click=${() => this.#settle(question, { allowed: false })}>
          ${isUpdate ? 'Keep what I have' : 'Do not add'}
        </button>
        <button class="primary">${isUpdate ? 'Update' : 'Add'}</button>
      </div>
    </form>`;
  }

  #rights({ rights, kind }: ConsentRequest): TemplateResult {
    if (rights.length === 0) {
      return html`<p>
        ${kind === 'update' ? 'It asks for nothing new.' : 'It asks for no network, no files and nothing of this app.'}
      </p>`;
    }
    return html`<div>
      <h3>${kind === 'update' ? 'It newly asks to' : 'It asks to'}</h3>
      <div class="rights">${rights.map((right) => this.#right(right))}</div>
    </div>`;
  }

  #right(right: ConsentRight): TemplateResult {
    const { key, sentence } = right;
    return html`<fieldset class="right">
      <legend class="wraps">${sentence}</legend>
      ${sayReason(right)}
      <div>
        ${choices.map(
          ([decision, words]) =>
            html`<label
              ><input type="radio" name=${key} value=${decision} ?checked=${decision === 'deny'} />${words}</label
            >`,
        )}
      </div>
    </fieldset>`;
  }

  #onSubmit(event: SubmitEvent, question: Question): void {
    event.preventDefault();
    const chosen = new FormData(event.target as HTMLFormElement); // the one it is bound to
    const rights = question.request.rights.map(({ key }) => {
      const decision = choices.find(([known]) => known === chosen.get(key))?.[0] ?? 'deny';
      return [key, decision] as const;
    });
    this.#settle(question, { allowed: true, rights: Object.fromEntries(rights) });
  }

  #onCancel(event: Event): void {
    event.preventDefault();
    const [question] = this.#waiting;
    if (question !== undefined) this.#settle(question, { allowed: false });
  }

  #settle(question: Question, answer: ConsentAnswer): void {
    const place = this.#waiting.indexOf(question);
    if (place === -1) return;
    this.#waiting.splice(place, 1);
    if (place === 0) this.renderRoot.querySelector('dialog')?.close();
    this.requestUpdate();
    question.settle(answer);
  }
}

function sayReason({ reason }: ConsentRight): TemplateResult {
  return html`<p class="quiet small wraps">
    ${reason === null ? 'Its author gives no reason.' : `Its author says: “${reason}”`}
  </p>`;
}

/** Tab goes round in the sheet. Left alone, Firefox goes back to where it ended, and never to the controls before that. */
function onKeyDown(event: KeyboardEvent): void {
  if (event.key !== 'Tab') return;
  const sheet = event.currentTarget as HTMLElement; // the one it is bound to
  const stops = sheet.querySelectorAll<HTMLElement>('summary, button, input:checked');
  const [first, last] = [stops[0], stops[stops.length - 1]];
  const [from, to] = event.shiftKey ? [first, last] : [last, first];
  if (event.target !== from) return;
  event.preventDefault();
  to?.focus();
}
