/** What outlives a call, and names that must be plain text everywhere. */
import { contains, equal, failsWith } from '../assert.js';
import { numberOf, openFixture, openHost, sharedHost, openLinked } from '../fixtures.js';
import { spec } from '../harness.js';

for (const name of ['count_in_global', 'count_in_memory', 'count_in_var']) {
  spec(`what a plug-in counts outlives calls, failures and reset (${name})`, async (context) => {
    const plugin = await openFixture(context, 'state');
    equal(numberOf(await plugin.call(name)), 1n, 'the first time');
    equal(numberOf(await plugin.call(name, 'an input')), 2n, 'the second');
    await failsWith(plugin.call('not_there'), 'function-not-found');
    await failsWith(plugin.call('_start'), 'function-not-found');
    await plugin.reset();
    equal(numberOf(await plugin.call(name)), 3n, 'after a failure and a reset');
  });
}

spec('two plug-ins from one module share nothing', async (context) => {
  const host = openHost(context);
  const url = context.url('/fixtures/state.wasm');
  const [one, two] = await Promise.all([host.createPlugin(url), host.createPlugin(url)]);
  for (const name of ['count_in_global', 'count_in_memory', 'count_in_var']) {
    equal(numberOf(await one.call(name)), 1n, `${name} of one`);
    equal(numberOf(await one.call(name)), 2n, `${name} of one`);
    equal(numberOf(await two.call(name)), 1n, `${name} of the other`);
  }
});

spec('vars that a failing call set are kept, as the reference keeps them', async (context) => {
  const plugin = await openFixture(context, 'vars');
  await failsWith(plugin.call('set_then_trap', 'a=1'), 'guest-trap');
  await failsWith(plugin.call('set_then_code_1', 'b=2'), 'guest-exit');
  equal((await plugin.call('get', 'a')).text(), '1', 'after a trap');
  equal((await plugin.call('get', 'b')).text(), '2', 'after an exit code');
});

spec('exports are called by exactly their names, odd ones and those every object knows', async (context) => {
  const plugin = await openFixture(context, 'odd_export_names');
  for (const [place, name] of [
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'valueOf',
    'then',
    'call',
    'close',
    '',
    'with space',
    'grüße',
    '42',
  ].entries()) {
    equal(plugin.functionExists(name), true, `functionExists(${name})`);
    equal(numberOf(await plugin.call(name)), BigInt(place), name);
  }
  for (const name of ['isPrototypeOf', '__defineGetter__', 'with  space', 'GRÜSSE', '042']) {
    equal(plugin.functionExists(name), false, `functionExists(${name})`);
    await failsWith(plugin.call(name), 'function-not-found');
  }
});

spec('linked modules may have names that every object knows', async (context) => {
  const wasm = ['__proto__', 'constructor', 'toString', 'main'].map((name) => ({
    name,
    url: context.url(`/fixtures/${name === 'main' ? 'link_main_odd_names' : 'link_dep_odd_names'}.wasm`),
  }));
  const plugin = await sharedHost(context).createPlugin({ wasm });
  equal(numberOf(await plugin.call('sum')), 126n, 'three times 42');
});

spec('what the runtime keeps for itself cannot be called, seen or imported', async (context) => {
  const plugin = await openFixture(context, 'init_start_section');
  equal((await plugin.call('order')).text(), 'si', 'before');
  equal(
    plugin.exports.map(({ name }) => name),
    ['memory', '_initialize', 'order'],
    'exports',
  );
  equal(plugin.functionExists('tenon:start'), false, 'functionExists');
  const error = await failsWith(plugin.call('tenon:start'), 'function-not-found');
  equal(error.expected, 'one of: _initialize, order', 'expected');
  equal((await plugin.call('order')).text(), 'si', 'after');
  const linked = openLinked(context, ['link_main_reserved', 'init_start_section']);
  contains((await failsWith(linked, 'missing-import')).message, '"dep" "tenon:start"', 'message');
});

spec('a plug-in that exports a name of the runtime is refused', async (context) => {
  const error = await failsWith(openFixture(context, 'reserved_export'), 'link-name');
  contains(error.message, 'tenon:start', 'message');
});
