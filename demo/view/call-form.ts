import { button, Choice, make, setDisabled } from '../dom.js';
import type { InputType, Sample } from '../entries.js';
import type { CallRequest } from '../session.js';
import { strings } from '../strings.js';

export interface CallFormEvents {
  readonly onRun: (request: CallRequest) => void;
  readonly onStop: () => void;
}

const longestLimitMs = 600_000;
const defaultLimitMs = '5000';

/** The form of a call: function, input, time limit, Run and Stop. */
export class CallForm {
  readonly #form: HTMLFormElement;
  readonly #events: CallFormEvents;
  readonly #functions = make('select', { id: 'function', class: 'field' });
  readonly #typeChoice: Choice<InputType>;
  readonly #editor = make('textarea', {
    id: 'input',
    class: 'editor',
    spellcheck: 'false',
    autocomplete: 'off',
    'aria-label': strings.form.input,
    'aria-describedby': 'input-complaint',
    'aria-keyshortcuts': 'Control+Enter',
    placeholder: strings.form.inputPlaceholder,
  });
  readonly #limit = make('input', {
    id: 'limit',
    class: 'field number',
    inputmode: 'numeric',
    autocomplete: 'off',
    value: defaultLimitMs,
    'aria-describedby': 'input-complaint',
  });
  readonly #complaint = make('p', { id: 'input-complaint', class: 'complaint', role: 'alert', hidden: true });
  readonly #run = make(
    'button',
    { type: 'submit', class: 'primary call-run', title: strings.form.runTitle },
    strings.form.run,
  );
  readonly #stop: HTMLButtonElement;
  #inputType: InputType = 'text';
  #plugin = '';
  #samples: readonly Sample[] = [];
  /** The input typed for each function, until the page is closed. */
  readonly #drafts = new Map<string, { readonly inputType: InputType; readonly input: string }>();

  constructor(form: HTMLFormElement, events: CallFormEvents) {
    this.#form = form;
    this.#events = events;
    this.#stop = button(strings.form.stop, events.onStop, { title: strings.form.stopTitle });
    this.#typeChoice = new Choice(
      'input-type',
      strings.form.inputAs,
      [
        ['text', strings.form.text],
        ['json', strings.form.json],
      ],
      (type) => {
        this.#inputType = type;
        this.#complain(null);
        this.#keepDraft();
      },
    );
    form.append(
      make(
        'div',
        { class: 'call-row' },
        make('label', { class: 'label', for: 'function' }, strings.form.function),
        this.#functions,
        make('span', { class: 'label', 'aria-hidden': 'true' }, strings.form.input),
        this.#typeChoice.element,
      ),
      this.#editor,
      this.#complaint,
      make(
        'div',
        { class: 'call-row' },
        this.#run,
        this.#stop,
        make(
          'span',
          { class: 'pair spread' },
          make('label', { class: 'label', for: 'limit' }, strings.form.limit),
          this.#limit,
          make('span', { class: 'small quiet', 'aria-hidden': 'true' }, strings.form.limitUnit),
        ),
      ),
    );
    this.#functions.addEventListener('change', () => this.#showDraft());
    this.#editor.addEventListener('input', () => this.#keepDraft());
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    form.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        this.#submit();
      }
    });
    this.#typeChoice.show('text');
    this.setState('closed');
  }

  /** Lists the functions of a plug-in, those with a sample first. */
  showFunctions(plugin: string, names: readonly string[], samples: readonly Sample[]): void {
    const kept = this.#plugin === plugin ? this.#functions.value : null;
    this.#plugin = plugin;
    this.#samples = samples;
    const known = samples.map(({ name }) => name).filter((name) => names.includes(name));
    const all = [...known, ...names.filter((name) => !known.includes(name))];
    this.#functions.replaceChildren(...all.map((name) => make('option', { value: name }, name)));
    if (kept !== null && all.includes(kept)) this.#functions.value = kept;
    this.#showDraft();
  }

  /** Shows the state: `closed` hides the form; `loading` and `running` can be stopped. */
  setState(state: 'closed' | 'loading' | 'ready' | 'running'): void {
    this.#form.hidden = state === 'closed';
    const empty = this.#functions.options.length === 0;
    setDisabled(this.#run, state !== 'ready' || empty);
    setDisabled(this.#stop, state !== 'running' && state !== 'loading');
    this.#functions.disabled = empty;
  }

  get hasFocus(): boolean {
    return this.#form.contains(document.activeElement);
  }

  #submit(): void {
    if (this.#run.getAttribute('aria-disabled') === 'true') return;
    const input = this.#editor.value;
    const timeoutMs = Number(this.#limit.value.trim() || Number.NaN);
    const limitFault =
      Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= longestLimitMs ? null : strings.form.limitRule;
    this.#limit.setAttribute('aria-invalid', String(limitFault !== null));
    const inputFault = this.#inputType === 'json' ? jsonFault(input) : null;
    this.#editor.setAttribute('aria-invalid', String(inputFault !== null));
    this.#complain(limitFault ?? inputFault);
    if (limitFault !== null) return this.#limit.focus();
    if (inputFault !== null) return this.#editor.focus();
    this.#events.onRun({ name: this.#functions.value, input, timeoutMs });
  }

  #complain(sentence: string | null): void {
    this.#complaint.hidden = sentence === null;
    this.#complaint.textContent = sentence ?? '';
  }

  #keepDraft(): void {
    this.#drafts.set(this.#draftKey, { inputType: this.#inputType, input: this.#editor.value });
  }

  #showDraft(): void {
    const name = this.#functions.value;
    const sample = this.#samples.find((one) => one.name === name);
    const { inputType, input } = this.#drafts.get(this.#draftKey) ?? sample ?? { inputType: 'text', input: '' };
    this.#inputType = inputType;
    this.#typeChoice.show(inputType);
    this.#editor.value = input;
    this.#complain(null);
    this.#editor.removeAttribute('aria-invalid');
  }

  get #draftKey(): string {
    return `${this.#plugin}\n${this.#functions.value}`;
  }
}

function jsonFault(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^JSON\.parse: /u, '') : String(error);
    return strings.form.notJson(reason);
  }
}
