import { type ErrorCode, isPluginError, type LogRecord } from 'tenon';
import { callableFunctions } from './callable.js';
import { announce, button, byId, make } from './dom.js';
import { type Entry, nameOf, type OwnEntry, samplesOf } from './entries.js';
import { type CallRecord, type CallRequest, Session, type SessionState, wasStopped } from './session.js';
import { Shelf } from './shelf.js';
import { strings } from './strings.js';
import { callProgress, loadProgress } from './view/busy.js';
import { CallForm } from './view/call-form.js';
import { FilesView } from './view/files.js';
import { failureLine, renderFailure } from './view/failure.js';
import { Inspector } from './view/inspector.js';
import { LogView } from './view/log.js';
import { Opening } from './view/opening.js';
import { OutputView } from './view/output.js';
import { PluginList } from './view/plugin-list.js';
import { Tabs } from './view/tabs.js';

/** Errors of files that can never load, so that they are not stored. */
const notLoadable: ReadonlySet<ErrorCode> = new Set(['not-a-plugin', 'component', 'invalid-module']);
/** Shorter waits show no progress, which would only flash. */
const busyAfterMs = 150;
const lastOpenedKey = 'tenon-playground-last';

/** Connects the parts of the page. */
export class Playground {
  readonly #shelf = new Shelf(() => this.#showShelf());
  readonly #session = new Session({
    onState: (state) => this.#onState(state),
    onLog: (record) => this.#onLog(record),
    onRequest: (event) => this.#note(strings.session.request(event)),
    onRestart: (entry) => this.#note(strings.session.restarted(nameOf(entry))),
  });
  readonly #tabs: Tabs;
  readonly #list: PluginList;
  readonly #opening: Opening;
  readonly #form: CallForm;
  readonly #output: OutputView;
  readonly #inspector: Inspector;
  readonly #log: LogView;
  readonly #files: FilesView;
  #busyTimer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.#tabs = new Tabs(byId('tabs', HTMLDivElement), [...document.querySelectorAll<HTMLElement>('[data-panel]')]);
    this.#list = new PluginList(byId('plugin-list', HTMLDivElement), {
      onChoose: (entry) => void this.#open(entry),
      onRemove: (entry) => void this.#remove(entry),
    });
    this.#opening = new Opening(byId('opening', HTMLDivElement), byId('drop-hint', HTMLDivElement), {
      onFiles: (files) => void this.#openFiles(files),
      onUrl: (url) => void this.#open(this.#shelf.entryFor(url)),
    });
    this.#form = new CallForm(byId('call', HTMLFormElement), {
      onRun: (request) => void this.#run(request),
      onStop: () => this.#session.stop(),
    });
    this.#output = new OutputView(byId('output', HTMLElement));
    this.#files = new FilesView({
      onProblem: (problem) => this.#note(problem),
      onContent: (path, bytes) => this.#output.showOutput({ bytes, times: null, name: path }),
    });
    this.#inspector = new Inspector(byId('inspector', HTMLDivElement), this.#files.element);
    this.#log = new LogView(byId('log', HTMLDivElement), (count) => this.#tabs.setBadge('log', count));
    addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.#session.stop();
    });
  }

  /** Opens what was open at the last visit, or the first example: the first output is one click away. */
  async start(): Promise<void> {
    await this.#shelf.load();
    if (this.#session.state.phase !== 'empty') return;
    const entry = this.#shelf.find(lastOpened()) ?? this.#shelf.examples[0];
    if (entry === undefined) this.#onState({ phase: 'empty' });
    else await this.#session.open(entry);
  }

  async #open(entry: Entry): Promise<void> {
    if (this.#session.state.phase !== 'empty') this.#log.clear();
    this.#tabs.show('work');
    keepLastOpened(entry.id);
    await this.#session.open(entry);
    const { state } = this.#session;
    if (state.phase === 'empty' || state.phase === 'loading' || state.entry !== entry || entry.kind === 'example')
      return;
    const useless = state.phase === 'failed' && isPluginError(state.error) && notLoadable.has(state.error.code);
    if (useless || (state.phase === 'failed' && wasStopped(state.error))) return;
    const kept = await this.#shelf.add(entry);
    if (!kept) this.#note(strings.list.notStored(entry.title));
  }

  async #openFiles(files: readonly File[]): Promise<void> {
    for (const file of files) await this.#open(this.#shelf.entryFor(file));
  }

  async #remove(entry: OwnEntry): Promise<void> {
    const isOpen = this.#openId === entry.id;
    await this.#shelf.remove(entry);
    if (isOpen) this.#session.close();
    announce(strings.list.removed(entry.title));
    this.#list.focusUndo();
  }

  async #run(request: CallRequest): Promise<void> {
    const { name, timeoutMs } = request;
    const call = this.#session.call(request);
    this.#form.setState('running');
    let endProgress = (): void => {};
    this.#whenSlow(() => {
      const { element, end } = callProgress(name, timeoutMs);
      endProgress = end;
      this.#output.showInstead(element);
    });
    const record = await call;
    endProgress();
    if (record === null) return;
    this.#atOnce();
    this.#form.setState('ready');
    this.#showCall(record);
  }

  #showCall(record: CallRecord): void {
    const { name, inputBytes, totalMs, outcome } = record;
    const { state } = this.#session;
    if (state.phase !== 'ready') return;
    this.#inspector.showTimes(record, state.plugin);
    void this.#files.show(state.plugin);
    if (outcome.kind === 'output') {
      const { bytes, guestMs } = outcome;
      this.#output.showOutput({ bytes, times: { totalMs, guestMs }, name });
      this.#note(strings.session.returnedLog(name, inputBytes, bytes.length, totalMs));
      announce(strings.session.returned(name, bytes.length, totalMs));
    } else {
      this.#note(strings.session.failedLog(name, inputBytes, totalMs, failureLine(outcome.error)));
      const after = strings.session.readyAgain(nameOf(state.entry));
      this.#showFailure(outcome.error, { what: strings.session.failed(name), after });
    }
  }

  #showFailure(error: unknown, context: Parameters<typeof renderFailure>[1]): void {
    if (!wasStopped(error)) return this.#output.showInstead(renderFailure(error, context));
    this.#output.showInstead(
      make(
        'p',
        { class: 'empty' },
        context.after === undefined ? strings.session.stopped : strings.session.stoppedThen(context.after),
      ),
      ...(context.action === undefined ? [] : [context.action]),
    );
    announce(strings.session.stopped);
  }

  #onState(state: SessionState): void {
    this.#atOnce();
    this.#showShelf();
    this.#showHeading(state);
    switch (state.phase) {
      case 'empty':
        return this.#showEmpty();
      case 'loading':
        return this.#showLoading(state);
      case 'failed':
        return this.#showFailed(state);
      case 'ready':
        return this.#showReady(state);
    }
  }

  #showEmpty(): void {
    this.#form.showFunctions('', [], []);
    this.#form.setState('closed');
    this.#inspector.showNothing(strings.inspector.empty);
    this.#output.showInstead(
      make(
        'div',
        { class: 'empty' },
        make('p', {}, strings.session.empty),
        button(strings.opening.chooseFile, () => this.#opening.pick()),
      ),
    );
  }

  #showLoading({ entry, progress }: Extract<SessionState, { phase: 'loading' }>): void {
    this.#form.setState('loading');
    if (progress === null) {
      this.#form.showFunctions(entry.id, [], []);
      this.#inspector.showNothing(strings.inspector.loading(nameOf(entry)));
      this.#output.showInstead();
      this.#form.setState('loading');
    }
    this.#whenSlow(() => this.#output.showInstead(loadProgress(nameOf(entry), progress)));
  }

  #showFailed({ entry, error }: Extract<SessionState, { phase: 'failed' }>): void {
    const hadFocus = this.#form.hasFocus;
    this.#form.setState('closed');
    this.#inspector.showNothing(strings.inspector.failed);
    this.#note(strings.session.notLoadedLog(nameOf(entry), failureLine(error)));
    const action = button(strings.session.tryAgain, () => void this.#open(entry));
    this.#showFailure(error, { what: strings.session.notLoaded(nameOf(entry)), action });
    // The form that had the focus is hidden.
    if (hadFocus) action.focus();
  }

  #showReady({ entry, plugin, loaded }: Extract<SessionState, { phase: 'ready' }>): void {
    const names = callableFunctions(loaded.inspection);
    this.#form.showFunctions(entry.id, names, samplesOf(entry));
    this.#form.setState('ready');
    this.#inspector.show(entry, loaded, plugin);
    void this.#files.show(plugin);
    this.#note(strings.session.readyLog(nameOf(entry), loaded.totalMs));
    announce(strings.session.ready(nameOf(entry)));
    this.#output.showInstead(
      make('p', { class: 'empty' }, names.length === 0 ? strings.session.noFunctions : strings.session.runIt),
    );
  }

  #showHeading(state: SessionState): void {
    const entry = state.phase === 'empty' ? null : state.entry;
    const heading = byId('work-heading', HTMLHeadingElement);
    heading.textContent = entry?.title ?? strings.session.none;
    heading.title = entry?.title ?? '';
    byId('work-about', HTMLParagraphElement).textContent = entry?.about ?? '';
  }

  #showShelf(): void {
    const { examples, examplesProblem, own, undo } = this.#shelf;
    this.#list.show({ examples, examplesProblem, own, undo, currentId: this.#openId });
  }

  get #openId(): string | null {
    const { state } = this.#session;
    return state.phase === 'empty' ? null : state.entry.id;
  }

  #onLog({ level, message, at, stream }: LogRecord): void {
    this.#log.add({ level: stream ?? level, message, at });
  }

  #note(message: string): void {
    this.#log.add({ level: 'tenon', message, at: Date.now() });
  }

  /** Calls `progress` after a while, unless something else is shown before. */
  #whenSlow(progress: () => void): void {
    clearTimeout(this.#busyTimer);
    this.#busyTimer = setTimeout(progress, busyAfterMs);
  }

  #atOnce(): void {
    clearTimeout(this.#busyTimer);
  }
}

function lastOpened(): string | null {
  try {
    return localStorage.getItem(lastOpenedKey);
  } catch {
    return null;
  }
}

function keepLastOpened(id: string): void {
  try {
    localStorage.setItem(lastOpenedKey, id);
  } catch {
    // Without storage, the next visit starts with an example.
  }
}
