/** Handle 0 is the empty string in every import that reads a block. */
import type { LogRecord } from 'tenon';
import { equal } from '../assert.js';
import { openFixture } from '../fixtures.js';
import { spec } from '../harness.js';
import { fileOf, openLibrary } from '../library/library-kit.js';
import { bytesOf } from '../loading/load-kit.js';
import { ProbeScript } from './probe-script.js';

spec('a log of handle 0 is an empty line, with a logger', async (context) => {
  const records: LogRecord[] = [];
  const plugin = await openFixture(context, 'logs', { onLog: (record) => records.push(record), logLevel: 'trace' });
  await plugin.call('null_handle');
  equal(
    records.map(({ level, message }) => [level, message]),
    [['info', '']],
    'lines',
  );
});

spec('library: a log of handle 0 is an empty line', async (context) => {
  const { library } = openLibrary(context);
  const lines: string[] = [];
  library.addEventListener('log', (event) => lines.push(event.detail.line.message));
  const { id } = await library.install(fileOf(await bytesOf(context, '/fixtures/logs.wasm'), 'logs.wasm'));
  await (await library.open(id)).call('null_handle');
  equal(lines, [''], 'lines');
});

for (const logLevel of ['trace', 'off'] as const) {
  spec(`a log of handle 0 does nothing without a logger, at log level ${logLevel}`, async (context) => {
    const plugin = await openFixture(context, 'probe', { logLevel });
    const script = new ProbeScript();
    for (const operation of ['log_trace', 'log_debug', 'log_info', 'log_warn', 'log_error'] as const)
      script.do(operation, 0n);
    await script.returns(1n, 'the next step', 'const', 1n).run(plugin);
  });
}

spec('config_get of handle 0 returns the value of the empty key', async (context) => {
  const plugin = await openFixture(context, 'probe', { config: { '': 'five!' } });
  const script = new ProbeScript().do('config_get', 0n);
  await script.returns(5n, 'of the value', 'length', script.last).run(plugin);
  const without = await openFixture(context, 'probe');
  await new ProbeScript().returns(0n, 'no value', 'config_get', 0n).run(without);
});

spec('var_set and var_get of handle 0 use the empty key, and a value of 0 deletes it', async (context) => {
  const plugin = await openFixture(context, 'probe');
  const script = new ProbeScript().returns(0n, 'no value', 'var_get', 0n);
  script.do('var_set', 0n, script.put('seven..').handle).do('var_get', 0n);
  script.returns(7n, 'of the value', 'length', script.last);
  script.do('var_set', 0n, 0n).returns(0n, 'deleted', 'var_get', 0n);
  await script.run(plugin);
});

spec('var_set takes the same block as key and value', async (context) => {
  const plugin = await openFixture(context, 'probe');
  const script = new ProbeScript();
  const both = script.put('same');
  script.do('var_set', both.handle, both.handle).returns(0n, 'it is freed', 'length', both.handle);
  script.do('var_get', script.put('same').handle);
  script.returns(4n, 'of the value', 'length', script.last);
  await script.run(plugin);
});

spec('error_set of 0 clears the error', async (context) => {
  const plugin = await openFixture(context, 'probe');
  const script = new ProbeScript();
  script.do('error_set', script.put('an error').handle).do('error_set', 0n).returns(0n, 'no error', 'error_get');
  await script.run(plugin);
});
