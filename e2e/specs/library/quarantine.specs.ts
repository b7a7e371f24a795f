/** What a library does about plug-ins that ran when a page crashed. Real crashes are in e2e/journeys/crash.spec.ts. */
import { features } from 'tenon';
import type { Library, OpenPlugin, QuarantineDetail } from 'tenon/library';
import { check, contains, equal, failsWith } from '../assert.js';
import type { SpecContext } from '../harness.js';
import { spec } from '../harness.js';
import { uniqueName } from '../loading/load-kit.js';
import { openLibrary } from './library-kit.js';

const sink = 'kitchen_sink';

/** The marks of a library's pages, by the key that is the name of the page's lock too. */
function marksOf(name: string): Map<string, string> {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(`tenon-running/${name}/`));
  return new Map(keys.map((key) => [key, localStorage.getItem(key) ?? '']));
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Calls a plug-in, then leaves what a page leaves that crashes during the call: its marks, and no lock of their name. */
async function crashWhile(context: SpecContext, name: string, open: OpenPlugin): Promise<void> {
  await open.call('upper_case', 'mark');
  const [mark] = marksOf(name).values();
  const key = `tenon-running/${name}/${crypto.randomUUID()}`;
  localStorage.setItem(key, mark ?? '');
  context.defer(() => localStorage.removeItem(key));
}

function quarantinesOf(library: Library): QuarantineDetail[] {
  const seen: QuarantineDetail[] = [];
  library.addEventListener('quarantine', (event) => seen.push(event.detail));
  return seen;
}

spec('library: a plug-in is marked while it runs, and not any more soon after', async (context) => {
  const { library, name } = openLibrary(context);
  await library.install(context.url(`/plugins/${sink}.wasm`));
  const open = await library.open(sink);
  equal(marksOf(name).size, 0, 'marks before the first call');
  await open.call('upper_case', 'a');
  equal(marksOf(name).size, 1, 'marks of the page');
  await failsWith(open.call('fail_with', 'no'), 'guest-error');
  await failsWith(open.call('trap'), 'guest-trap');
  equal(marksOf(name).size, 1, 'marks after calls that failed by themselves');
  const failedAt = performance.now();
  await until(() => marksOf(name).size === 0);
  check(performance.now() - failedAt < 20_000, 'the mark stays as after a call that was stopped');
});

spec('library: a plug-in that ran when a page crashed is disabled until its user enables it', async (context) => {
  const { library, name } = openLibrary(context);
  await library.install(context.url(`/plugins/${sink}.wasm`));
  await crashWhile(context, name, await library.open(sink));

  const { library: next } = openLibrary(context, {}, name);
  const seen = quarantinesOf(next);
  const [plugin] = await next.list();
  equal([plugin?.isEnabled, plugin?.isBlocked, plugin?.quarantine], [false, false, 'disabled']);
  contains(plugin?.disabledReason ?? '', 'crashed');
  equal(seen, [{ id: sink, name: plugin?.name, crashes: 1, isBlocked: false }]);
  const error = await failsWith((await next.open(sink)).call('upper_case', 'b'), 'plugin-disabled');
  contains(error.message, 'the page crashed while it ran');

  equal((await next.enable(sink)).quarantine, null);
  equal((await (await next.open(sink)).call('upper_case', 'c')).text(), 'C');
});

spec('library: two crashes in a row block that version, and no other', async (context) => {
  const { library, name } = openLibrary(context);
  const source = context.url(`/plugins/${sink}.wasm`);
  await library.install(source);
  const open = await library.open(sink);
  await crashWhile(context, name, open);
  equal((await library.get(sink))?.quarantine, 'disabled');
  await library.enable(sink);
  const seen = quarantinesOf(library);
  await crashWhile(context, name, open);

  const plugin = await library.get(sink);
  equal([plugin?.quarantine, plugin?.isBlocked, plugin?.isEnabled], ['blocked', true, false]);
  equal(seen, [{ id: sink, name: plugin?.name, crashes: 2, isBlocked: true }]);
  contains((await failsWith(open.call('upper_case', 'a'), 'blocked')).message, 'crashed 2 times in a row');
  await failsWith(library.enable(sink), 'blocked');

  const bytes = new Uint8Array(await (await fetch(source)).arrayBuffer());
  const other = new File([bytes, Uint8Array.of(0, 2, 1, 0x78)], `${sink}.wasm`); // with a custom section
  const updated = await library.update(sink, other);
  equal([updated.quarantine, updated.isBlocked, updated.isEnabled], ['disabled', false, false]);
  equal((await library.enable(sink)).isEnabled, true);
  equal((await open.call('upper_case', 'b')).text(), 'B');
  equal((await library.rollback(sink)).quarantine, 'blocked');
});

spec('library: a crash after a run that ended well is the first in a row again', async (context) => {
  const { library, name } = openLibrary(context);
  await library.install(context.url(`/plugins/${sink}.wasm`));
  const open = await library.open(sink);
  await crashWhile(context, name, open);
  await library.list();
  await until(() => marksOf(name).size === 0);
  await library.enable(sink);
  const cleared = new Promise((resolve) => library.addEventListener('change', resolve, { once: true }));
  await open.call('upper_case', 'a');
  await cleared;
  await crashWhile(context, name, open);
  equal((await library.get(sink))?.quarantine, 'disabled');
});

spec('library: a crash of one tab is the first in a row if the run in another tab ended well', async (context) => {
  const { library, name } = openLibrary(context);
  await library.install(context.url(`/plugins/${sink}.wasm`));
  const open = await library.open(sink);
  await crashWhile(context, name, open);
  await library.list();
  await until(() => marksOf(name).size === 0);
  await library.enable(sink);
  const cleared = new Promise((resolve) => library.addEventListener('change', resolve, { once: true }));
  // Another tab crashes with a mark that holds one crash, and this page survives the same run.
  await crashWhile(context, name, open);
  await cleared;
  const seen = quarantinesOf(library);
  equal((await library.get(sink))?.quarantine, 'disabled');
  equal(
    seen.map(({ crashes }) => crashes),
    [1],
    'crashes in a row',
  );
});

spec('library: tabs that crash together count once', async (context) => {
  const { library, name } = openLibrary(context);
  await library.install(context.url(`/plugins/${sink}.wasm`));
  const open = await library.open(sink);
  await crashWhile(context, name, open);
  await crashWhile(context, name, open);
  const seen = quarantinesOf(library);
  equal((await library.get(sink))?.quarantine, 'disabled');
  equal(seen.length, 1, 'quarantines');
});

spec('library: the first call after a crash says that the plug-in is disabled', async (context) => {
  const { library, name } = openLibrary(context);
  await library.install(context.url(`/plugins/${sink}.wasm`));
  await crashWhile(context, name, await library.open(sink));
  const { library: next } = openLibrary(context, {}, name);
  const open = await next.open(sink);
  await failsWith(open.call('upper_case', 'a'), 'plugin-disabled');
});

spec('library: plug-ins are listed and run where the browser does not list its locks', async (context) => {
  const { library, name } = openLibrary(context);
  await library.install(context.url(`/plugins/${sink}.wasm`));
  const open = await library.open(sink);
  await crashWhile(context, name, open);
  const query = (): Promise<never> =>
    Promise.reject(new DOMException('The document is not active', 'InvalidStateError'));
  Object.defineProperty(navigator.locks, 'query', { value: query, configurable: true });
  context.defer(() => Reflect.deleteProperty(navigator.locks, 'query'));
  equal(
    (await library.list()).map(({ quarantine }) => quarantine),
    [null],
  );
  equal((await open.call('upper_case', 'a')).text(), 'A');
  Reflect.deleteProperty(navigator.locks, 'query');
  equal((await library.get(sink))?.quarantine, 'disabled', 'after the next check');
});

spec(
  'library: every plug-in that ran when a page crashed is a suspect, but none of another library',
  async (context) => {
    const { library, name } = openLibrary(context);
    const { library: other } = openLibrary(context);
    for (const each of [library, other]) {
      await each.install(context.url(`/plugins/${sink}.wasm`));
      await each.install(context.url('/plugins/count_vowels.wasm'));
    }
    await (await library.open('count_vowels')).call('count_vowels', 'a');
    await crashWhile(context, name, await library.open(sink));
    const quarantines = async (each: Library) => (await each.list()).map(({ quarantine }) => quarantine);
    equal(await quarantines(library), ['disabled', 'disabled']);
    equal(await quarantines(other), [null, null]);
  },
);

spec('library: marks of a page that lives, or of an earlier installation, change nothing', async (context) => {
  const { library, name } = openLibrary(context);
  await library.install(context.url(`/plugins/${sink}.wasm`));
  const open = await library.open(sink);
  await open.call('upper_case', 'a');
  const { library: tab } = openLibrary(context, {}, name);
  equal((await tab.get(sink))?.quarantine, null, 'of another library that runs it');

  await crashWhile(context, name, open);
  await library.remove(sink);
  equal(marksOf(name).size, 1, 'marks after the removal: those of the crashed page');
  await library.install(context.url(`/plugins/${sink}.wasm`));
  equal((await library.get(sink))?.quarantine, null, 'of the new installation');
  equal(marksOf(name).size, 0, 'marks');
});

spec(
  'library: a page that is hidden, frozen or unloaded has no marks, and has them again when it is back',
  async (context) => {
    const { library, name } = openLibrary(context);
    await library.install(context.url(`/plugins/${sink}.wasm`));
    const open = await library.open(sink);
    await open.call('upper_case', 'a');
    const controller = new AbortController();
    const call = failsWith(open.call('loop_forever', null, { signal: controller.signal }), 'aborted');
    equal(marksOf(name).size, 1, 'marks');
    dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));
    equal(marksOf(name).size, 0, 'marks in the back-forward cache');
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
    await until(() => marksOf(name).size === 1);
    document.dispatchEvent(new Event('freeze'));
    equal(marksOf(name).size, 0, 'marks of a frozen page');
    document.dispatchEvent(new Event('resume'));
    await until(() => marksOf(name).size === 1);
    const setVisibility = (value: DocumentVisibilityState): void => {
      Object.defineProperty(document, 'visibilityState', { value, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    };
    context.defer(() => Reflect.deleteProperty(document, 'visibilityState'));
    setVisibility('hidden');
    equal(marksOf(name).size, 0, 'marks of a hidden page');
    setVisibility('visible');
    equal(marksOf(name).size, 1, 'marks of a visible page');
    controller.abort();
    await call;
    await library.close();
    equal(marksOf(name).size, 0, 'marks of a closed library');
  },
);

spec('library: plug-ins run where localStorage is full, and features() says what is missing', async (context) => {
  const { library, name } = openLibrary(context);
  await library.install(context.url(`/plugins/${sink}.wasm`));
  equal(features().crashQuarantine, true);
  const filler = uniqueName();
  for (let size = 2 ** 22; size >= 16; size /= 2) {
    try {
      localStorage.setItem(filler + size, ' '.repeat(size));
      context.defer(() => localStorage.removeItem(filler + size));
    } catch {
      // A smaller piece may fit.
    }
  }
  equal(features().crashQuarantine, false);
  contains(features().notes.join(), 'localStorage');
  equal((await (await library.open(sink)).call('upper_case', 'a')).text(), 'A');
  equal(marksOf(name).size, 0, 'marks');
});

spec('features: crashes cannot be detected on an insecure page', (context) => {
  equal(features().crashQuarantine, context.secure);
});
