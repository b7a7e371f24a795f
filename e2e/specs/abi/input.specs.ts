/** A call's input, output and error, as `extism:host/env` must, seen from inside a plug-in. */
import { equal, failsWith } from '../assert.js';
import { numberOf, openFixture } from '../fixtures.js';
import { spec } from '../harness.js';
import { farNumbers, notHandles, ProbeScript } from './probe-script.js';

spec('input_load_u8 and input_load_u64 give the input byte by byte, and 0 past its end', async (context) => {
  const plugin = await openFixture(context, 'input');
  equal(numberOf(await plugin.call('length', 'Hello, World')), 12n, 'length');
  equal(numberOf(await plugin.call('first_u64', 'ABCDEFGH')), 0x48_47_46_45_44_43_42_41n, 'eight bytes of eight');
  equal(numberOf(await plugin.call('first_u64', 'ABCDEFG')), 0n, 'eight bytes of seven');
  equal(numberOf(await plugin.call('u8_past_end', 'ABCDEFGH')), 0n, 'one past the end');
  equal(numberOf(await plugin.call('u64_past_end', 'ABCDEFGHIJKL')), 0n, 'the last byte of eight past the end');
});

spec('the input can be read from any offset that is in it, and returns 0 from any other', async (context) => {
  const plugin = await openFixture(context, 'probe');
  const script = new ProbeScript();
  script.do('input_length');
  const length = script.last;
  script.returns((value) => value !== 0n, 'a handle', 'input_offset').do('length', script.last);
  script.returns((value) => value > 8n, 'as long as the input', 'const', script.last);
  // The script is its own input: it begins with how many steps it has, and ends with the text of its blocks.
  script.returns((steps) => steps > 10n && steps < 100n, 'the first eight bytes', 'input_load_u64', 0n);
  script.returns((steps) => steps > 10n && steps < 100n, 'the first byte', 'input_load_u8', 0n);
  script.put('ABCDEFGHIJ');
  script.do('const', length, -8n).returns(0x4a_49_48_47_46_45_44_43n, 'the last eight', 'input_load_u64', script.last);
  script.do('const', length, -7n).returns(0n, 'eight, the last one over', 'input_load_u64', script.last);
  script.do('const', length, -1n).returns(0x4an, 'the last byte', 'input_load_u8', script.last);
  for (const [name, offset] of [['one past the end', length], ...farNumbers] as const) {
    script.returns(0n, name, 'input_load_u8', offset).returns(0n, name, 'input_load_u64', offset);
  }
  await script.run(plugin);
});

spec('an empty input has no bytes and no handle, whichever way it is given', async (context) => {
  const plugin = await openFixture(context, 'input');
  for (const input of [undefined, null, '', new Uint8Array(0), new ArrayBuffer(0)]) {
    equal(numberOf(await plugin.call('length', input)), 0n, 'length');
    equal(numberOf(await plugin.call('offset', input)), 0n, 'offset');
    equal(numberOf(await plugin.call('first_u64', input)), 0n, 'the first eight bytes');
    equal(numberOf(await plugin.call('length_once_freed', input)), 0n, 'length once freed');
  }
});

spec('freeing the input leaves an input of no bytes, and freeing it again changes nothing', async (context) => {
  const plugin = await openFixture(context, 'input');
  for (const name of ['length_once_freed', 'first_u8_once_freed', 'length_of_handle_once_freed', 'freed_twice']) {
    equal(numberOf(await plugin.call(name, 'Hello')), 0n, name);
  }
  equal(numberOf(await plugin.call('length', 'Hello')), 5n, 'the next call has its input');
});

spec('the input is memory like any other: a plug-in may write it and give it back', async (context) => {
  const plugin = await openFixture(context, 'input');
  const input = new TextEncoder().encode('jello');
  equal((await plugin.call('written', input)).text(), 'Xello', 'output');
  equal(new TextDecoder().decode(input), 'jello', "the page's own bytes");
});

const outputs: Readonly<Record<string, string>> = {
  none: '',
  whole: 'first output',
  interior: 'put',
  length_0: '',
  length_0_after_output: '',
  twice: 'second output',
  null_only: '',
  out_of_range_only: '',
  keeps_previous_on_null: 'first output',
  keeps_previous_on_out_of_range: 'first output',
  keeps_previous_on_length_2_32: 'first output',
  keeps_previous_on_length_2_64: 'first output',
  keeps_previous_on_address_2_64: 'first output',
  keeps_previous_on_sum_wraps: 'first output',
  freed_after: 'first output',
  changed_after: 'First output',
  input_as_output: 'the input',
  input_without_ends: 'he inpu',
};

spec('an output lies anywhere in memory, is the last one set, and is read when the call ends', async (context) => {
  const plugin = await openFixture(context, 'output');
  for (const [name, text] of Object.entries(outputs)) {
    equal((await plugin.call(name, 'the input')).text(), text, name);
  }
  // What a reused block holds by then is not said; that it is twelve bytes of memory is.
  equal((await plugin.call('freed_and_reused')).byteLength, 12, 'freed_and_reused');
});

spec('output_set ignores every range that does not lie in memory', async (context) => {
  const plugin = await openFixture(context, 'probe', { memory: { maxPages: 1 } });
  const ranges: (readonly [address: bigint, length: bigint])[] = [
    [0n, 0n],
    [0n, 5n],
    [1n, 5n],
    [65_530n, 7n],
    [65_535n, 2n],
    [65_536n, 0n],
    [65_536n, 1n],
    [65_530n, 2n ** 64n - 65_530n],
    ...farNumbers.flatMap(([, far]): [bigint, bigint][] => [
      [far, 0n],
      [far, 5n],
      [far, 2n ** 64n - far + 10_000n],
      [10_000n, far],
    ]),
  ];
  for (const [address, length] of ranges) {
    const script = new ProbeScript();
    const block = script.put('kept');
    script.do('output_set', block.handle, block.bytes).do('output_set', address, length);
    equal(await script.output(plugin), 'kept', `output_set(${address}, ${length})`);
  }
});

spec('output_set takes every range that lies in memory, to the last byte', async (context) => {
  const plugin = await openFixture(context, 'probe', { memory: { maxPages: 1 } });
  const script = new ProbeScript().do('store_u64', 65_528n, 0x48_47_46_45_44_43_42_41n);
  equal(await script.do('output_set', 65_528n, 8n).output(plugin), 'ABCDEFGH', 'the last eight bytes');
  equal(await script.do('output_set', 65_535n, 1n).output(plugin), 'H', 'the last byte');
  equal(await script.do('output_set', 65_535n, 0n).output(plugin), '', 'nothing of the last byte');
  const whole = await plugin.call('probe_silent', new ProbeScript().do('output_set', 1_024n, 64_512n).encode());
  equal(whole.byteLength, 64_512, 'bytes of nearly all memory');
});

spec(
  'error_get returns what error_set set: 0 before, 0 once cleared, the same for what is ignored',
  async (context) => {
    const plugin = await openFixture(context, 'probe', { memory: { maxPages: 1 } });
    const script = new ProbeScript();
    const block = script.put('wrong');
    script.returns(0n, 'before', 'error_get').do('error_set', block.handle).do('error_get');
    const seen = script.last;
    script.returns(5n, 'of what was set', 'length', seen);
    for (const [name, address] of [['1', 1n], ['the end of memory', 65_536n], ...farNumbers] as const) {
      script.do('error_set', address).do('error_get').returns(5n, `after error_set(${name})`, 'length', script.last);
    }
    script.do('error_set', 0n).returns(0n, 'cleared', 'error_get');
    await script.run(plugin);
    await new ProbeScript().returns(0n, 'in the next call', 'error_get').run(plugin);
  },
);

spec('only an error that is a block has a text; for anything else the return code decides', async (context) => {
  const plugin = await openFixture(context, 'probe');
  for (const [name, address] of notHandles({
    bytes: 8n,
    handle: { result: 0, plus: 0n },
    at: (plus) => ({ result: 0, plus }),
  })) {
    const script = new ProbeScript();
    script.put('no error');
    script.do('error_set', address);
    equal(await script.output(plugin), '', name);
    const coded = await failsWith(plugin.call('probe_code', script.do('const', 7n).encode()), 'guest-exit');
    equal(coded.details['exitCode'], 7, name);
  }
});
