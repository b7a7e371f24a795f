/** What programs read: text, files, streams and prompts, and what one call changes of a program's set-up. */
import type { Plugin, PluginOptions } from 'tenon';
import { equal, failsWith } from '../assert.js';
import { spec } from '../harness.js';
import { eachWay, type WaitingContext } from '../waiting.js';
import { openProgram } from './wasi-kit.js';

const encoder = new TextEncoder();
const echo = ['streams', 'echo'];

async function openEcho(context: WaitingContext, wasi: PluginOptions['wasi'] = {}): Promise<Plugin> {
  const options = { wasi: { args: echo, stdout: 'output', ...wasi } } as const;
  return (await openProgram(context, 'streams', options, context.openWaitingHost())).plugin;
}

function streamOf<Chunk>(...chunks: Chunk[]): ReadableStream<Chunk> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

spec('stdin: a program reads the input of its call, or what the call names', async (context) => {
  const wasi = { args: echo, stdin: 'as set up', stdout: 'output' } as const;
  const { plugin } = await openProgram(context, 'streams', { wasi });
  equal((await plugin.call('_start')).text(), 'as set up');
  equal((await plugin.call('_start')).text(), 'as set up');
  equal((await plugin.call('_start', 'grüße\0\r\n')).text(), 'grüße\0\r\n');
  equal((await plugin.call('_start', '')).text(), '', 'the empty input');
  equal((await plugin.call('_start', Uint8Array.of(0, 255, 10))).bytes(), Uint8Array.of(0, 255, 10));
  equal((await plugin.call('_start', 'input', { stdin: encoder.encode('named') })).text(), 'named');
  equal((await plugin.call('_start')).text(), 'as set up');
});

spec('stdin: arguments and environment of one call are those of no other', async (context) => {
  const wasi = { args: ['program', 'list'], env: { A: '1', B: '2' }, stdout: 'output' } as const;
  const { plugin } = await openProgram(context, 'streams', { wasi });
  const usual = 'program\nlist\nA=1\nB=2\n';
  equal((await plugin.call('_start')).text(), usual);
  const changed = await plugin.call('_start', null, { args: ['other', 'list', 'two words', ''], env: { C: 'ü=' } });
  equal(changed.text(), 'other\nlist\ntwo words\n\nC=ü=\n');
  const both = [plugin.call('_start', null, { env: {} }), plugin.call('_start')] as const;
  equal(await Promise.all(both.map(async (call) => (await call).text())), ['program\nlist\n', usual]);
  const error = await failsWith(plugin.call('_start', null, { args: ['a\0b'] }), 'invalid-argument');
  equal(error.where, 'args[0]');
  equal((await failsWith(plugin.call('_start', null, { stdin: 1 as never }), 'invalid-argument')).where, 'stdin');
});

eachWay('stdin: files and streams are read to their end', async (context) => {
  const plugin = await openEcho(context, { stdin: new Blob(['a file']) });
  equal((await plugin.call('_start')).text(), 'a file');
  equal((await plugin.call('_start')).text(), 'a file', 'from its start');
  const large = new Uint8Array(3_000_001).map((_, at) => at * 7);
  equal((await plugin.call('_start', null, { stdin: new Blob([large]) })).bytes(), large);
  const stream = streamOf<string | BufferSource>(
    'one ',
    encoder.encode('two '),
    '',
    new Uint8Array(0),
    encoder.encode('three').buffer,
  );
  equal((await plugin.call('_start', null, { stdin: stream })).text(), 'one two three');
  const wrong = streamOf<unknown>(1) as ReadableStream<string>;
  const error = await failsWith(plugin.call('_start', null, { stdin: wrong }), 'host-function');
  equal([error.where, wrong.locked], ['wasi.stdin', false]);
  equal((await plugin.call('_start')).text(), 'a file');
});

eachWay('stdin: a prompt is shown before its answer is read, and null ends the input', async (context) => {
  const transcript: string[] = [];
  const answers = ['Ada\n', 'Gr', 'ace\n', null];
  const options: PluginOptions = {
    wasi: {
      args: ['streams', 'prompt'],
      stdout: (bytes) => void transcript.push(new TextDecoder().decode(bytes)),
      stdin: async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        const answer = answers.shift() ?? null;
        transcript.push(`<${answer}>`);
        return answer;
      },
    },
  };
  const { plugin } = await openProgram(context, 'streams', options, context.openWaitingHost());
  await plugin.call('_start');
  equal(transcript.join('').replaceAll('\n', '|'), 'Name? <Ada|>Hello, Ada|Name? <Gr><ace|>Hello, Grace|Name? <null>');
});

eachWay(
  'stdin: a prompt that is never answered ends with the call, and its late answer is dropped',
  async (context) => {
    let answer: (text: string) => void = () => {};
    const signals: AbortSignal[] = [];
    const plugin = await openEcho(context, {
      stdin: (signal) => {
        signals.push(signal);
        return new Promise((resolve) => (answer = resolve));
      },
    });
    // On a busy machine the limit may pass before the program reads.
    for (let timeoutMs = 60; signals.length === 0; timeoutMs *= 3) {
      await failsWith(plugin.call('_start', null, { timeoutMs }), 'timeout');
    }
    answer('too late');
    equal(signals[0]?.aborted, true);
    const abort = new AbortController();
    const call = plugin.call('_start', null, { signal: abort.signal });
    setTimeout(() => abort.abort(), 30);
    await failsWith(call, 'aborted');
    equal((await plugin.call('_start', 'in time')).text(), 'in time');
    const thrown = new Error('no keyboard');
    const failing = plugin.call('_start', null, {
      stdin: () => {
        throw thrown;
      },
    });
    equal((await failsWith(failing, 'host-function')).cause, thrown);
  },
);
