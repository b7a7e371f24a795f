/** Linked modules: functions, memories, tables and globals of one module as imports of another. */
import { contains, equal, failsWith } from '../assert.js';
import { numberInput, numberOf, sharedHost, openLinked } from '../fixtures.js';
import { spec } from '../harness.js';

spec('a module calls the functions of another, which has its own state and the same kernel', async (context) => {
  const plugin = await openLinked(context, ['link_main_function', 'link_dep']);
  equal(numberOf(await plugin.call('call_forty_two')), 42n, 'a function');
  equal(numberOf(await plugin.call('call_count')), 1n, 'a count');
  equal(numberOf(await plugin.call('call_count')), 2n, 'the next');
  equal((await plugin.call('let_dep_answer')).text(), 'from dep', 'an output set by the other module');
});

spec("a module uses another's memory, table and globals", async (context) => {
  const memory = await openLinked(context, ['link_main_memory', 'link_dep']);
  equal((await memory.call('read')).text(), 'from dep', 'memory');
  const table = await openLinked(context, ['link_main_table', 'link_dep']);
  equal(numberOf(await table.call('call_indirect')), 42n, 'table');
  const globals = await openLinked(context, ['link_main_global', 'link_dep']);
  equal(numberOf(await globals.call('constant')), 42n, 'a constant');
  equal(numberOf(await globals.call('add_ten')), 10n, 'a variable');
  equal(numberOf(await globals.call('add_ten')), 20n, 'the same one');
});

spec('a linked module is initialized once, before the main one', async (context) => {
  const plugin = await openLinked(context, ['link_main_function', 'link_dep_initialize']);
  equal(numberOf(await plugin.call('call_count')), 101n, 'a count that _initialize set to 100');
  equal(numberOf(await plugin.call('call_count')), 102n, 'the next');
});

spec('a trap in a linked module fails the call, and the next one works', async (context) => {
  const plugin = await openLinked(context, ['link_main_function', 'link_dep_trap']);
  for (const name of ['call_forty_two', 'call_count', 'let_dep_answer']) {
    contains((await failsWith(plugin.call(name), 'guest-trap')).message, `"${name}" trapped`, 'message');
  }
});

spec('functions of a linked module cannot be called from the page', async (context) => {
  const plugin = await openLinked(context, ['link_main_function', 'link_dep']);
  equal(plugin.functionExists('forty_two'), false, 'functionExists');
  const error = await failsWith(plugin.call('forty_two'), 'function-not-found');
  equal(error.expected, 'one of: call_forty_two, call_count, let_dep_answer', 'expected');
});

spec('an export that a linked module lacks is missing, and named', async (context) => {
  const error = await failsWith(openLinked(context, ['link_main_missing', 'link_dep']), 'missing-import');
  contains(error.message, '"dep" "absent"', 'message');
  equal(error.issues.length, 1, 'issues');
});

spec('an import of another kind or type than the linked export is refused', async (context) => {
  const kind = await failsWith(openLinked(context, ['link_main_wrong_kind', 'link_dep']), 'import-type');
  contains(kind.message, 'Import "dep" "forty_two" of module "main": expected global, found function', 'message');
  const type = await failsWith(openLinked(context, ['link_main_wrong_signature', 'link_dep']), 'import-type');
  contains(type.message, 'module "main"', 'message');
  contains(type.message, 'forty_two', 'message');
});

spec('modules that import functions of each other in a cycle work', async (context) => {
  const plugin = await openLinked(context, ['link_main_cycle', 'link_dep_cycle']);
  for (const [n, even] of [
    [0n, 1n],
    [7n, 0n],
    [1_000n, 1n],
  ] as const) {
    equal(numberOf(await plugin.call('input_is_even', numberInput(n))), even, `input_is_even(${n})`);
  }
});

spec('a linked module that nothing reaches is not instantiated', async (context) => {
  const wasm = [
    { name: 'unused', url: context.url('/fixtures/init_trap_start_section.wasm') },
    { name: 'main', url: context.url('/fixtures/return_types.wasm') },
  ];
  const plugin = await sharedHost(context).createPlugin({ wasm });
  await plugin.call('unit');
});

spec("a linked module cannot have the name of the runtime's own functions", async (context) => {
  for (const name of ['extism:host/env', 'wasi_snapshot_preview1']) {
    const wasm = [
      { name, url: context.url('/fixtures/link_dep.wasm') },
      { name: 'main', url: context.url('/fixtures/link_main_function.wasm') },
    ];
    const error = await failsWith(sharedHost(context).createPlugin({ wasm }, { cache: 'off' }), 'link-name');
    contains(error.message, name, 'the message');
  }
});
