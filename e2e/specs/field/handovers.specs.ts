/** Handles that go from one import straight to another, without a copy in the plug-in. */
import type { LogRecord } from 'tenon';
import { equal, failsWith } from '../assert.js';
import { openDropIn, openFixture } from '../fixtures.js';
import { spec } from '../harness.js';

const config = { key: 'next', next: 'a value of thirty bytes, at last' };

const outputs: readonly (readonly [name: string, input: string, expected: string, title: string])[] = [
  ['config_to_output', '', 'next', 'a value of the configuration is the output, and is freed'],
  ['config_to_var', '', 'next', 'a value of the configuration becomes a var'],
  ['config_to_key', '', config.next, 'a value of the configuration is the key of another'],
  ['input_to_key', 'next', config.next, 'the input is a key of the configuration'],
  ['input_to_var', 'both', 'both', 'the input is the name and the value of a var'],
  ['output_to_var', '', 'next', 'the output becomes a var, which frees it'],
  ['error_to_output', '', 'next', 'an error is read back, logged, cleared, and is the output'],
];

for (const [name, input, expected, title] of outputs) {
  spec(`handovers, library: ${title}`, async (context) => {
    const plugin = await openFixture(context, 'field_handovers', { config, logLevel: 'info', onLog: () => {} });
    for (const turn of ['first', 'second']) equal((await plugin.call(name, input)).text(), expected, `${turn} call`);
  });

  spec(`handovers, drop-in: ${title}`, async (context) => {
    const plugin = await openDropIn(context, 'field_handovers', { config });
    for (const turn of ['first', 'second']) equal((await plugin.call(name, input))?.text(), expected, `${turn} call`);
  });
}

spec('handovers: a value of the configuration is the error', async (context) => {
  const plugin = await openFixture(context, 'field_handovers', { config });
  equal((await failsWith(plugin.call('config_to_error'), 'guest-error')).message, 'next', 'message');
});

spec('handovers: a value of the configuration is logged, which frees it', async (context) => {
  const records: LogRecord[] = [];
  const onLog = (record: LogRecord): number => records.push(record);
  const plugin = await openFixture(context, 'field_handovers', { config, onLog, logLevel: 'info' });
  await plugin.call('config_to_log');
  equal(
    records.map(({ message }) => message),
    ['next'],
    'lines',
  );
});
