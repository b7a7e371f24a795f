/** What programs print, as bytes that the app receives: functions and streams, with every way of waiting and with none. */
import { features, type PluginOptions } from 'tenon';
import { check, contains, equal, failsWith } from '../assert.js';
import { spec } from '../harness.js';
import { eachWay, type WaitingContext } from '../waiting.js';
import { openProgram } from './wasi-kit.js';

const mebibyte = 1_048_576;

/** The bytes that the program prints when it is asked for `bytes`, repeated every mebibyte. */
function pattern(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: mebibyte }, (_, at) => at * 31 + (at >> 8));
}

/** Receives bytes, counts them, and compares them with the pattern. */
class Received {
  bytes = 0;
  pieces = 0;
  /** Where the first piece starts that differs. */
  wrongAt = -1;
  readonly #expected = pattern();

  readonly add = (piece: Uint8Array<ArrayBuffer>): void => {
    this.pieces += 1;
    for (let done = 0; done < piece.length;) {
      const start = (this.bytes + done) % mebibyte;
      const part = piece.subarray(done, done + mebibyte - start);
      if (!isEqual(part, this.#expected.subarray(start, start + part.length)) && this.wrongAt < 0) {
        this.wrongAt = this.bytes + done;
      }
      done += part.length;
    }
    this.bytes += piece.length;
  };
}

/** Compares four bytes at once, where both start at such an address. */
function isEqual(a: Uint8Array<ArrayBuffer>, b: Uint8Array<ArrayBuffer>): boolean {
  if ((a.byteOffset | b.byteOffset | a.length) % 4 !== 0) return a.every((byte, at) => byte === b[at]);
  const [left, right] = [a, b].map(({ buffer, byteOffset, length }) => new Uint32Array(buffer, byteOffset, length / 4));
  return left?.every((value, at) => value === right?.[at]) === true;
}

function openWith(context: WaitingContext, options: PluginOptions): ReturnType<typeof openProgram> {
  return openProgram(context, 'streams', options, context.openWaitingHost());
}

const printBytes = (count: number, piece: number): string[] => ['streams', 'bytes', String(count), String(piece)];

eachWay('sinks: a function receives 40 MB as they were printed, before the call ends', async (context) => {
  const received = new Received();
  const { plugin } = await openWith(context, { wasi: { stdout: received.add } });
  for (const [count, piece] of [
    [context.way === 'jspi' || context.inFull ? 40_000_000 : 9 * mebibyte, mebibyte],
    [300_007, 999],
    [0, 1],
  ] as const) {
    received.bytes = received.pieces = 0;
    const start = performance.now();
    await plugin.call('_start', '', { args: printBytes(count, piece) });
    equal([received.bytes, received.wrongAt], [count, -1]);
    // Small writes are collected: 64 pieces at once, and one each millisecond.
    const most = 66 + (performance.now() - start) + count / 32_768;
    check(received.pieces <= most, `${received.pieces} pieces of ${count} bytes`);
  }
});

eachWay('sinks: a slow WritableStream holds the program back, and receives everything', async (context) => {
  const received = new Received();
  let writing = 0;
  const stream = new WritableStream<Uint8Array<ArrayBuffer>>({
    async write(piece) {
      writing += 1;
      equal(writing, 1, 'writes at once');
      await new Promise((resolve) => setTimeout(resolve, 1));
      received.add(piece);
      writing -= 1;
    },
  });
  const { plugin } = await openWith(context, { wasi: { stdout: stream } });
  await plugin.call('_start', '', { args: printBytes(6 * mebibyte, 300_000) });
  equal([received.bytes, received.wrongAt], [6 * mebibyte, -1]);
  await stream.close(); // It is neither closed nor locked.
});

eachWay(
  'sinks: a function that throws fails the call with its error, and the next call works',
  async (context) => {
    let thrown: Error | null = new TypeError('no paper');
    const { plugin } = await openWith(context, {
      wasi: {
        stdout: () => {
          if (thrown !== null) throw thrown;
        },
      },
    });
    for (const count of [1, 5 * mebibyte]) {
      const call = plugin.call('_start', '', { args: printBytes(count, 65_536) });
      const error = await failsWith(call, 'host-function');
      equal([error.where, error.cause], ['wasi.stdout', thrown]);
      contains(error.message, 'no paper');
    }
    thrown = null;
    await plugin.call('_start', '', { args: printBytes(100, 1) });
  },
  { onEveryPage: false },
);

eachWay(
  'sinks: a WritableStream that errors in the middle fails the call',
  async (context) => {
    let left = 3;
    const stream = new WritableStream<Uint8Array<ArrayBuffer>>({
      write() {
        left -= 1;
        if (left === 0) throw new RangeError('disk full');
      },
    });
    const { plugin } = await openWith(context, { wasi: { stdout: stream } });
    const error = await failsWith(
      plugin.call('_start', '', { args: printBytes(9 * mebibyte, mebibyte) }),
      'host-function',
    );
    contains(error.message, 'disk full');
  },
  { onEveryPage: false },
);

eachWay(
  'sinks: an abort, a timeout and a close end a program that waits for a sink that never answers',
  async (context) => {
    let started: () => void = () => {};
    const printing = new Promise<void>((resolve) => (started = resolve));
    const stuck = new WritableStream<Uint8Array<ArrayBuffer>>({
      write: () => {
        started();
        return new Promise(() => {});
      },
    });
    const { plugin } = await openWith(context, { wasi: { stdout: stuck } });
    const abort = new AbortController();
    const flood = { args: printBytes(100 * mebibyte, mebibyte) };
    const aborted = failsWith(plugin.call('_start', '', { ...flood, signal: abort.signal }), 'aborted');
    await printing;
    // Until then it prints what the page takes before it has to wait, also on a busy machine.
    setTimeout(() => abort.abort(), 1_500);
    await aborted;
    await plugin.call('_start', '', { args: ['streams', 'lines', '0'] });
    equal(plugin.generation, 1, 'the instance is kept');
    await failsWith(plugin.call('_start', '', { ...flood, timeoutMs: 100 }), 'timeout');
    // All is printed, and the program has ended: only the sink does not answer.
    await failsWith(plugin.call('_start', '', { args: printBytes(10, 10), timeoutMs: 100 }), 'timeout');
    const closed = failsWith(plugin.call('_start', '', flood), 'closed');
    setTimeout(() => void plugin.close(), 100);
    await closed;
  },
);

spec(
  'sinks: what a program printed before it traps, exits or hangs has arrived when its call fails',
  async (context) => {
    let text = '';
    const decoder = new TextDecoder();
    const { plugin, lines } = await openProgram(context, 'streams', {
      wasi: { stdout: (bytes) => (text += decoder.decode(bytes)), stderr: 'log' },
    });
    for (const [how, code] of [
      ['trap', 'guest-trap'],
      ['exit', 'guest-exit'],
      ['hang', 'timeout'],
    ] as const) {
      text = '';
      await failsWith(plugin.call('_start', '', { args: ['streams', how, '5'], timeoutMs: 400 }), code);
      equal(text.split('\n').length, 6, `lines before ${how}`);
    }
    equal(lines.length, 0, 'lines in the log');
  },
);

spec('sinks: without a way of waiting 64 MiB arrive, then the stream is full', async (context) => {
  if (features().waiting.length > 0 && context.engine !== 'webkit') context.skip('here the plug-in can wait');
  const received = new Received();
  const { plugin, lines } = await openProgram(context, 'streams', { wasi: { stdout: received.add } });
  if (features().waiting.length > 0) context.skip('a service worker lets the plug-in wait');
  const full: unknown[] = [];
  plugin.addEventListener('quota', (event) => full.push(event.detail));
  await failsWith(plugin.call('_start', '', { args: printBytes(65 * mebibyte, mebibyte) }), 'guest-exit');
  equal([received.bytes, received.wrongAt], [64 * mebibyte, -1]);
  equal(full, [{ guestPath: '/dev/stdout', limit: 'bytes', max: 64 * mebibyte }]);
  equal(lines.at(-1)?.message, `errno 51 with ${mebibyte} left`);
});

spec('sinks: both streams are bytes, also of a plug-in that is no program', async (context) => {
  const printed = { stdout: '', stderr: '' };
  const add =
    (stream: 'stdout' | 'stderr') =>
    (bytes: Uint8Array): void =>
      void (printed[stream] += new TextDecoder().decode(bytes));
  const { plugin } = await openProgram(context, 'tools', { wasi: { stdout: add('stdout'), stderr: add('stderr') } });
  await plugin.call('print', 'one\n');
  await plugin.call('complain', 'two');
  equal(printed, { stdout: 'one\n', stderr: 'two' });
});
