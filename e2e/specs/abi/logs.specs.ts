/** Logging, the HTTP functions before any request, and what a plug-in may not import. */
import type { LogLevel, LogRecord } from 'tenon';
import { contains, equal, failsWith } from '../assert.js';
import { numberOf, openFixture } from '../fixtures.js';
import { spec } from '../harness.js';
import { badHandles, ProbeScript } from './probe-script.js';

const levels = ['trace', 'debug', 'info', 'warn', 'error'] as const;

function levelsAtLeast(level: LogLevel): readonly string[] {
  return level === 'off' ? [] : levels.slice(levels.indexOf(level));
}

for (const level of [...levels, 'off'] as const) {
  spec(`at log level ${level} a plug-in's lines below it are dropped, and it knows the level`, async (context) => {
    const records: LogRecord[] = [];
    const onLog = (record: LogRecord): number => records.push(record);
    const plugin = await openFixture(context, 'logs', { onLog, logLevel: level });
    const number = level === 'off' ? 2_147_483_647 : levels.indexOf(level);
    equal(numberOf(await plugin.call('level')), BigInt(number), 'get_log_level');
    await plugin.call('all', 'grüße 🦴');
    equal(
      records.map((record) => record.level),
      levelsAtLeast(level),
      'levels logged',
    );
    for (const { plugin: name, message, at } of records) {
      equal([name, message], ['logs.wasm', 'grüße 🦴'], 'line');
      equal(Math.abs(Date.now() - at) < 60_000, true, 'a time of today');
    }
    equal(numberOf(await plugin.call('frees_handles', 'freed')), 0n, 'handles once logged or dropped');
  });
}

spec('a bad handle traps a log at a level that is enabled, and is dropped with one that is not', async (context) => {
  const records: LogRecord[] = [];
  const onLog = (record: LogRecord): number => records.push(record);
  const plugin = await openFixture(context, 'logs', { onLog, logLevel: 'info' });
  for (const level of levels) {
    const call = plugin.call(`bad_handle_${level}`);
    if (levelsAtLeast('info').includes(level)) {
      contains((await failsWith(call, 'guest-trap')).message, 'invalid handle offset for log message: 12345', level);
    } else {
      await call;
    }
    await plugin.call('info', `after ${level}`);
  }
  equal(
    records.map(({ message }) => message),
    levels.map((level) => `after ${level}`),
    'lines',
  );
});

spec('a log of any address that is no handle traps', async (context) => {
  const plugin = await openFixture(context, 'probe', { logLevel: 'trace' });
  const names = badHandles(new ProbeScript().put('sixteen bytes ok')).map(([name]) => name);
  for (const [index, name] of names.entries()) {
    const level = levels[index % levels.length] ?? 'info';
    const script = new ProbeScript();
    const [, bad = 0n] = badHandles(script.put('sixteen bytes ok'))[index] ?? [];
    script.do(`log_${level}`, bad);
    const error = await failsWith(plugin.call('probe', script.encode()), 'guest-trap');
    contains(error.message, 'invalid handle offset for log message', `log_${level}: ${name}`);
  }
  await new ProbeScript().returns(0n, 'the next call', 'get_log_level').run(plugin);
});

spec('a line that is not UTF-8 becomes an error line of the host, and the call goes on', async (context) => {
  const records: LogRecord[] = [];
  const plugin = await openFixture(context, 'logs', { onLog: (record) => records.push(record) });
  await plugin.call('invalid_utf8');
  equal(records.length, 1, 'lines');
  equal(records[0]?.level, 'error', 'level');
  contains(records[0]?.message ?? '', '2 bytes at info that are not UTF-8', 'message');
});

spec('before any request the status is 0 and there are no headers', async (context) => {
  const plugin = await openFixture(context, 'http_request');
  equal(numberOf(await plugin.call('status')), 0n, 'http_status_code');
  equal((await plugin.call('headers')).byteLength, 0, 'http_headers');
});

for (const [fixture, names] of [
  [
    'hidden_kernel_functions',
    ['reset', 'input_set', 'output_offset', 'output_length', 'memory_bytes', 'host_reset', 'host_secret'],
  ],
  ['hidden_kernel_memory', ['memory']],
] as const) {
  spec(`no plug-in gets what only the host may use: ${names.join(', ')}`, async (context) => {
    const error = await failsWith(openFixture(context, fixture), 'missing-import');
    for (const name of names) contains(error.message, `"extism:host/env" "${name}"`, 'message');
    equal(
      error.issues.map((issue) => issue.import?.name),
      names,
      'issues',
    );
  });
}

for (const [fixture, parts] of [
  ['wrong_signature_kernel', ['"alloc"', '(i64) -> i64', '(i32) -> i32']],
  ['wrong_signature_host', ['"config_get"', '(i64) -> i64', '(i32) -> i32']],
  ['wrong_kind', ['"alloc"', '(i64) -> i64', 'global']],
] as const) {
  spec(`an import of the runtime with another type is refused with both types (${fixture})`, async (context) => {
    const error = await failsWith(openFixture(context, fixture), 'import-type');
    for (const part of parts) contains(error.message, part, 'message');
    equal(error.issues.length, 2, 'issues');
  });
}
