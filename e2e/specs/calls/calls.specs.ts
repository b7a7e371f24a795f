/** One call's life: what may be called, what goes in, and each way it can end. The call after it always works. */
import type { ErrorCode, Plugin, PluginError, PluginOutput } from 'tenon';
import { check, contains, equal, failsWith } from '../assert.js';
import { openFixture, sharedHost } from '../fixtures.js';
import { spec } from '../harness.js';

/** The call fails with `code`, and `ok` can be called right after it. */
async function failsAndGoesOn(plugin: Plugin, name: string, code: ErrorCode): Promise<PluginError> {
  const error = await failsWith(plugin.call(name), code);
  equal((await plugin.call('ok')).byteLength, 0, `bytes of the call after ${name}`);
  return error;
}

spec('a function that returns nothing, or an i32 of 0, succeeds', async (context) => {
  const plugin = await openFixture(context, 'return_types');
  for (const name of ['unit', 'code_0']) equal((await plugin.call(name)).byteLength, 0, name);
});

spec('a return code that is not 0 fails the call with that code', async (context) => {
  const plugin = await openFixture(context, 'return_types');
  for (const [name, exitCode] of [
    ['code_1', 1],
    ['code_minus_1', -1],
    ['code_42', 42],
  ] as const) {
    const error = await failsWith(plugin.call(name), 'guest-exit');
    equal(error.details['exitCode'], exitCode, name);
    contains(error.message, `"${name}" returned non-zero exit code: ${exitCode}`, 'message');
    await plugin.call('code_0');
  }
});

spec('a function of any other type is refused before it runs, with its type', async (context) => {
  const plugin = await openFixture(context, 'return_types');
  for (const [name, type] of [
    ['result_i64', '() -> i64'],
    ['result_f32', '() -> f32'],
    ['result_f64', '() -> f64'],
    ['result_two', '() -> (i32, i32)'],
    ['param_i32', '(i32) -> i32'],
    ['param_i64', '(i64) -> ()'],
  ] as const) {
    const error = await failsWith(plugin.call(name), 'function-type');
    contains(error.message, `"${name}"`, 'message');
    equal([error.expected, error.actual], ['() -> () or () -> i32', type], name);
    await plugin.call('unit');
  }
});

spec('a function that is not there is refused with the names of those that are', async (context) => {
  const plugin = await openFixture(context, 'return_types');
  for (const name of ['nothing', '', 'unit ', 'toString', '__proto__', 'constructor']) {
    const error = await failsWith(plugin.call(name), 'function-not-found');
    contains(error.message, `"${name}"`, 'message');
    contains(error.expected ?? '', 'unit, code_0, code_1', 'expected');
    equal(plugin.functionExists(name), false, `functionExists(${name})`);
  }
  for (const name of ['a_global', 'a_table']) {
    equal((await failsWith(plugin.call(name), 'function-not-found')).actual, 'an export that is not a function', name);
    equal(plugin.functionExists(name), false, `functionExists(${name})`);
  }
  equal(plugin.functionExists('unit'), true, 'functionExists(unit)');
  await plugin.call('unit');
});

spec('a plug-in that exports no function says so when it is called', async (context) => {
  const plugin = await openFixture(context, 'empty');
  contains(
    (await failsWith(plugin.call('run'), 'function-not-found')).expected ?? '',
    'no function is exported',
    'expected',
  );
  equal(plugin.exports, [], 'exports');
});

spec('error_set fails the call with its text, whatever the return code', async (context) => {
  const plugin = await openFixture(context, 'errors');
  for (const [name, exitCode] of [
    ['error_code_0', 0],
    ['error_code_1', 1],
    ['error_unit', 0],
    ['error_and_output', 0],
    ['error_out_of_range_after_error', 1],
  ] as const) {
    const error = await failsAndGoesOn(plugin, name, 'guest-error');
    equal([error.message, error.details['exitCode']], ['went wrong', exitCode], name);
  }
  equal((await failsAndGoesOn(plugin, 'error_twice', 'guest-error')).message, 'also wrong', 'the last of two');
  equal((await failsAndGoesOn(plugin, 'error_invalid_utf8', 'guest-error')).message, '\uFFFD\uFFFD', 'invalid UTF-8');
});

spec('a cleared error, or one out of range, does not fail the call', async (context) => {
  const plugin = await openFixture(context, 'errors');
  equal((await plugin.call('error_cleared')).text(), 'also wrong', 'output after an error that was cleared');
  equal((await plugin.call('error_out_of_range')).byteLength, 0, 'an error out of range');
  for (const name of ['error_cleared_code_1', 'error_interior', 'error_freed']) {
    equal((await failsAndGoesOn(plugin, name, 'guest-exit')).details['exitCode'], 1, name);
  }
});

spec('a trap after error_set fails with both, the text of the plug-in first', async (context) => {
  const plugin = await openFixture(context, 'errors');
  const error = await failsAndGoesOn(plugin, 'error_then_trap', 'guest-error');
  check(/^went wrong \(.*"error_then_trap" trapped: /u.test(error.message), `message: ${error.message}`);
  equal(error.details['trapped'], true, 'trapped');
});

spec('every kind of trap fails the call, names the function, and leaves the plug-in usable', async (context) => {
  const plugin = await openFixture(context, 'traps');
  const names = plugin.exports.flatMap(({ kind, name }) => (kind === 'function' && name !== 'ok' ? name : []));
  check(names.length >= 11, `only ${names.length} traps`);
  for (const name of names) {
    const error = await failsAndGoesOn(plugin, name, 'guest-trap');
    contains(error.message, `"${name}" trapped: `, 'message');
    if (name === 'stack_overflow') contains(error.message, 'stack overflow', 'message');
  }
  equal(plugin.generation, 1, 'generation: a trap replaces nothing');
});

spec('a trap after an output fails the call, and the output does not reach the next one', async (context) => {
  const plugin = await openFixture(context, 'output');
  await failsWith(plugin.call('then_trap'), 'guest-trap');
  equal((await plugin.call('none')).byteLength, 0, 'bytes of the next output');
  equal((await failsWith(plugin.call('then_code_3'), 'guest-exit')).details['exitCode'], 3, 'exit code');
  equal((await plugin.call('none')).byteLength, 0, 'bytes of the next output');
});

spec("AssemblyScript's abort is a trap with its message, file, line and column", async (context) => {
  const plugin = await openFixture(context, 'env_abort');
  for (const name of ['run', 'run_and_go_on']) {
    contains(
      (await failsAndGoesOn(plugin, name, 'guest-trap')).message,
      'no sense (aborted at plug-in.ts:12:34)',
      name,
    );
  }
  contains(
    (await failsAndGoesOn(plugin, 'run_without_text', 'guest-trap')).message,
    'abort (aborted at unknown',
    'text',
  );
  await failsAndGoesOn(plugin, 'run_with_bad_pointers', 'guest-trap');
});

spec('an input is text or bytes, and of a view exactly what it views', async (context) => {
  const plugin = await openFixture(context, 'output');
  const bytes = new TextEncoder().encode('..the input..');
  const view = bytes.subarray(2, 11);
  const inputs = ['the input', view, view.slice().buffer, new DataView(bytes.buffer, 2, 9)];
  for (const input of inputs) equal((await plugin.call('input_as_output', input)).text(), 'the input', 'output');
  const wide = Uint16Array.of(0x4241, 0x4443, 0x4645);
  equal((await plugin.call('input_as_output', wide.subarray(1))).text(), 'CDEF', 'output of a view of wider numbers');
  equal(new TextDecoder().decode(bytes), '..the input..', "the page's own bytes");
  equal(
    (await plugin.call('input_as_output', 'lone \uD800 half')).text(),
    'lone \uFFFD half',
    'text that is no Unicode',
  );
});

spec('what the page does to an input after the call is made does not change the input', async (context) => {
  const plugin = await openFixture(context, 'output');
  const bytes = new TextEncoder().encode('the input');
  const calls = [plugin.call('input_as_output', bytes), plugin.call('input_as_output', bytes)];
  bytes.fill(0);
  for (const output of await Promise.all(calls)) equal(output.text(), 'the input', 'output');
});

spec(
  'shared memory is copied, also when it is to be handed over',
  async (context) => {
    if (!context.isolated) context.skip('only an isolated page has SharedArrayBuffer');
    const plugin = await openFixture(context, 'output');
    const shared = new Uint8Array(new SharedArrayBuffer(16));
    shared.set(new TextEncoder().encode('..the input..'));
    const view = shared.subarray(2, 11);
    for (const options of [{}, { transfer: true }]) {
      equal((await plugin.call('input_as_output', view, options)).text(), 'the input', 'a view');
      equal((await plugin.call('input_as_output', shared.buffer, options)).byteLength, 16, 'the whole');
    }
  },
  { onEveryPage: true },
);

spec('transfer hands the buffer over, so that it is empty here afterwards', async (context) => {
  const plugin = await openFixture(context, 'output');
  const bytes = new TextEncoder().encode('the input').slice();
  const calls = [plugin.call('none'), plugin.call('input_as_output', bytes.buffer, { transfer: true })];
  equal((await Promise.all(calls))[1]?.text(), 'the input', 'output');
  equal(bytes.byteLength, 0, 'bytes left here');
  const window = new TextEncoder().encode('..the input..').slice().subarray(2, 11);
  equal((await plugin.call('input_as_output', window, { transfer: true })).text(), 'the input', 'output of a view');
  equal(window.byteLength, 0, 'bytes left of the view');
});

spec('an input that was handed over before is refused, and the plug-in goes on', async (context) => {
  const plugin = await openFixture(context, 'output');
  const gone = new Uint8Array(8);
  structuredClone(gone, { transfer: [gone.buffer] });
  const memory = new WebAssembly.Memory({ initial: 1 });
  for (const transfer of [false, true]) {
    for (const input of [gone, gone.buffer]) {
      await failsWith(plugin.call('input_as_output', input, { transfer }), 'invalid-argument');
    }
  }
  // Memories keep their buffers.
  await failsWith(plugin.call('input_as_output', memory.buffer, { transfer: true }), 'invalid-argument');
  equal((await plugin.call('input_as_output', 'still here')).text(), 'still here', 'the next call');
  equal((await plugin.call('input_as_output', memory.buffer)).byteLength, 65_536, "a copy of a memory's buffer");
});

spec('an input that is neither text nor bytes is refused with what it is', async (context) => {
  const plugin = await openFixture(context, 'output');
  for (const input of [5, true, {}, [1, 2], new Blob(['x']), Symbol('x')]) {
    const error = await failsWith(plugin.call('input_as_output', input as never), 'invalid-argument');
    contains(error.message, typeof input, 'message');
  }
  equal((await plugin.call('input_as_output', 'text')).text(), 'text', 'the next call');
});

spec('16 MiB go in and come out, and the call after it is as quick as before', async (context) => {
  const plugin = await sharedHost(context).createPlugin(context.url('/plugins/echo.wasm'));
  const large = new Uint8Array(16 * 1_048_576).map((_, index) => index % 251);
  const output = (await plugin.call('echo', large)).bytes();
  equal(output.length, large.length, 'bytes');
  check(
    output.every((byte, index) => byte === index % 251),
    'the bytes are not those that went in',
  );
  const small = await Promise.all(Array.from({ length: 20 }, () => plugin.call('echo', 'small')));
  equal(small.at(-1)?.text(), 'small', 'a small output');
  const slowest = Math.min(...small.map(({ guestMs }) => guestMs));
  check(slowest < 5, `a small call takes ${slowest} ms after a large one`);
});

spec('an input larger than the plug-in may have is refused with both sizes', async (context) => {
  const plugin = await openFixture(context, 'output', { memory: { maxPages: 4 } });
  const error = await failsWith(plugin.call('none', new Uint8Array(262_144)), 'input-too-large');
  contains(error.message, '262144 bytes', 'message');
  contains(error.expected ?? '', 'at most 4 pages', 'expected');
  equal((await plugin.call('input_as_output', new Uint8Array(200_000))).byteLength, 200_000, 'one that fits');
});

spec('an output over maxOutputBytes is refused, one of exactly that size is not', async (context) => {
  const plugin = await openFixture(context, 'output', { maxOutputBytes: 10 });
  equal((await plugin.call('input_as_output', '0123456789')).byteLength, 10, 'bytes');
  const error = await failsWith(plugin.call('input_as_output', '0123456789a'), 'output-too-large');
  contains(error.message, 'found 11', 'message');
  equal((await plugin.call('interior')).text(), 'put', 'the next call');
});

spec('an output above 1 MiB is parsed as JSON off the page, within limits', async (context) => {
  const plugin = await openFixture(context, 'output');
  const items = (count: number): string => `[${'{},'.repeat(count - 1)}{}]`;
  const parsed = async (text: string): Promise<unknown> => (await plugin.call('input_as_output', text)).parseJson();
  const parsedHere = async (output: PluginOutput): Promise<unknown> => output.json();
  const long = 'x'.repeat(1_048_575);
  equal((await plugin.call('input_as_output', `"${long.slice(1)}"`)).json<string>().length, 1_048_574, 'of 1 MiB');
  const output = await plugin.call('input_as_output', `"${long}"`);
  const refusal = await failsWith(parsedHere(output), 'output-too-large');
  contains(refusal.fix ?? '', 'parseJson()', 'fix');
  // 1 MiB of these takes the page ten times as long to parse as 1 MiB of numbers.
  const small = await plugin.call('input_as_output', items(120_000));
  contains(
    (await failsWith(parsedHere(small), 'output-too-large')).message,
    'expected at most 200000 values',
    'message',
  );
  equal((await output.parseJson<string>()).length, long.length, 'characters');
  equal(output.byteLength, long.length + 2, 'the output stays with the app');
  equal(((await parsed(items(90_000))) as unknown[]).length, 90_000, 'items');
  // 16 MiB of small objects held up the page for 1.2 to 6 s.
  const many = await failsWith(parsed(items(5_592_405)), 'output-format');
  contains(many.message, 'expected at most 200000 values', 'message');
  const deep = await failsWith(parsed('['.repeat(2_000_000)), 'output-format');
  contains(deep.message, 'expected at most 512 levels of nesting', 'message');
  await failsWith(parsed(long), 'output-format');
});

spec('an output is text, JSON or bytes, and its buffer holds exactly it', async (context) => {
  const plugin = await openFixture(context, 'output');
  const output = await plugin.call('input_without_ends', '."größer"..');
  equal(output.text(), '"größer".', 'text');
  const json = await plugin.call('input_as_output', '{"a":[1,"ü"],"__proto__":1}');
  equal(JSON.stringify(json.json()), '{"a":[1,"ü"],"__proto__":1}', 'json');
  equal(json.bytes().buffer.byteLength, json.byteLength, 'bytes of its buffer');
  equal(json.bytes().byteOffset, 0, 'offset');
  equal((await plugin.call('input_as_output', Uint8Array.of(0xff))).text(), '\uFFFD', 'bytes that are no UTF-8');
});

spec('an output that is no JSON says so only when JSON is asked for', async (context) => {
  const plugin = await openFixture(context, 'output');
  for (const [input, actual] of [
    ['', 'no output'],
    ['<html>', '6 bytes that start with "<html>"'],
    ['{"a":1', '6 bytes'],
  ] as const) {
    const output = await plugin.call('input_as_output', input);
    equal(output.text(), input, 'text');
    const error = await failsWith(
      Promise.resolve().then(() => output.json()),
      'output-format',
    );
    contains(error.message, 'is not JSON', 'message');
    contains(error.actual ?? '', actual, 'actual');
  }
});
