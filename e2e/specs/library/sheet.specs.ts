/** What an author writes cannot make the consent sheet lie, and no click that was meant for something else decides. */
import 'tenon/elements';
import type { ConsentAnswer, ConsentRequest, ConsentRight } from 'tenon/library';
import { check, contains, equal } from '../assert.js';
import { type SpecContext, spec } from '../harness.js';

type Sheet = HTMLElementTagNameMap['plugin-consent'];

function hostRight(value: string): ConsentRight {
  return { kind: 'host', value, reason: null, key: `host:${value}`, sentence: '' };
}

function request(about: Partial<ConsentRequest> = {}): ConsentRequest {
  return {
    kind: 'install',
    id: 'v',
    name: 'Vowels',
    version: '1.0.0',
    installedName: null,
    installedVersion: null,
    isDowngrade: false,
    replaces: null,
    author: null,
    homepage: null,
    description: null,
    source: 'v.zip',
    sizeBytes: 1,
    sha256: '0'.repeat(64),
    wanted: null,
    rights: [],
    unusedRights: [],
    asksForHosts: false,
    droppedRights: [],
    capabilities: [],
    publisher: 'unsigned',
    publisherKey: null,
    points: [],
    signal: new AbortController().signal,
    ...about,
  };
}

interface Asked {
  readonly sheet: Sheet;
  /** The answer, once there is one. */
  readonly answers: readonly ConsentAnswer[];
  readonly find: (selector: string) => HTMLElement;
  readonly text: () => string;
}

/** Shows a request, and resolves when it was painted. */
async function ask(context: SpecContext, asked: ConsentRequest): Promise<Asked> {
  const sheet = document.createElement('plugin-consent');
  context.defer(() => sheet.remove());
  document.body.append(sheet);
  const answers: ConsentAnswer[] = [];
  void sheet.ask(asked).then((answer) => answers.push(answer));
  while (sheet.shadowRoot?.querySelector('#title') === null) await sleep(5);
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve))));
  const find = (selector: string): HTMLElement => {
    const found = sheet.shadowRoot?.querySelector<HTMLElement>(selector);
    if (found === null || found === undefined) throw new TypeError(`the sheet has no ${selector}`);
    return found;
  };
  return { sheet, answers, find, text: () => find('dialog').textContent.replace(/\s+/g, ' ') };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Clicks as a pointer does. */
function press(control: HTMLElement): void {
  control.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true, composed: true }));
  release(control);
}

function release(control: HTMLElement): void {
  control.dispatchEvent(new PointerEvent('pointerup', { bubbles: true, composed: true }));
  control.click();
}

const invisible = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2065\ufeff]/u;

spec("<plugin-consent> shows authors' texts without characters that hide or reorder text", async (context) => {
  const attack = 'Safe\u202egpj.exe\u202c\u200b\u2066\u0000\n\u00adName';
  const { find, text } = await ask(
    context,
    request({
      name: attack,
      version: attack,
      author: attack,
      description: attack,
      source: attack,
      rights: [{ ...hostRight('a.example.com'), reason: attack }],
    }),
  );
  equal(find('#title').textContent, 'Add Safegpj.exe Name Safegpj.exe Name?');
  check(!invisible.test(text()), `a hidden character in ${JSON.stringify(text())}`);
});

spec('<plugin-consent> isolates names that run from right to left', async (context) => {
  const { find } = await ask(context, request({ name: '\u0645\u0642\u0627\u0631\u0646', version: '2' }));
  equal(find('#title').textContent, 'Add \u2068\u0645\u0642\u0627\u0631\u0646\u2069 2?');
});

spec("<plugin-consent> cuts authors' texts, and shows them in full on demand", async (context) => {
  const name = 'n'.repeat(120);
  const { find } = await ask(context, request({ name, description: 'd'.repeat(2_000) }));
  equal(find('#title').textContent, `Add ${'n'.repeat(59)}\u2026 1.0.0?`);
  contains(find('#full').textContent, name);
  contains(find('#full').textContent, 'd'.repeat(2_000));
});

spec('<plugin-consent> keeps its buttons in sight, whatever an author writes', async (context) => {
  const long = 'W'.repeat(2_000);
  const rights = Array.from({ length: 60 }, (_none, at) => ({ ...hostRight(`h${at}.example.com`), reason: long }));
  const { find } = await ask(context, request({ name: long, author: long, description: long, source: long, rights }));
  find('dialog').style.width = '358px'; // as on a screen of 390 px
  for (const selector of ['#no', '.primary']) {
    const button = find(selector).getBoundingClientRect();
    const sheet = find('dialog').getBoundingClientRect();
    check(button.left >= sheet.left && button.right <= sheet.right, `${selector} is within the sheet's width`);
    check(button.bottom <= sheet.bottom && sheet.bottom <= innerHeight, `${selector} is within the sheet's height`);
  }
});

spec('<plugin-consent> names any site, and marks local, own and look-alike hosts', async (context) => {
  for (const value of ['*', '**', '*.*', 'https://*', 'http://*.*:443']) {
    const { sheet, text } = await ask(context, request({ rights: [hostRight(value)] }));
    contains(text(), 'Connect to any site on the internet');
    sheet.remove();
  }
  const notes = {
    '192.168.0.1': 'on your own device or network',
    '*.local': 'on your own device or network',
    [location.hostname]: 'the host of this app',
    'xn--pple-43d.com': 'letters of other alphabets',
  };
  for (const [value, note] of Object.entries(notes)) {
    const { sheet, find } = await ask(context, request({ rights: [hostRight(value)] }));
    contains(find('.right .warn').textContent, note);
    sheet.remove();
  }
});

spec("<plugin-consent> has no word of the author's in the sentence about a capability", async (context) => {
  const value = 'nothing. It is safe, and reads no data';
  const { find } = await ask(
    context,
    request({ rights: [{ kind: 'capability', value, reason: null, key: `capability:${value}`, sentence: '' }] }),
  );
  equal(find('.right legend').textContent, 'Use a feature of this app, which the author calls:');
  equal(find('.right .code bdi').textContent, value);
});

spec('<plugin-consent> ignores clicks and keys within 700 ms of its first paint', async (context) => {
  const { find, answers } = await ask(context, request({ rights: [hostRight('*')] }));
  press(find('.primary'));
  press(find('#no'));
  press(find('input[value="always"]'));
  find('dialog').dispatchEvent(new Event('cancel', { cancelable: true }));
  await sleep(50);
  equal([answers, (find('input[value="always"]') as HTMLInputElement).checked], [[], false]);
  await sleep(800);
  press(find('input[value="always"]'));
  press(find('.primary'));
  await sleep(0);
  equal(answers, [{ allowed: true, rights: { 'host:*': 'always' }, replace: false, downgrade: false }]);
});

spec('<plugin-consent> ignores a click or key that began before 700 ms had passed', async (context) => {
  const { find, answers } = await ask(context, request());
  const accept = find('.primary');
  accept.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true, composed: true }));
  await sleep(900);
  release(accept);
  await sleep(50);
  equal(answers.length, 0, 'answers of the click');
  press(accept);
  await sleep(0);
  equal(answers.length, 1, 'answers of the next click');
});

spec(
  '<plugin-consent> ignores a key that was held when it appeared, and accepts it when pressed again',
  async (context) => {
    const key = (type: string, repeat = false): void => {
      document.body.dispatchEvent(new KeyboardEvent(type, { key: 'Enter', repeat, bubbles: true, composed: true }));
    };
    key('keydown');
    const { find, answers } = await ask(context, request());
    await sleep(900);
    key('keydown', true);
    find('.primary').click();
    await sleep(50);
    equal(answers.length, 0, 'answers of the held key');
    key('keyup');
    await sleep(50);
    key('keydown');
    find('.primary').click();
    await sleep(0);
    equal(answers.length, 1, 'answers of the next key');
  },
);

spec('<plugin-consent> begins anew for the next question', async (context) => {
  const { sheet, find, answers } = await ask(context, request());
  const next: ConsentAnswer[] = [];
  void sheet.ask(request({ name: 'Next' })).then((answer) => next.push(answer));
  await sleep(900);
  press(find('.primary'));
  while (!find('#title').textContent.includes('Next')) await sleep(5);
  press(find('.primary'));
  await sleep(50);
  equal([answers.length, next.length], [1, 0]);
});
