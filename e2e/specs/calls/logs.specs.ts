/** What a plug-in logs, as the app sees it. */
import type { Logger, LogRecord } from 'tenon';
import { check, contains, equal } from '../assert.js';
import { openFixture } from '../fixtures.js';
import { spec } from '../harness.js';

const levels = ['trace', 'debug', 'info', 'warn', 'error'] as const;

/** A logger that keeps each line with its level. */
function keep(lines: string[]): Logger {
  const at =
    (level: string) =>
    (message: string): unknown =>
      lines.push(`${level} ${message}`);
  return { trace: at('trace'), debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

spec('a logger gets each line at its level, with the name of the plug-in in brackets', async (context) => {
  const lines: string[] = [];
  const plugin = await openFixture(context, 'logs', { logger: keep(lines), logLevel: 'trace', name: 'my plug-in' });
  await plugin.call('all', 'a line');
  equal(
    lines,
    levels.map((level) => `${level} [my plug-in] a line`),
    'lines',
  );
});

spec('with a logger the level is info, and without one nothing is logged', async (context) => {
  const lines: string[] = [];
  const plugin = await openFixture(context, 'logs', { logger: keep(lines) });
  await plugin.call('all', 'a line');
  equal(
    lines.map((line) => line.split(' ')[0]),
    ['info', 'warn', 'error'],
    'levels',
  );
});

spec('every line of a call arrives before the call settles, in order', async (context) => {
  const records: LogRecord[] = [];
  const plugin = await openFixture(context, 'logs', { onLog: (record) => records.push(record), logLevel: 'trace' });
  for (let round = 1; round <= 30; round += 1) {
    await plugin.call('all', `round ${round}`);
    equal(records.length, round * 5, 'lines so far');
  }
  equal(
    records.map(({ level, message }) => `${level} ${message}`),
    Array.from({ length: 30 }, (_, index) => levels.map((level) => `${level} round ${index + 1}`)).flat(),
    'lines',
  );
});

spec('the lines of a call that fails arrive before it fails', async (context) => {
  const records: LogRecord[] = [];
  const plugin = await openFixture(context, 'logs', { onLog: (record) => records.push(record) });
  const outcome = await plugin.call('interior_handle', 'x').catch(() => 'failed');
  equal(outcome, 'failed', 'the call');
  await plugin.call('warn', 'a line');
  equal(records.length, 1, 'lines');
});

spec('a logger that throws costs neither the call nor the other sink its line', async (context) => {
  const lines: string[] = [];
  let reported = 0;
  const onError = (event: ErrorEvent): void => {
    event.preventDefault();
    reported += 1;
  };
  addEventListener('error', onError);
  context.defer(() => removeEventListener('error', onError));
  const throwing = (): never => {
    throw new Error('thrown by a sink');
  };
  const first = await openFixture(context, 'logs', { onLog: throwing, logger: keep(lines) });
  await first.call('info', 'a line');
  await first.call('info', 'another');
  equal(lines, ['info [logs.wasm] a line', 'info [logs.wasm] another'], 'lines');
  const logger = { ...keep([]), warn: throwing };
  const second = await openFixture(context, 'logs', { onLog: ({ message }) => lines.push(message), logger });
  await second.call('warn', 'a third');
  equal(lines.at(-1), 'a third', 'the last line');
  equal(reported, 3, 'errors reported to the page');
});

spec('too many log lines are dropped, and the dropped lines are counted', async (context) => {
  const records: LogRecord[] = [];
  const plugin = await openFixture(context, 'logs', { onLog: (record) => records.push(record) });
  await plugin.call('flood', 'x');
  const dropped = records.flatMap(({ message }) => {
    const count = /^(\d+) log lines were dropped/u.exec(message)?.[1];
    return count === undefined ? [] : Number(count);
  });
  const lines = records.length - dropped.length;
  equal(lines + dropped.reduce((sum, count) => sum + count, 0), 100_000, 'lines and those dropped');
  check(lines >= 1_000 && lines < 20_000, `${lines} lines`);
});

spec('a very long log line is cut, and its end says how much is missing', async (context) => {
  const records: LogRecord[] = [];
  const plugin = await openFixture(context, 'logs', { onLog: (record) => records.push(record) });
  await plugin.call('info', 'x'.repeat(100_000));
  const [record] = records;
  check(record !== undefined && record.message.length < 20_000, 'the line is not cut');
  contains(record.message, `(${100_000 - 16_384} more characters)`, 'message');
});
