/** What plug-ins print, how they end, and how they wait. */
import { type LogRecord, type PluginError } from 'tenon';
import { check, contains, equal, failsWith } from '../assert.js';
import { openFixture, openHost } from '../fixtures.js';
import { spec } from '../harness.js';
import { openProgram, printedText } from './wasi-kit.js';

const text = (lines: readonly LogRecord[]): string[] => lines.map(({ message }) => message);

spec('what a plug-in prints is logged line by line, and says which stream it came from', async (context) => {
  const { plugin, lines } = await openProgram(context, 'tools');
  const printed = '\ufeffone\ntwo, grüße\r\n\nno end';
  await plugin.call('print', printed);
  equal(text(lines), ['\ufeffone', 'two, grüße\r', '', 'no end']);
  equal(printedText(lines), printed);
  equal(lines.map(({ stream, level }) => `${stream} ${level}`).at(0), 'stdout info');
  await plugin.call('complain', 'wrong\n');
  equal([lines.at(-1)?.message, lines.at(-1)?.stream, lines.at(-1)?.level], ['wrong', 'stderr', 'warn']);
});

spec('streams that are off, or below the log level, are dropped', async (context) => {
  const { plugin, lines } = await openProgram(context, 'tools', {
    logLevel: 'warn',
    wasi: { stdout: 'info', stderr: 'off' },
  });
  await plugin.call('print', 'unheard\n');
  await plugin.call('complain', 'unheard\n');
  equal(lines, []);
});

spec('a very long line is passed on in pieces', async (context) => {
  const { plugin, lines } = await openProgram(context, 'tools');
  const word = 'x'.repeat(4_000);
  for (let count = 0; count < 5; count += 1) await plugin.call('print', word);
  equal(text(lines), [word, word, word, word, word]);
});

spec(
  'a million lines on a stream that is off leave the plug-in as it was',
  async (context) => {
    const { plugin, lines } = await openProgram(context, 'tools', {
      wasi: { stdout: 'off' },
      memory: { maxPages: 64 },
    });
    await plugin.call('print_lines', '1000000');
    equal(lines.length, 0, 'lines');
    equal(plugin.generation, 1, 'generation');
  },
  { timeoutMs: 60_000 },
);

spec(
  'proc_exit(0) is success, another code is guest-exit, and an error that was set is that error',
  async (context) => {
    const plugin = await openFixture(context, 'wasi_proc_exit');
    equal((await plugin.call('exit_0')).text(), 'before leaving');
    const exit = await failsWith(plugin.call('exit_3'), 'guest-exit');
    equal(exit.details['exitCode'], 3);
    for (const name of ['error_then_exit_0', 'error_then_exit_3']) {
      equal((await failsWith(plugin.call(name), 'guest-error')).message, 'before leaving');
    }
    equal((await plugin.call('_start')).text(), 'before leaving');
    equal((await plugin.call('_start')).text(), 'before leaving');
    await plugin.call('ok');
  },
);

spec('a program can be run again and again, each time as if for the first time', async (context) => {
  const { plugin, lines } = await openProgram(context, 'conformance_c', {
    files: { '/work': { memory: {} } },
    wasi: { args: ['conformance', 'system', 'two words', ''], env: { NAME: 'value', EMPTY: '' } },
  });
  for (let run = 0; run < 3; run += 1) await plugin.call('_start');
  equal(lines.filter(({ message }) => message.endsWith(' 0 failed')).length, 3);
});

spec('a plug-in sleeps as long as it asks for', async (context) => {
  const { plugin } = await openProgram(context, 'tools');
  const start = performance.now();
  equal((await plugin.call('sleep_for', '100')).text(), 'awake');
  const took = performance.now() - start;
  check(took >= 95, `it slept for ${took} ms`);
});

spec('a deadline ends a plug-in that sleeps', async (context) => {
  const { plugin } = await openProgram(context, 'tools', { timeoutMs: 200 });
  const start = performance.now();
  await failsWith(plugin.call('sleep_for', '600000'), 'timeout');
  const took = performance.now() - start;
  check(took < 5_000, `it took ${took} ms`);
  equal((await plugin.call('sleep_for', '1')).text(), 'awake');
});

spec('clocks are as fine as they are asked to be, and no finer', async (context) => {
  const { plugin } = await openProgram(context, 'conformance_c', {
    files: { '/work': { memory: {} } },
    wasi: { args: ['conformance', 'system', 'two words', ''], env: { NAME: 'value', EMPTY: '' }, clockResolutionMs: 5 },
  });
  // The program expects steps of 1 ms.
  await failsWith(plugin.call('_start'), 'guest-exit');
});

spec('an option of WASI that is none is refused with its place', async (context) => {
  const open = (options: object): Promise<PluginError> =>
    failsWith(openProgram(context, 'tools', options), 'invalid-argument');
  equal((await open({ wasi: { arguments: [] } })).where, 'wasi.arguments');
  equal((await open({ wasi: { args: ['a\0b'] } })).where, 'wasi.args[0]');
  equal((await open({ wasi: { env: { 'A=B': 'c' } } })).where, 'wasi.env["A=B"]');
  equal((await open({ wasi: { clockResolutionMs: 0 } })).where, 'wasi.clockResolutionMs');
  equal((await open({ files: { '/a': {} } })).where, 'files["/a"]');
  equal((await open({ files: { '/a': { memory: { b: 1 } } } })).where, 'files["/a"].memory.b');
  equal((await open({ files: { '/a': { opfs: '' } } })).where, 'files["/a"].opfs');
});

spec('where wasi.js cannot be loaded, a plug-in that imports WASI is refused with the reason', async (context) => {
  if (!context.secure) context.skip('under that policy an insecure page cannot hash, and no plug-in loads');
  const host = openHost(context, { workerUrl: context.url('/sealed/dist/worker.js') });
  const error = await failsWith(host.createPlugin(context.url('/wasi/tools.wasm'), { cache: 'off' }), 'asset-failed');
  contains(error.message, 'wasi');
  contains(error.fix ?? '', 'script-src');
  const plain = await host.createPlugin(context.url('/plugins/echo.wasm'), { cache: 'off' });
  equal((await plain.call('echo', 'works without')).text(), 'works without');
});
