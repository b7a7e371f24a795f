import { type FileReport, isPluginError, type Plugin, type PluginFiles } from 'tenon';
import { button, make } from '../dom.js';
import { showNumber, showSize } from '../format.js';

export interface FilesEvents {
  /** What could not be done, in a sentence. */
  readonly onProblem: (problem: string) => void;
  /** The person wants to see a file. */
  readonly onContent: (path: string, bytes: Uint8Array<ArrayBuffer>) => void;
}

const shownFiles = 200;

/** The files of the open plug-in, as they are after its last call. Plug-ins that cannot have any show nothing. */
export class FilesView {
  readonly element: HTMLElement = make('section', { 'aria-labelledby': 'files-heading', hidden: true });
  readonly #events: FilesEvents;
  readonly #list = make('ul', { class: 'files' });
  readonly #empty = make('p', { class: 'note' }, 'It has no files yet: what it writes appears here.');
  /** Never in the page: it is clicked, and opens the browser's own dialog. */
  readonly #picker = make('input', { type: 'file', multiple: true });
  #plugin: Plugin | null = null;

  constructor(events: FilesEvents) {
    this.#events = events;
    this.#picker.addEventListener('change', () => void this.#add());
    this.element.append(
      make('h3', { id: 'files-heading' }, 'Files'),
      this.#empty,
      this.#list,
      make(
        'div',
        { class: 'files-actions' },
        button('Add files…', () => this.#picker.click(), { class: 'bare' }),
        button('Save all as zip', () => void this.#save(), { class: 'bare' }),
      ),
    );
  }

  async show(plugin: Plugin): Promise<void> {
    this.#plugin = plugin;
    const hasFiles = plugin.imports.some(({ name }) => name === 'path_open');
    this.element.hidden = !hasFiles;
    if (!hasFiles) return;
    const files = await this.#do('The files could not be listed', (files) => files.list());
    if (files !== null && this.#plugin === plugin) this.#render(files.filter(({ kind }) => kind !== 'directory'));
  }

  #render(files: readonly FileReport[]): void {
    this.#empty.hidden = files.length > 0;
    this.#list.replaceChildren(...files.slice(0, shownFiles).map((file) => this.#line(file)));
    if (files.length > shownFiles) {
      this.#list.append(make('li', { class: 'note' }, `and ${showNumber(files.length - shownFiles)} more`));
    }
  }

  #line({ path, kind, sizeBytes, changed }: FileReport): HTMLElement {
    const open = button(path, () => void this.#open(path), { class: 'bare code wraps', title: `Show ${path}` });
    const size = kind === 'symlink' ? 'link' : showSize(sizeBytes);
    return make('li', {}, open, make('span', { class: 'figure' }, changed ? `${size}, changed` : size));
  }

  async #open(path: string): Promise<void> {
    const bytes = await this.#do(`${path} could not be read`, (files) => files.read(path));
    if (bytes !== null) this.#events.onContent(path, bytes);
  }

  async #add(): Promise<void> {
    const picked = [...(this.#picker.files ?? [])];
    this.#picker.value = '';
    for (const file of picked) {
      const content = await file.arrayBuffer();
      await this.#do(`${file.name} could not be added`, (files) => files.write(`/${file.name}`, content));
    }
    if (this.#plugin !== null) await this.show(this.#plugin);
  }

  async #save(): Promise<void> {
    const zip = await this.#do('The files could not be packed', (files) => files.exportZip());
    if (zip === null) return;
    const link = make('a', { href: URL.createObjectURL(zip), download: `${this.#plugin?.name ?? 'plugin'} files.zip` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  /** Null when it failed, and was told. */
  async #do<Value>(problem: string, work: (files: PluginFiles) => Promise<Value>): Promise<Value | null> {
    const plugin = this.#plugin;
    if (plugin === null) return null;
    try {
      return await work(await plugin.files());
    } catch (error) {
      if (!isPluginError(error, 'closed')) {
        this.#events.onProblem(`${problem}: ${isPluginError(error) ? error.message : String(error)}`);
      }
      return null;
    }
  }
}
