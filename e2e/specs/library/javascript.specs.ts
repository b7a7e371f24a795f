import { hostFunction } from 'tenon';
import { check, contains, equal, failsWith } from '../assert.js';
import { spec } from '../harness.js';
import { fileOf, openLibrary, zipOf } from './library-kit.js';

/** Metering of the engine has specs of its own, and takes seconds. */
const unmetered = { limits: { metering: false, loadTimeoutMs: 60_000 } } as const;

const main = `import { shout } from './lib';
interface Order { name: string }
export const greet = plugin(({ name }: Order) => ({ hello: shout(name) }));
export const ask = plugin((url: string) => Http.request({ url }).status);
export function tell() { const { notify } = Host.getFunctions() as any; notify(Memory.fromString('hi').offset); }
`;
const declaration = `declare module 'main' { export function greet(): I32; export function ask(): I32; export function tell(): I32 }
declare module 'extism:host' { interface user { notify(text: PTR): void } }
`;
const manifest = JSON.stringify({
  wasm: [{ url: './main.ts' }],
  plugin: { id: 'js', name: 'Greeter', version: '1', permissions: [{ host: 'api.example.com', reason: 'asks' }] },
});
const files = (lib: string): [string, string][] => [
  ['manifest.json', manifest],
  ['main.ts', main],
  ['lib.ts', lib],
  ['index.d.ts', declaration],
];
const lib = 'export const shout = (text: string): string => text.toUpperCase();\n';

spec('library: a JavaScript file is installed, and its export too', async (context) => {
  const { library, asked } = openLibrary(context, unmetered);
  const code = 'export const twice = plugin((value) => value * 2);';
  const plugin = await library.install(fileOf(code, 'twice.js'));
  equal([plugin.id, plugin.name, plugin.functions], ['twice', 'twice', ['twice']]);
  equal(asked[0]?.capabilities.map(({ capability }) => capability).includes('host-functions'), false);
  equal((await (await library.open('twice')).call('twice', '21')).json(), 42);
  const exported = await library.export('twice');
  await library.remove('twice');
  const again = await library.install(exported);
  equal([again.id, again.sha256], ['twice', plugin.sha256]);
  const error = await failsWith(library.install(fileOf('export const a = (', 'a.js')), 'invalid-source');
  equal(error.where, 'a.js:1:19');
});

spec(
  'library: a bundle of TypeScript files shows its rights, and a change of any file is another version',
  async (context) => {
    const notes: unknown[] = [];
    const notify = hostFunction({ params: ['text'], handler: (note) => void notes.push(note) });
    const functions = { 'extism:host/user': { notify } };
    const { library, asked } = openLibrary(context, {
      ...unmetered,
      options: () => ({ functions }),
    });
    const plugin = await library.install(fileOf(zipOf(files(lib)), 'greeter.zip'));
    equal([plugin.id, plugin.functions], ['js', ['greet', 'ask', 'tell']]);
    equal(
      asked[0]?.rights.map(({ key, reason }) => [key, reason]),
      [['host:api.example.com', 'asks']],
    );
    const host = asked[0]?.capabilities.find(({ capability }) => capability === 'host-functions');
    equal(host?.imports, [{ module: 'extism:host/user', name: 'notify' }]);
    const open = await library.open('js');
    equal((await open.call('greet', '{"name":"Ada"}')).json(), { hello: 'ADA' });
    await open.call('tell');
    equal(notes, ['hi']);
    const changed = await library.update('js', fileOf(zipOf(files(lib.replace('Upper', 'Lower'))), 'greeter.zip'));
    check(changed.sha256 !== plugin.sha256, 'the version has another hash');
    equal((await open.call('greet', '{"name":"Ada"}')).json(), { hello: 'ada' });
    await library.rollback('js');
    equal((await open.call('greet', '{"name":"Ada"}')).json(), { hello: 'ADA' });
    const missing = files(lib).filter(([name]) => name !== 'lib.ts');
    const error = await failsWith(library.install(fileOf(zipOf(missing), 'greeter.zip')), 'invalid-source');
    contains(error.message, 'main.ts:1: Cannot import "./lib"');
  },
);
