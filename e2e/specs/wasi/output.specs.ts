/** What programs print, byte for byte: as lines of the log, and as the output of a call. */
import type { PluginError } from 'tenon';
import { equal, failsWith } from '../assert.js';
import { spec } from '../harness.js';
import { openProgram, printedText } from './wasi-kit.js';

spec('printed: every one of 5,000 lines is logged, and one on stderr after them', async (context) => {
  // With the log's rate limit, 1,150 to 2,669 of the 5,000 arrived.
  const { plugin, lines } = await openProgram(context, 'streams', { wasi: { args: ['streams', 'complain', '5000'] } });
  await plugin.call('_start');
  equal(lines.filter(({ stream }) => stream === 'stdout').length, 5_000, 'lines on stdout');
  equal(lines.at(-2)?.message, 'line 4999 of a program that prints a lot of them');
  equal(
    [lines.at(-1)?.message, lines.at(-1)?.stream, lines.at(-1)?.level],
    ['and then it went wrong', 'stderr', 'warn'],
  );
});

spec('printed: a long line is cut between two characters, and its pieces say that it goes on', async (context) => {
  // 3 bytes each: a piece of 16,384 bytes would end within one of them.
  const args = ['streams', 'each', ...Array.from({ length: 12 }, () => '€'.repeat(1_000)), '\\n'];
  const { plugin, lines } = await openProgram(context, 'streams', { wasi: { args } });
  await plugin.call('_start');
  equal(printedText(lines), `${'€'.repeat(12_000)}\n`);
  equal(
    lines.map(({ message, continues = false }) => [message.length, continues]),
    [
      [5_461, true],
      [5_461, true],
      [1_078, false],
    ],
  );
});

spec(
  'printed: characters split between two writes, byte order mark, \\r and a last line without \\n',
  async (context) => {
    const args = ['streams', 'each', '\\xef\\xbb\\xbfA\\xf0\\x9f', '\\x98\\x80\\r\\n', '\\r', 'no end \\xe2\\x82'];
    const { plugin, lines } = await openProgram(context, 'streams', { wasi: { args } });
    await plugin.call('_start');
    equal(printedText(lines), '\ufeffA😀\r\n\rno end \ufffd');
  },
);

spec('printed: bytes are the output of a call, also of one that exits with a code or traps', async (context) => {
  const run = async (...args: string[]): Promise<Uint8Array | PluginError> => {
    const wasi = { args: ['streams', ...args], stdout: 'output', stderr: 'output' } as const;
    const { plugin } = await openProgram(context, 'streams', { wasi });
    return plugin.call('_start').then(
      (output) => output.bytes(),
      (error: PluginError) => error,
    );
  };
  equal(await run('each', '\\xef\\xbb\\xbfa\\r\\n', '\\xff'), Uint8Array.of(0xef, 0xbb, 0xbf, 97, 13, 10, 0xff));
  const expected = 'line 0 of a program that prints a lot of them\n';
  for (const [how, code] of [
    ['exit', 'guest-exit'],
    ['trap', 'guest-trap'],
  ] as const) {
    const error = (await run(how, '1')) as PluginError;
    equal([error.code, new TextDecoder().decode(error.details['output'] as Uint8Array)], [code, expected]);
  }
});

spec('printed: what a plug-in sets as its output goes before what it prints', async (context) => {
  const { plugin } = await openProgram(context, 'tools', { wasi: { stdout: 'output' } });
  equal((await plugin.call('print', 'on paper')).text(), 'on paper');
  equal((await plugin.call('sleep_for', '0')).text(), 'awake');
});

spec('printed: output counts against maxOutputBytes, and a byte more fails the call', async (context) => {
  const run = async (count: number): Promise<number> => {
    const { plugin } = await openProgram(context, 'streams', {
      maxOutputBytes: 100_000,
      wasi: { args: ['streams', 'bytes', String(count), '999'], stdout: 'output' },
    });
    return (await plugin.call('_start')).byteLength;
  };
  equal(await run(100_000), 100_000);
  const error = await failsWith(run(100_001), 'output-too-large');
  equal(error.expected, 'at most 100000 bytes');
});
