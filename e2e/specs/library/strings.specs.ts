/** Every text of the elements can be replaced, before they are connected and after. */
import { type ElementStrings, englishStrings, setStrings } from 'tenon/elements';
import type {
  ConsentRequest,
  DamagedRecord,
  InstalledPlugin,
  InstalledRight,
  InstalledSetting,
  InstallOptions,
  Library,
  StoredFile,
} from 'tenon/library';
import { isPluginError, type PluginError } from 'tenon';
import { equal } from '../assert.js';
import { type SpecContext, spec } from '../harness.js';

type Key = keyof ElementStrings;
const keys = Object.keys(englishStrings) as Key[]; // a table has no other keys

/** A table in which each text is its own key, in brackets that no other text has. */
function bracketed(brackets: '⟦⟧' | '⟪⟫'): ElementStrings {
  const [open = '', close = ''] = brackets;
  const entries = keys.map((key) => {
    const text = `${open}${key}${close}`;
    const made = (values: object): string =>
      [text, ...Object.values(values)].filter((value) => String(value).startsWith(open)).join('');
    return [key, typeof englishStrings[key] === 'string' ? text : made] as const;
  });
  return Object.fromEntries(entries) as unknown as ElementStrings; // each key with its own kind of value
}

const right: InstalledRight = {
  kind: 'host',
  value: 'a.example',
  reason: null,
  key: 'host:a.example',
  sentence: '',
  decision: 'deny',
  isUnused: false,
};
const path: InstalledRight = { ...right, kind: 'path', value: '/', key: 'path:/' };
const setting: InstalledSetting = {
  key: 'secret',
  type: 'string',
  title: '1',
  description: null,
  isSecret: true,
  isRequired: false,
  choices: null,
  fallback: null,
  min: null,
  max: null,
  value: null,
  isSet: true,
};

function plugin(id: string, more: Partial<InstalledPlugin> = {}): InstalledPlugin {
  return {
    id,
    declaredId: id,
    name: id,
    version: null,
    description: null,
    author: '2',
    homepage: 'https://a.example/',
    readme: null,
    hasIcon: false,
    isEnabled: true,
    disabledReason: '3',
    isBlocked: true,
    quarantine: null,
    rights: [right, path],
    settings: [setting],
    takesAnySettings: false,
    capabilities: [],
    functions: [],
    sizeBytes: 1,
    sha256: '4',
    modules: [{ name: null, sha256: '4', sizeBytes: 1 }],
    source: '5',
    installedAt: 0,
    hasUpdateUrl: true,
    previous: { version: null, sha256: '6' },
    publisherKey: null,
    ...more,
  };
}

const request: ConsentRequest = {
  kind: 'install',
  id: '1',
  name: '1',
  version: null,
  installedName: null,
  installedVersion: null,
  isDowngrade: false,
  replaces: null,
  author: null,
  homepage: null,
  description: null,
  source: '5',
  sizeBytes: 1,
  sha256: '4',
  wanted: null,
  rights: [right],
  unusedRights: [],
  asksForHosts: false,
  droppedRights: [],
  capabilities: [{ capability: 'logs', imports: [] }],
  publisher: 'unsigned',
  publisherKey: null,
  points: ['7'],
  signal: new AbortController().signal,
};

/** What the elements read of a library, in a state that shows as many texts as one can. */
class Scene extends EventTarget {
  plugins: readonly InstalledPlugin[] = [
    plugin('p1'),
    plugin('p2', {
      isEnabled: false,
      quarantine: 'disabled',
      capabilities: request.capabilities,
      functions: Array.from({ length: 51 }, () => '8'),
      publisherKey: '9',
    }),
  ];
  broken: readonly DamagedRecord[] = [];
  stored: readonly StoredFile[] = ['/1', '/2'].map((name) => ({ path: name, sizeBytes: 1, modifiedAt: 0 }));
  fault: unknown = null;
  /** Settles an installation that was started. */
  finish: (result: InstalledPlugin | PluginError) => void = () => {};

  list = (): Promise<readonly InstalledPlugin[]> => Promise.resolve(this.plugins);
  damaged = (): Promise<readonly DamagedRecord[]> => Promise.resolve(this.broken);
  get = (id: string): Promise<InstalledPlugin | null> =>
    Promise.resolve(this.plugins.find((one) => one.id === id) ?? null);
  files = (): Promise<readonly StoredFile[]> => Promise.resolve(this.stored);
  enable = (): Promise<void> => Promise.resolve();
  disable = (): Promise<void> => Promise.resolve();
  decide = (): Promise<void> => Promise.resolve();
  update = (): Promise<void> => Promise.resolve();
  rollback = (): Promise<void> => Promise.resolve();
  reorder = (): Promise<void> => Promise.resolve();
  remove = (): Promise<void> => Promise.resolve();
  removeFiles = (): Promise<void> => Promise.resolve();
  export = (): Promise<File> => Promise.resolve(new File([], '1.zip'));
  configure = (): Promise<void> => (this.fault === null ? Promise.resolve() : Promise.reject(this.fault));
  install = (_source: unknown, { onProgress }: InstallOptions): Promise<InstalledPlugin> => {
    onProgress?.({ step: 'reading', bytes: 1, totalBytes: 2 });
    return new Promise((resolve, reject) => {
      this.finish = (result) => (isPluginError(result) ? reject(result) : resolve(result));
    });
  };

  get library(): Library {
    return this as unknown as Library; // the elements use no more of it
  }
}

/** Returns all texts that a tree shows or exposes to assistive technology, in the elements' own trees too. */
function textOf(root: Node): string {
  const own =
    root instanceof Element ? [root.ariaLabel, root.getAttribute('title'), root.getAttribute('placeholder')] : [];
  const inner = root instanceof Element && root.shadowRoot !== null ? [root.shadowRoot] : [];
  const below = [...inner, ...root.childNodes].map(textOf);
  return [...own, root instanceof Text ? root.data : '', ...below].filter((text) => text !== null).join('\n');
}

function isShown(key: Key, brackets: '⟦⟧' | '⟪⟫', root: Node): boolean {
  return textOf(root).includes(`${brackets[0]}${key}${brackets[1]}`);
}

/** Resolves once `root` shows a text of the first table. */
async function shows(root: Node, key: Key): Promise<void> {
  while (!isShown(key, '⟦⟧', root)) await new Promise((resolve) => setTimeout(resolve, 10));
}

function all(root: Element, selector: string): HTMLElement[] {
  const shadow = root.shadowRoot;
  if (shadow === null) return [];
  const below = Array.from(shadow.querySelectorAll('*')).flatMap((one) => all(one, selector));
  return [...shadow.querySelectorAll<HTMLElement>(selector), ...below];
}

/** Clicks the first button that shows a text. */
function press(root: Element, key: Key): void {
  all(root, 'button')
    .find((button) => isShown(key, '⟦⟧', button))
    ?.click();
}

/** Collects the keys that are seen, and shows each element with nothing else in its place. */
class Stage {
  readonly seen = new Set<Key>();
  readonly root = document.createElement('div');

  constructor({ defer }: SpecContext) {
    document.body.append(this.root);
    defer(() => this.root.remove());
    defer(() => setStrings({}));
  }

  show<Tag extends keyof HTMLElementTagNameMap>(
    tag: Tag,
    properties: Partial<HTMLElementTagNameMap[Tag]>,
  ): HTMLElementTagNameMap[Tag] {
    const element = Object.assign(document.createElement(tag), properties);
    this.root.replaceChildren(element);
    return element;
  }

  /** Waits for each text, then notes it and all others that are shown with it. */
  async sees(...expected: readonly Key[]): Promise<void> {
    for (const key of expected) await shows(this.root, key);
    const text = textOf(this.root);
    for (const key of keys) if (text.includes(`⟦${key}⟧`)) this.seen.add(key);
  }
}

async function showUpload(stage: Stage): Promise<void> {
  const scene = new Scene();
  const upload = stage.show('plugin-upload', { library: scene.library });
  await stage.sees('uploadChooseFile');
  void upload.install('1');
  await stage.sees('uploadProgress');
  scene.finish(plugin('p1'));
  await stage.sees('uploadInstalled');
  for (const [code, key] of [
    ['aborted', 'uploadCancelled'],
    ['not-a-plugin', 'error'],
  ] as const) {
    void upload.install('1');
    await stage.sees('uploadStop');
    scene.finish(await failure(code));
    await stage.sees(key);
  }
}

/** An error as the package makes them: of a call that cannot succeed, with another code. */
async function failure(code: PluginError['code']): Promise<PluginError> {
  const { createPlugin } = await import('tenon');
  const error: unknown = await createPlugin('{').catch((thrown: unknown) => thrown);
  if (!isPluginError(error)) throw new TypeError('createPlugin rejected with something else');
  return Object.assign(error, { code });
}

async function showConsent(stage: Stage): Promise<void> {
  const sheet = stage.show('plugin-consent', {});
  const asked: readonly (readonly [Key, Partial<ConsentRequest>])[] = [
    ['consentInstallTitle', {}],
    ['consentNoRights', { rights: [] }],
    ['consentUnusedRights', { kind: 'update', droppedRights: [right], unusedRights: [right], asksForHosts: true }],
    ['consentNoNewRights', { kind: 'update', rights: [] }],
    ['consentRenamed', { kind: 'update', installedName: '2' }],
    ['consentDowngradeTitle', { kind: 'update', isDowngrade: true }],
    ['consentReplaceQuestion', { replaces: { id: '2', name: '2', version: null, from: '3', isNewer: false } }],
    ['consentFullTexts', { name: 'n'.repeat(61) }],
    ['consentHostNote', { rights: [{ ...right, value: 'localhost' }] }],
    ['consentFeature', { rights: [{ ...right, kind: 'capability' }] }],
    ['consentRunTitle', { kind: 'run', wanted: 'a.example' }],
  ];
  for (const [key, difference] of asked) {
    const answer = sheet.ask({ ...request, ...difference });
    await stage.sees(key);
    // The sheet ignores clicks that come early.
    const clicks = setInterval(() => all(sheet, '#no')[0]?.click(), 100);
    await answer;
    clearInterval(clicks);
  }
}

async function showList(stage: Stage): Promise<void> {
  const scene = new Scene();
  const list = stage.show('plugin-list', { library: scene.library });
  await stage.sees('listManage', 'filesTitle', 'settingsTitle', 'inspectorTitle');
  all(list, 'input[role="switch"]')[0]?.click();
  await stage.sees('listTurnedOff');
  all(list, 'input[role="switch"]')[1]?.click();
  await stage.sees('listTurnedOn');
  all(list, 'select')[0]?.dispatchEvent(new Event('change'));
  await stage.sees('listRightSaved');
  for (const [button, status] of [
    ['listUpdate', 'listUpdated'],
    ['listRollBack', 'listRolledBack'],
    ['listRunLater', 'listMoved'],
    ['listExport', 'listExported'],
    ['listRemove', 'listRemoveQuestion'],
    ['listRemoveConfirm', 'listRemoved'],
  ] as const) {
    press(list, button);
    await stage.sees(status);
  }
  scene.plugins = [];
  scene.dispatchEvent(new Event('change'));
  await stage.sees('listEmpty');
  scene.broken = [{ id: '1', error: await failure('record-corrupt') }];
  scene.dispatchEvent(new Event('change'));
  await stage.sees('error');
}

async function showDetails(stage: Stage): Promise<void> {
  const scene = new Scene();
  const files = stage.show('plugin-files', { library: scene.library, pluginId: 'p1' });
  await stage.sees('filesRemoveAll');
  press(files, 'filesRemove');
  await stage.sees('filesRemoved');
  scene.stored = [];
  press(files, 'filesRemoveAll');
  await stage.sees('filesAllRemoved', 'filesEmpty');
  for (const pluginId of ['p1', 'p2']) {
    stage.show('plugin-inspector', { library: scene.library, pluginId });
    await stage.sees('inspectorTitle', pluginId === 'p1' ? 'inspectorUnsigned' : 'capability');
  }
  const settings = stage.show('plugin-settings', { library: scene.library, pluginId: 'p1' });
  await stage.sees('settingsSave');
  press(settings, 'settingsSave');
  await stage.sees('settingsSaved');
  scene.fault = Object.assign(await failure('setting-invalid'), { issues: [{ path: 'secret', message: '1' }] });
  press(settings, 'settingsSave');
  await stage.sees('settingsFault');
  scene.plugins = [plugin('p1', { settings: [] })];
  scene.dispatchEvent(new Event('change'));
  await stage.sees('settingsEmpty');
}

async function showLog(stage: Stage): Promise<void> {
  const scene = new Scene();
  const log = stage.show('plugin-log', { library: scene.library });
  await stage.sees('logEmpty');
  const sent = { plugin: '1', method: 'GET', url: 'https://a.example/', status: 200, bytes: 1, ms: 1, reason: null };
  for (let count = 0; count < 40; count += 1) {
    scene.dispatchEvent(new CustomEvent('request', { detail: { id: 'p1', request: sent } }));
  }
  const detail = { id: 'p1', name: '1', point: '2', error: await failure('timeout'), isDisabled: false };
  scene.dispatchEvent(new CustomEvent('failure', { detail }));
  await stage.sees('logRequest', 'logFailure');
  const [lines] = all(log, '.lines');
  if (lines !== undefined) lines.scrollTop = 0;
  await stage.sees('logNewest');
  const [filter] = all(log, 'input');
  if (filter instanceof HTMLInputElement) filter.value = 'no such line';
  filter?.dispatchEvent(new Event('input'));
  await stage.sees('logNoMatch');
}

spec('setStrings replaces every text of the elements', async (context) => {
  // What is exported is saved by a link; nothing is to be downloaded here.
  Object.assign(HTMLAnchorElement.prototype, { click: () => {} });
  context.defer(() => Reflect.deleteProperty(HTMLAnchorElement.prototype, 'click'));
  const copies: string[] = [];
  Object.defineProperty(navigator, 'clipboard', {
    configurable: true,
    value: { writeText: (text: string) => Promise.resolve(void copies.push(text)) },
  });
  context.defer(() => Reflect.deleteProperty(navigator, 'clipboard'));
  const stage = new Stage(context);
  setStrings(bracketed('⟦⟧'));
  await showUpload(stage);
  await showConsent(stage);
  await showList(stage);
  await showDetails(stage);
  await showLog(stage);
  const inspector = stage.show('plugin-inspector', { library: new Scene().library, pluginId: 'p1' });
  await stage.sees('inspectorCopyHash');
  press(inspector, 'inspectorCopyHash');
  await stage.sees('inspectorCopied');
  equal(copies, ['4']);
  equal(
    keys.filter((key) => !stage.seen.has(key)),
    [],
    'texts that no element shows',
  );
});

spec('setStrings changes elements that are shown already, and their messages', async (context) => {
  const stage = new Stage(context);
  const list = stage.show('plugin-list', { library: new Scene().library });
  while (!textOf(list).includes('Manage p1')) await new Promise((resolve) => setTimeout(resolve, 10));
  setStrings(bracketed('⟦⟧'));
  await stage.sees('listManage');
  press(list, 'listUpdate');
  await stage.sees('listUpdated');
  setStrings(bracketed('⟪⟫'));
  while (textOf(list).includes('⟦')) await new Promise((resolve) => setTimeout(resolve, 10));
  equal(isShown('listUpdated', '⟪⟫', list), true, 'the message is replaced too');
  setStrings({ listManage: ({ name }) => `${name} verwalten` });
  while (!textOf(list).includes('p1 verwalten')) await new Promise((resolve) => setTimeout(resolve, 10));
  equal(textOf(list).includes('p1 is up to date.'), true, 'what a table leaves out is English');
});
