/** Elements alone, each with a library and nothing else. The journeys show them together, as people use them. */
import 'tenon/elements';
import type { Library, LogDetail } from 'tenon/library';
import { check, equal } from '../assert.js';
import { type SpecContext, spec } from '../harness.js';
import { fileOf, openLibrary, overwrite, pngOf, vowelManifest, zipOf } from './library-kit.js';
import { bytesOf, vowels } from '../loading/load-kit.js';

type Name = 'plugin-icon' | 'plugin-inspector' | 'plugin-list' | 'plugin-log';

function show<Tag extends Name>({ defer }: SpecContext, tag: Tag, library: Library): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  defer(() => element.remove());
  element.library = library;
  document.body.append(element);
  return element;
}

/** The first element in the other's own that matches, once there is one. */
async function inside(element: HTMLElement, selector: string, accept = (_found: Element) => true): Promise<Element> {
  for (;;) {
    const found = Array.from(element.shadowRoot?.querySelectorAll(selector) ?? []).find(accept);
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

spec('<plugin-icon> shows the icon of a bundle, and a letter for a plug-in without one', async (context) => {
  const { library } = openLibrary(context);
  const wasm = await bytesOf(context, vowels);
  const bundle = (version: string, icon: Uint8Array | null): File => {
    const manifest = JSON.stringify({ wasm: [{ url: 'a.wasm' }], plugin: { id: 'v', name: 'vowels', version } });
    const icons = icon === null ? [] : [['icon.png', icon] as const];
    return fileOf(zipOf([['manifest.json', manifest], ['a.wasm', wasm], ...icons]), 'v.zip');
  };
  await library.install(bundle('1', await pngOf(7, 9)));
  const element = show(context, 'plugin-icon', library);
  element.pluginId = 'v';
  const image = await inside(element, 'img', (found) => (found as HTMLImageElement).naturalWidth > 0);
  const { naturalWidth, naturalHeight } = image as HTMLImageElement;
  equal([naturalWidth, naturalHeight], [7, 9], 'the size of the icon');
  await library.update('v', bundle('2', null));
  await inside(element, '.tile', (tile) => tile.textContent.trim() === 'V');
});

spec('<plugin-icon> shows no icon that an earlier version of the library stored unchecked', async (context) => {
  const first = openLibrary(context);
  const wasm = await bytesOf(context, vowels);
  const bundle = zipOf([
    ['a.wasm', wasm],
    ['icon.png', await pngOf(7, 9)],
  ]);
  const { id } = await first.library.install(fileOf(bundle, 'a.zip'));
  await first.library.close();
  await overwrite(first.name, 'records', id, (record) => {
    const { current, ...rest } = record as { readonly current: { readonly icon: object } };
    return { ...rest, current: { ...current, icon: { ...current.icon, type: 'image/svg+xml', isChecked: undefined } } };
  });
  const { library } = openLibrary(context, {}, first.name);
  equal([(await library.get(id))?.hasIcon, await library.icon(id)], [false, null]);
  const element = show(context, 'plugin-icon', library);
  element.pluginId = id;
  await inside(element, '.tile', (tile) => tile.textContent.trim() === 'A');
});

spec("<plugin-list> shows markup in an author's texts as text", async (context) => {
  const { library } = openLibrary(context);
  const markup = '<img src="x" onerror="document.title = 1">';
  const about = { id: 'markup', name: `${markup} name`, description: `${markup} description`, version: markup };
  const permissions = [{ host: 'a.example.com', reason: markup }];
  await library.install(await vowelManifest(context, { ...about, permissions }));
  const element = show(context, 'plugin-list', library);
  const holds = (text: string) => (found: Element) => found.textContent.includes(text);
  await inside(element, 'h3', holds(about.name));
  await inside(element, 'h3', holds(about.version));
  await inside(element, 'p', holds(about.description));
  equal(element.shadowRoot?.querySelectorAll('img').length, 0, 'images');
});

spec('<plugin-log> keeps thousands of lines, with only those in sight in the document', async (context) => {
  const { library } = openLibrary(context);
  const element = show(context, 'plugin-log', library);
  const lines = await inside(element, '.lines');
  for (let number = 0; number < 5_000; number += 1) {
    const line = { plugin: 'chatty', level: 'info', message: `line ${number}.`, at: 0 } as const;
    library.dispatchEvent(new CustomEvent<LogDetail>('log', { detail: { id: 'chatty', line } }));
  }
  const holds = (text: string) => (found: Element) => found.textContent.includes(text);
  await inside(element, 'p', holds('line 4999.'));
  check(lines.scrollHeight > 50_000, `all lines have their place: ${lines.scrollHeight} px`);
  const shown = (): number => element.shadowRoot?.querySelectorAll('p').length ?? 0;
  check(shown() < 500, `${shown()} lines in the document`);
  lines.scrollTop = 0;
  await inside(element, 'p', holds('line 0.'));
  check(shown() < 500, `${shown()} lines in the document`);
  const live = await inside(element, '.lines', (found) => found.getAttribute('aria-live') === 'off');
  check(live === lines, 'lines that come back into sight are not read out');
  const filter = await inside(element, 'input');
  (filter as HTMLInputElement).value = 'line 123';
  filter.dispatchEvent(new Event('input'));
  await inside(element, 'p', holds('line 1239.'));
  equal(shown(), 11, 'lines that match');
});

/** A module that exports one function of no parameters under `count` names: f10, f11, and so on. */
function exporting(count: number): Uint8Array<ArrayBuffer> {
  const names = Array.from({ length: count }, (_, index) => [3, ...new TextEncoder().encode(`f${index + 10}`), 0, 0]);
  const exports = [count, ...names.flat()];
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0];
  const size = [(exports.length & 127) | 128, exports.length >> 7];
  return Uint8Array.from([...header, 7, ...size, ...exports, 10, 4, 1, 2, 0, 0x0b]);
}

spec('<plugin-inspector> shows the first 50 functions of a plug-in, and the number of the others', async (context) => {
  const { library } = openLibrary(context);
  const { id } = await library.install(fileOf(exporting(60), 'many.wasm'));
  const element = show(context, 'plugin-inspector', library);
  element.pluginId = id;
  const shown = (await inside(element, 'dd.code')).textContent;
  check(shown.includes('f59') && shown.includes('10 more'), `f59 and 10 more: ${shown}`);
  check(!shown.includes('f60'), `not f60: ${shown}`);
});

spec(
  '<plugin-list> shows the beginning of the reason why a plug-in is disabled, without invisible characters',
  async (context) => {
    const { library } = openLibrary(context);
    const { id } = await library.install(fileOf(exporting(1), 'one.wasm'));
    await library.disable(id, `\u202eno\u200bt ${'x'.repeat(65_536)}`);
    equal((await library.get(id))?.disabledReason?.length, 500, 'characters that are kept');
    const element = show(context, 'plugin-list', library);
    const shown = (await inside(element, '.warn')).textContent;
    check(shown.includes('not xxx') && shown.length < 400, shown);
  },
);
