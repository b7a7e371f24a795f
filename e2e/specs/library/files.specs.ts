/** Paths that a plug-in was allowed: a folder of its own in this browser, shown to its user, who may remove what is in it. */
import 'tenon/elements';
import type { ConsentAnswer } from 'tenon/library';
import { contains, equal, failsWith } from '../assert.js';
import { type SpecContext, spec } from '../harness.js';
import { openLibrary, type OpenedLibrary, pluginManifest } from './library-kit.js';
import { needPrivateFiles } from '../wasi/wasi-kit.js';

/** Keeps notes in /notes.txt. */
function notes(context: SpecContext, more: Readonly<Record<string, unknown>> = {}): Promise<File> {
  return pluginManifest(context, '/plugins/notes_c.wasm', { id: 'notes', name: 'Notes' }, more);
}

const asksForFolder = { allowed_paths: { './data': '/' } };

async function addNote({ library }: OpenedLibrary): Promise<string> {
  return (await (await library.open('notes')).call('add_note', 'Buy oak')).text();
}

async function pathsOf({ library }: OpenedLibrary): Promise<string[]> {
  return (await library.files('notes')).map(({ path, sizeBytes }) => `${path} ${sizeBytes > 0 ? 'full' : 'empty'}`);
}

/** Directories that libraries of that name keep. */
async function keptDirectories(name: string): Promise<string[]> {
  const found: string[] = [];
  const home = await (await navigator.storage.getDirectory()).getDirectoryHandle('tenon-files', { create: true });
  for await (const key of home.keys()) if (decodeURIComponent(key).includes(`library/${name}/`)) found.push(key);
  return found;
}

spec(
  'library: a path that was allowed is a folder that outlives the page, and goes with the plug-in',
  async (context) => {
    await needPrivateFiles(context);
    const first = openLibrary(context);
    await first.library.install(await notes(context, asksForFolder));
    equal([await addNote(first), await addNote(first)], ['1 notes', '2 notes']);
    await first.library.close();
    const second = openLibrary(context, {}, first.name);
    equal(await addNote(second), '3 notes', 'in another page');
    equal(await pathsOf(second), ['/notes.txt full']);
    equal((await keptDirectories(first.name)).length, 1);
    await second.library.remove('notes');
    equal(await keptDirectories(first.name), []);
    await second.library.install(await notes(context, asksForFolder));
    equal(await addNote(second), '1 notes', 'installed again');
    await second.library.remove('notes');
  },
);

spec(
  'library: a plug-in that was allowed no path has no folder, and loses it when it is taken back',
  async (context) => {
    await needPrivateFiles(context);
    const none = (): ConsentAnswer => ({ allowed: true, rights: {} });
    const opened = openLibrary(context, { consent: none });
    await opened.library.install(await notes(context, asksForFolder));
    await failsWith(addNote(opened), 'guest-error');
    equal(await keptDirectories(opened.name), []);
    await opened.library.decide('notes', 'path:/', 'always');
    equal(await addNote(opened), '1 notes');
    await opened.library.decide('notes', 'path:/', 'deny');
    await failsWith(addNote(opened), 'guest-error');
    await opened.library.remove('notes');
  },
);

spec('library: a folder that the manifest wants read-only is', async (context) => {
  await needPrivateFiles(context);
  const opened = openLibrary(context);
  await opened.library.install(await notes(context, { allowed_paths: { 'ro:./data': '/' } }));
  await failsWith(addNote(opened), 'guest-error');
  await opened.library.remove('notes');
});

spec('library: an app may say what is behind a path that was allowed, and only then', async (context) => {
  const files = { '/': { memory: { 'notes.txt': 'of the app\n' } } };
  const opened = openLibrary(context, {
    options: ({ rights }) => (rights.some(({ decision }) => decision === 'always') ? { files } : {}),
  });
  await opened.library.install(await notes(context, asksForFolder));
  equal(await addNote(opened), '2 notes');
  await opened.library.decide('notes', 'path:/', 'deny');
  await failsWith(addNote(opened), 'guest-error');
  await opened.library.remove('notes');
});

spec(
  'library: files are removed one by one or all at once, and what runs does not bring them back',
  async (context) => {
    await needPrivateFiles(context);
    const opened = openLibrary(context);
    const other = openLibrary(context, {}, opened.name);
    const { library } = opened;
    await library.install(await notes(context, asksForFolder));
    equal([await addNote(opened), await addNote(opened)], ['1 notes', '2 notes']);
    await library.removeFiles('notes', '/notes.txt');
    equal(await pathsOf(opened), []);
    equal(await addNote(opened), '1 notes');
    await library.removeFiles('notes', '/no-such-file');
    await library.removeFiles('notes');
    equal(await pathsOf(opened), []);
    equal(await addNote(other), '1 notes', 'in another page');
    await failsWith(library.files('gone'), 'not-installed');
    await library.remove('notes');
  },
);

spec('<plugin-files> shows what a plug-in keeps, and removes it', async (context) => {
  await needPrivateFiles(context);
  const opened = openLibrary(context);
  await opened.library.install(await notes(context, asksForFolder));
  await addNote(opened);
  const element = document.createElement('plugin-files');
  context.defer(() => element.remove());
  element.library = opened.library;
  element.pluginId = 'notes';
  document.body.append(element);
  const shown = async (text: string): Promise<void> => {
    for (;;) {
      if (element.shadowRoot?.textContent.includes(text) === true) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  await shown('/notes.txt');
  const button = element.shadowRoot?.querySelector<HTMLElement>('button[aria-label="Remove /notes.txt"]');
  button?.click();
  await shown('/notes.txt is removed.');
  contains(element.shadowRoot?.textContent ?? '', 'No files yet.');
  equal(await pathsOf(opened), []);
  await opened.library.remove('notes');
});
