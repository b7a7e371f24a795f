import type { ConsentAnswer } from 'tenon/library';
import { pluginStatement } from 'tenon/library';
import { contains, equal, failsWith } from '../assert.js';
import { type SpecContext, spec } from '../harness.js';
import { fileOf, openLibrary, zipOf } from './library-kit.js';
import { bytesOf, vowels } from '../loading/load-kit.js';

const base64 = (bytes: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(bytes)));

async function publisher(context: SpecContext): Promise<CryptoKeyPair> {
  if (!context.secure) context.skip('there is no WebCrypto on an insecure page');
  try {
    return await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
  } catch {
    return context.skip('this build of the engine has no Ed25519');
  }
}

/** A bundle of the vowel counter, signed as a publisher's tool would. */
async function signedBundle(
  context: SpecContext,
  version: string,
  keys: CryptoKeyPair | null,
  more: Readonly<Record<string, unknown>> = {},
): Promise<File> {
  const wasm = await bytesOf(context, vowels);
  const manifest = JSON.stringify({
    wasm: [{ url: 'vowels.wasm' }],
    plugin: { id: 'v', name: 'Vowels', version },
    ...more,
  });
  const entries: [string, Uint8Array | string][] = [
    ['manifest.json', manifest],
    ['vowels.wasm', wasm],
  ];
  if (keys !== null) {
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', wasm));
    const moduleHashes = [Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')];
    const statement = await pluginStatement({ id: 'v', version, manifest, moduleHashes });
    const signature = base64(await crypto.subtle.sign('Ed25519', keys.privateKey, statement));
    const publicKey = base64(await crypto.subtle.exportKey('raw', keys.publicKey));
    entries.push(['signature.json', JSON.stringify({ publicKey, signature })]);
  }
  return fileOf(zipOf(entries), 'vowels.zip');
}

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

spec('library: an update by another publisher, or by none, is installed only if the user says so', async (context) => {
  let answer: ConsentAnswer = { allowed: true, rights: {} };
  const { library, asked } = openLibrary(context, { consent: () => answer });
  const [first, second] = [await publisher(context), await publisher(context)];
  await library.install(await signedBundle(context, '1', first));
  answer = { allowed: false };
  await failsWith(library.update('v', await signedBundle(context, '2', second)), 'publisher-changed');
  await failsWith(library.update('v', await signedBundle(context, '2', null)), 'publisher-changed');
  equal(
    asked.slice(1).map((request) => request.publisher),
    ['changed', 'dropped'],
  );
  equal((await library.get('v'))?.version, '1');
  answer = { allowed: true, rights: {} };
  equal((await library.update('v', await signedBundle(context, '2', second))).version, '2');
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
