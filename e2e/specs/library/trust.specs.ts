import type { ConsentAnswer } from 'tenon/library';
import { contains, equal, failsWith } from '../assert.js';
import { spec } from '../harness.js';
import { fileOf, openLibrary } from './library-kit.js';
import { vowels } from '../loading/load-kit.js';
import { publisher, signedBundle } from './signed-bundle.js';

spec('library: a signed plug-in pins its publisher, and updates by the same one ask nothing', async (context) => {
  const { library, asked } = openLibrary(context);
  const keys = await publisher(context);
  const plugin = await library.install(await signedBundle(context, '1', keys));
  equal([asked[0]?.publisher, plugin.publisherKey === null], ['new', false]);
  await library.update('v', await signedBundle(context, '2', keys));
  equal(asked.length, 1, 'times asked');
});

spec('library: a manifest changed under its signature is refused', async (context) => {
  const { library } = openLibrary(context);
  const keys = await publisher(context);
  const good = await signedBundle(context, '1', keys);
  const text = new Uint8Array(await good.arrayBuffer());
  // The version, in the manifest's text: everything else in the bundle stays.
  const at = new TextDecoder('latin1').decode(text).indexOf('"version":"1"') + 11;
  text[at] = 0x32;
  await failsWith(library.install(fileOf(text, 'vowels.zip')), 'signature-invalid');
  equal(await library.list(), []);
});

spec('library: a malformed signature is refused', async (context) => {
  const { library } = openLibrary(context);
  const error = await failsWith(
    library.install(context.url(vowels), { signature: '{"publicKey":1}' }),
    'signature-invalid',
  );
  contains(error.message, 'publicKey');
});

spec(
  'library: an update by another publisher is installed only if the user agrees, and gets no right before',
  async (context) => {
    let answer: ConsentAnswer = { allowed: true, rights: { 'memory:5000': 'always' } };
    const { library, asked } = openLibrary(context, { consent: () => answer });
    const [first, second] = [await publisher(context), await publisher(context)];
    const hosts = { memory: { maxPages: 5_000 } };
    await library.install(await signedBundle(context, '1', first, hosts));
    answer = { allowed: false };
    await failsWith(library.update('v', await signedBundle(context, '2', second, hosts)), 'publisher-changed');
    equal([asked[1]?.publisher, asked[1]?.rights.map(({ key }) => key)], ['changed', ['memory:5000']]);
    equal((await library.get('v'))?.version, '1');
    answer = { allowed: true, rights: {} };
    const { version, rights, previous } = await library.update('v', await signedBundle(context, '2', second, hosts));
    equal([version, rights[0]?.decision, previous], ['2', 'ask', null]);
  },
);

spec('library: an update without a signature of a signed plug-in is refused without asking', async (context) => {
  const { library, asked } = openLibrary(context);
  await library.install(await signedBundle(context, '1', await publisher(context)));
  await failsWith(library.update('v', await signedBundle(context, '2', null)), 'publisher-changed');
  equal([asked.length, (await library.get('v'))?.version], [1, '1']);
});

spec('library: the block list ends what runs, and lets nothing start or in again', async (context) => {
  const { library } = openLibrary(context);
  const { sha256 } = await library.install(context.url('/plugins/kitchen_sink.wasm'));
  const open = await library.open('kitchen_sink');
  await open.call('upper_case', 'ready');
  const failed = failsWith(open.call('loop_forever'), 'blocked');
  await library.block([sha256]);
  await failed;
  await failsWith(open.call('upper_case', 'again'), 'blocked');
  equal((await library.get('kitchen_sink'))?.isBlocked, true);
  await failsWith(library.update('kitchen_sink', context.url('/plugins/kitchen_sink.wasm')), 'blocked');
  await library.block([]);
  await open.call('upper_case', 'free again');
});
