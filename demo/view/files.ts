import { type FileReport, isPluginError, type Plugin, type PluginFiles } from 'tenon';
import { button, make } from '../dom.js';
import { showSize } from '../format.js';
import { strings } from '../strings.js';

export interface FilesEvents {
  /** Called with a sentence when an operation failed. */
  readonly onProblem: (problem: string) => void;
  /** Called when the user opens a file. */
  readonly onContent: (path: string, bytes: Uint8Array<ArrayBuffer>) => void;
}

const shownFiles = 200;

/** Lists the files of the open plug-in after its last call. Hidden for plug-ins that cannot have files. */
export class FilesView {
  readonly element: HTMLElement = make('section', { 'aria-labelledby': 'files-heading', hidden: true });
  readonly #events: FilesEvents;
  readonly #list = make('ul', { class: 'files' });
  readonly #empty = make('p', { class: 'note' }, strings.files.empty);
  /** Not connected to the document: `click()` opens the browser's file dialog. */
  readonly #picker = make('input', { type: 'file', multiple: true });
  #plugin: Plugin | null = null;

  constructor(events: FilesEvents) {
    this.#events = events;
    this.#picker.addEventListener('change', () => void this.#add());
    this.element.append(
      make('h3', { id: 'files-heading' }, strings.files.title),
      this.#empty,
      this.#list,
      make(
        'div',
        { class: 'files-actions' },
        button(strings.files.add, () => this.#picker.click(), { class: 'bare' }),
        button(strings.files.save, () => void this.#save(), { class: 'bare' }),
      ),
    );
  }

  async show(plugin: Plugin): Promise<void> {
    this.#plugin = plugin;
    const hasFiles = plugin.imports.some(({ name }) => name === 'path_open');
    this.element.hidden = !hasFiles;
    if (!hasFiles) return;
    const files = await this.#do(strings.files.notListed, (files) => files.list());
    if (files !== null && this.#plugin === plugin) this.#render(files.filter(({ kind }) => kind !== 'directory'));
  }

  #render(files: readonly FileReport[]): void {
    this.#empty.hidden = files.length > 0;
    this.#list.replaceChildren(...files.slice(0, shownFiles).map((file) => this.#line(file)));
    if (files.length > shownFiles) {
      this.#list.append(make('li', { class: 'note' }, strings.files.more(files.length - shownFiles)));
    }
  }

  #line({ path, kind, sizeBytes, changed }: FileReport): HTMLElement {
    const open = button(path, () => void this.#open(path), {
      class: 'bare code wraps',
      title: strings.files.show(path),
    });
    const size = kind === 'symlink' ? strings.files.link : showSize(sizeBytes);
    return make('li', {}, open, make('span', { class: 'figure' }, changed ? strings.files.changed(size) : size));
  }

  async #open(path: string): Promise<void> {
    const bytes = await this.#do(strings.files.notRead(path), (files) => files.read(path));
    if (bytes !== null) this.#events.onContent(path, bytes);
  }

  async #add(): Promise<void> {
    const picked = [...(this.#picker.files ?? [])];
    this.#picker.value = '';
    for (const file of picked) {
      const content = await file.arrayBuffer();
      await this.#do(strings.files.notAdded(file.name), (files) => files.write(`/${file.name}`, content));
    }
    if (this.#plugin !== null) await this.show(this.#plugin);
  }

  async #save(): Promise<void> {
    const zip = await this.#do(strings.files.notPacked, (files) => files.exportZip());
    if (zip === null) return;
    const link = make('a', {
      href: URL.createObjectURL(zip),
      download: strings.files.archiveName(this.#plugin?.name ?? 'plugin'),
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  /** Resolves with the result of `work`, or reports the problem and resolves with null. */
  async #do<Value>(problem: string, work: (files: PluginFiles) => Promise<Value>): Promise<Value | null> {
    const plugin = this.#plugin;
    if (plugin === null) return null;
    try {
      return await work(await plugin.files());
    } catch (error) {
      if (!isPluginError(error, 'closed')) {
        this.#events.onProblem(strings.files.because(problem, isPluginError(error) ? error.message : String(error)));
      }
      return null;
    }
  }
}
