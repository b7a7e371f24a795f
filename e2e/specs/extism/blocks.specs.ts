/** Blocks in the drop-in: handle 0, and blocks that the runtime has taken. */
import type { CallContext } from 'tenon/extism';
import { ProbeScript } from '../abi/probe-script.js';
import { equal } from '../assert.js';
import { openDropIn } from '../fixtures.js';
import { spec } from '../harness.js';
import { withBody } from '../http/request-input.js';
import { skipWithoutWaiting } from '../waiting.js';

spec('drop-in: a log of handle 0 is an empty line, with a logger and without', async (context) => {
  const lines: string[] = [];
  const logger = { ...console, info: (line: string) => lines.push(line) };
  await (await openDropIn(context, 'logs', { logger, logLevel: 'trace' })).call('null_handle');
  equal(lines, [''], 'lines');
  await (await openDropIn(context, 'logs')).call('null_handle');
});

spec('drop-in: handle 0 is the empty key of config and vars, and deletes as a value', async (context) => {
  const plugin = await openDropIn(context, 'probe', { config: { '': 'five!' } });
  const script = new ProbeScript().do('config_get', 0n);
  script.returns(5n, 'of the value', 'length', script.last).returns(0n, 'no var', 'var_get', 0n);
  script.do('var_set', 0n, script.put('seven..').handle).do('var_get', 0n);
  script.returns(7n, 'of the var', 'length', script.last);
  script.do('var_set', 0n, 0n).returns(0n, 'deleted', 'var_get', 0n);
  await script.run(plugin);
});

spec('drop-in: handle 0 is the empty body of an HTTP request', async (context) => {
  await skipWithoutWaiting(context);
  const plugin = await openDropIn(context, 'field_older_pdks', { allowedHosts: [location.hostname] });
  const input = withBody(JSON.stringify({ url: context.url('/echo'), method: 'POST' }), 'not sent');
  const echoed = JSON.parse((await plugin.call('null_body', input))?.text() ?? '') as { body: string };
  equal(echoed.body, '', 'what the server received');
});

spec('drop-in: handle 0 reaches a host function as 0', async (context) => {
  await skipWithoutWaiting(context);
  const seen: unknown[] = [];
  const raw = (call: CallContext, handle: bigint): bigint => {
    seen.push(handle, call.length(handle));
    return call.store('raw');
  };
  const functions = { 'extism:host/user': { raw, text: () => 0n, json: () => 0n, bytes: () => 0n } };
  equal((await (await openDropIn(context, 'host_values', { functions })).call('call_raw'))?.text(), 'raw', 'output');
  equal(seen, [0n, 0n], 'the handle and its length');
});

spec('drop-in: blocks that the runtime has taken live on until the call ends', async (context) => {
  const plugin = await openDropIn(context, 'probe', { config: { key: 'value' }, logLevel: 'trace', logger: console });
  const script = new ProbeScript();
  const [key, both, line] = [script.put('key'), script.put('both'), script.put('a line')];
  script.do('config_get', key.handle).returns(3n, 'of the key', 'length', key.handle);
  script.do('var_set', both.handle, both.handle).returns(4n, 'of key and value', 'length', both.handle);
  script.do('var_get', both.handle).returns(4n, 'of the var', 'length', script.last);
  script.do('log_trace', line.handle).returns(6n, 'of the line', 'length', line.handle);
  script.do('free', key.handle).returns(0n, 'of the key, freed by the plug-in', 'length', key.handle);
  await script.run(plugin);
  const after = new ProbeScript();
  for (const text of ['key', 'both', 'a line']) after.put(text);
  await after.returns(0n, 'no error', 'error_get').run(plugin);
});
