/** Configuration and vars, as `extism:host/env` must, seen from inside a plug-in. */
import type { Plugin } from 'tenon';
import type { ProbeArgument } from '../../fixtures/probe.js';
import { contains, equal, failsWith } from '../assert.js';
import { numberInput, numberOf, openFixture } from '../fixtures.js';
import { spec } from '../harness.js';
import { badHandles, ProbeScript } from './probe-script.js';

/** Names that every JavaScript object knows, and other odd ones: plain text here. */
const oddKeys = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'then', 'a b', '0', '🦴 größe', 'a\u0000b'];
const notUtf8 = Uint8Array.of(0x61, 0xff, 0xfe);

/** The script must trap with a message that has `part`; the call after it must work. */
async function traps(plugin: Plugin, script: ProbeScript, part: string, name: string): Promise<void> {
  const error = await failsWith(plugin.call('probe', script.encode()), 'guest-trap');
  contains(error.message, part, name);
  await new ProbeScript().returns(1n, 'the next call', 'const', 1n).run(plugin);
}

/** Each address that is no handle must trap `use`, in a sentence that says what it should have been. */
async function refusesBadHandles(
  plugin: Plugin,
  what: string,
  use: (script: ProbeScript, bad: ProbeArgument) => void,
): Promise<void> {
  const names = badHandles(new ProbeScript().put('sixteen bytes ok')).map(([name]) => name);
  for (const [index, name] of names.entries()) {
    const script = new ProbeScript();
    const [, address = 0n] = badHandles(script.put('sixteen bytes ok'))[index] ?? [];
    use(script, address);
    await traps(plugin, script, `invalid handle offset for ${what}`, name);
  }
  const script = new ProbeScript();
  const freed = script.put('freed');
  use(script.do('free', freed.handle), freed.handle);
  await traps(plugin, script, `invalid handle offset for ${what}`, 'a freed block');
}

spec('config_get returns a value, and 0 for one that is missing or empty', async (context) => {
  const config = { mode: 'größer', empty: '', '': 'the value of the empty key' };
  const plugin = await openFixture(context, 'config', { config });
  equal((await plugin.call('get', 'mode')).text(), 'größer', 'a value');
  equal((await plugin.call('get_by_input', 'mode')).text(), 'größer', 'by the input itself');
  for (const key of ['empty', 'missing', 'Mode', 'mode ', ...oddKeys]) {
    equal((await plugin.call('get', key)).text(), '(none)', key);
  }
});

spec('config_get frees its key, and returns a new block each time', async (context) => {
  const plugin = await openFixture(context, 'config', { config: { mode: 'quiet' } });
  equal(numberOf(await plugin.call('frees_key', 'none')), 0n, 'length of the key of nothing');
  // The value may stand where the key was: five bytes, not four.
  equal(numberOf(await plugin.call('frees_key', 'mode')) === 4n, false, 'the key of a value is still there');
  const probe = await openFixture(context, 'probe', { config: { mode: 'quiet' } });
  const script = new ProbeScript();
  script.do('config_get', script.put('mode').handle);
  const first = script.last;
  script.returns(5n, 'of the value', 'length', first).do('store_u8', first, 0x51n);
  script.do('config_get', script.put('mode').handle).returns(0x71n, 'an unchanged copy', 'load_u8', script.last);
  await script.run(probe);
});

spec('config_get traps on a key that is no handle, or no text', async (context) => {
  const plugin = await openFixture(context, 'probe', { config: { mode: 'quiet' } });
  await refusesBadHandles(plugin, 'config key', (script, bad) => script.do('config_get', bad));
  const script = new ProbeScript();
  script.do('config_get', script.put(notUtf8).handle);
  await traps(plugin, script, 'The config key is not UTF-8', 'invalid UTF-8');
});

spec('configuration under names that every object knows is plain text', async (context) => {
  const config = Object.fromEntries(oddKeys.map((key) => [key, `value of ${key}`]));
  equal(Object.keys(config).length, oddKeys.length, 'own keys');
  const plugin = await openFixture(context, 'config', { config });
  for (const key of oddKeys) equal((await plugin.call('get', key)).text(), `value of ${key}`, key);
});

spec('a value of the configuration that does not fit in memory traps with what to raise', async (context) => {
  const config = { big: 'x'.repeat(100_000) };
  const plugin = await openFixture(context, 'probe', { config, memory: { maxPages: 1 } });
  const script = new ProbeScript();
  script.do('config_get', script.put('big').handle);
  await traps(plugin, script, '100000 bytes', 'no room');
});

spec('var_set keeps a copy, var_get returns a copy, and both free what they are given', async (context) => {
  const plugin = await openFixture(context, 'vars');
  equal((await plugin.call('get', 'color')).text(), '(none)', 'before');
  await plugin.call('set', 'color=blue');
  equal((await plugin.call('get', 'color')).text(), 'blue', 'in the next call');
  equal((await plugin.call('get_is_a_copy', 'color')).text(), 'blue', 'once a copy of it was written');
  equal(numberOf(await plugin.call('frees_handles', 'color')), 0n, 'handles after var_set');
  equal((await plugin.call('get', 'color')).text(), 'color', 'replaced');
  await plugin.call('remove', 'color');
  equal((await plugin.call('get', 'color')).text(), '(none)', 'removed');
  await plugin.call('remove', 'color');
});

spec('a var is what its block held when it was set, whatever is written later', async (context) => {
  const plugin = await openFixture(context, 'probe');
  const script = new ProbeScript();
  const value = script.put('AAAAAAAA');
  script
    .do('var_set', script.put('key').handle, value.handle)
    .returns(0n, 'the value is freed', 'length', value.handle);
  script.do('store_u8', value.handle, 0x42n);
  const key = script.put('key');
  script.do('var_get', key.handle);
  const copy = script.last;
  script
    .returns((bytes) => bytes !== 3n, 'the key is freed', 'length', key.handle)
    .returns(8n, 'the copy', 'length', copy);
  script.returns(0x41_41_41_41_41_41_41_41n, 'as it was', 'load_u64', copy);
  await script.run(plugin);
});

spec('var_get and var_set trap on what is no handle, or no text', async (context) => {
  const plugin = await openFixture(context, 'probe');
  await refusesBadHandles(plugin, 'var key', (script, bad) => script.do('var_get', bad));
  await refusesBadHandles(plugin, 'var key', (script, bad) => script.do('var_set', bad, bad));
  for (const operation of ['var_get', 'var_set'] as const) {
    const script = new ProbeScript();
    script.do(operation, script.put(notUtf8).handle, script.put('value').handle);
    await traps(plugin, script, 'The var key is not UTF-8', operation);
  }
});

spec('var_set deletes when its value is 0, and traps on any other value that is no handle', async (context) => {
  const plugin = await openFixture(context, 'probe');
  const names = badHandles(new ProbeScript().put('sixteen bytes ok')).map(([name]) => name);
  for (const [index, name] of names.entries()) {
    const script = new ProbeScript();
    const [, bad = 0n] = badHandles(script.put('sixteen bytes ok'))[index] ?? [];
    const key = script.put('key');
    script.do('var_set', key.handle, bad);
    if (name === '0') await script.run(plugin);
    else await traps(plugin, script, 'invalid handle offset for var value', name);
  }
  const script = new ProbeScript();
  script.returns(0n, 'nothing was set', 'var_get', script.put('key').handle);
  await script.run(plugin);
});

spec('vars under names that every object knows are plain vars', async (context) => {
  const plugin = await openFixture(context, 'vars');
  for (const key of oddKeys) equal((await plugin.call('get', key)).text(), '(none)', `${key}, before`);
  for (const key of oddKeys) await plugin.call('set', `${key}=value of ${key}`);
  for (const key of oddKeys) equal((await plugin.call('get', key)).text(), `value of ${key}`, key);
  for (const key of oddKeys) await plugin.call('remove', key);
  for (const key of oddKeys) equal((await plugin.call('get', key)).text(), '(none)', `${key}, removed`);
});

/** A var named "big" costs its three bytes, 48 more, and its value. */
const costOfBig = 51;

for (const [limit, options] of [
  [1_048_576, {}],
  [200, { memory: { maxVarBytes: 200 } }],
] as const) {
  spec(`a var that takes up all ${limit} bytes fits, and one byte more does not`, async (context) => {
    const plugin = await openFixture(context, 'vars', options);
    const most = BigInt(limit - costOfBig);
    const error = await failsWith(plugin.call('fill', numberInput(most + 1n)), 'guest-trap');
    contains(error.message, 'Variable store is full', 'message');
    contains(error.expected ?? '', String(limit), 'expected');
    equal((await plugin.call('get', 'big')).text(), '(none)', 'nothing was set');
    await plugin.call('fill', numberInput(most));
    equal((await plugin.call('get', 'big')).byteLength, Number(most), 'bytes of the var');
    await failsWith(plugin.call('set', 'k=v'), 'guest-trap');
    await plugin.call('fill', numberInput(most));
    equal((await plugin.call('get', 'big')).byteLength, Number(most), 'replaced by as much');
    await failsWith(plugin.call('fill', numberInput(most + 1n)), 'guest-trap');
    equal((await plugin.call('get', 'big')).byteLength, Number(most), 'kept when its successor does not fit');
    await plugin.call('remove', 'big');
    await plugin.call('set', 'k=v');
    equal((await plugin.call('get', 'k')).text(), 'v', 'once there is room');
  });
}

spec('a host that allows no bytes for vars disables them, and says so', async (context) => {
  const plugin = await openFixture(context, 'vars', { memory: { maxVarBytes: 0 } });
  for (const [name, input] of [
    ['set', 'color=blue'],
    ['remove', 'color'],
  ] as const) {
    const error = await failsWith(plugin.call(name, input), 'guest-trap');
    contains(error.message, 'Vars are disabled by this host', name);
    equal((await plugin.call('get', 'color')).text(), '(none)', 'a var');
  }
});

spec('the smallest var is 49 bytes: its key counts in bytes of UTF-8', async (context) => {
  const plugin = await openFixture(context, 'vars', { memory: { maxVarBytes: 53 } });
  await plugin.call('set', 'ab=cde');
  await plugin.call('remove', 'ab');
  await failsWith(plugin.call('set', '🦴=cd'), 'guest-trap');
  await plugin.call('set', '🦴=c');
  equal((await plugin.call('get', '🦴')).text(), 'c', 'a var whose key is 4 bytes');
});
