import { createHost, hostFunction, isPluginError } from 'tenon';
import { check, equal } from '../assert.js';
import { numberInput } from '../fixtures.js';
import { spec } from '../harness.js';

/**
 * A worker that runs the real script, but spoils what it says: every answer may be mutated, and between answers it sends
 * forged messages, among them Comlink's own kinds and the path that once let a peer run code in the page.
 */
function forgingScript(script: string, seed: number, forgedPerAnswer: number): string {
  return `
    import ${JSON.stringify(script)};
    let state = ${seed};
    const random = (below) => { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; return (state >>> 10) % below; };
    const pick = (list) => list[random(list.length)];
    const values = () => pick([undefined, null, 0, -1, 1e308, NaN, '', 'x', true, [], {}, [[]], new Uint8Array(3), new ArrayBuffer(2),
      { length: 1e9 }, JSON.parse('{"__proto__":{"polluted":true}}'), ['constructor', 'constructor'], 'constructor', 2n, new Date(NaN),
      new Map([['a', 1]]), { ok: true }, { ok: false, error: null }, new Error('forged'), { then: 1 }, -0]);
    const ids = ['0-0-0-0', '', 'constructor', '__proto__', 7, null];
    const forged = () => pick([
      () => ({ id: pick(ids), type: 'APPLY', path: ['constructor', 'constructor'], argumentList: [{ type: 'RAW', value: 'window.polluted = 1' }] }),
      () => ({ id: pick(ids), type: 'SET', path: ['__proto__', 'polluted'], value: { type: 'RAW', value: 1 } }),
      () => ({ id: pick(ids), type: 'HANDLER', name: pick(['proxy', 'throw', 'x']), value: values() }),
      () => ({ tenon: pick(['log', 'progress', 'x', null]), lines: pick([values(), [values()], [{ level: pick(['info', 'constructor', 9]), message: values(), at: values() }]]), dropped: values() }),
      () => ({ tenon: 'progress', loadId: values(), phase: values(), bytes: values(), totalBytes: values() }),
      () => ({ id: pick(ids), type: 'RAW', value: values() }),
      () => [pick(ids), values()],
      values,
    ])();
    const mutate = (value, depth) => {
      if (random(4) === 0) return values();
      if (Array.isArray(value)) return value.map((item) => depth > 3 ? item : mutate(item, depth + 1));
      if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value;
      const copy = { ...value };
      for (const key of Object.keys(copy)) {
        if (random(6) === 0) delete copy[key];
        else if (depth <= 3) copy[key] = mutate(copy[key], depth + 1);
      }
      return copy;
    };
    const post = self.postMessage.bind(self);
    self.postMessage = (message, transfer) => {
      for (let sent = 0; sent < ${forgedPerAnswer}; sent += 1) post(forged());
      if (!Array.isArray(message) || random(2) === 0) return post(message, transfer);
      // The first is the number of the question; without it the answer would be nobody's.
      post(message.map((item, index) => index === 0 ? item : mutate(item, 0)));
    };
  `;
}

/** The same for questions: beside each message of the real script, it asks for what nobody offered. */
function askingScript(script: string, seed: number): string {
  return `
    import ${JSON.stringify(script)};
    let state = ${seed};
    const random = (below) => { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; return (state >>> 10) % below; };
    const pick = (list) => list[random(list.length)];
    const names = ['constructor', '__proto__', 'toString', 'call', 'raw', 'http', 'more', 7, null];
    const values = [1n, -1n, 7, 'text', null, undefined, {}, [], new Uint8Array(3), [1n], ['x'], [new Uint8Array(2)], [[1n]], { length: 9 }];
    const forged = () => [pick([0, 1, 2, 3, 4, -1, 1e9, NaN]), pick(names), pick([0, 1, 2, 3, 99, -1, 0.5, 'constructor', '__proto__']),
      pick(values), pick(values), pick(values)].slice(0, 2 + random(5));
    const post = self.postMessage.bind(self);
    self.postMessage = (message, transfer) => {
      if (random(3) === 0) post(forged());
      return post(message, transfer);
    };
  `;
}

interface PageHarm {
  readonly errors: string[];
  stop(): void;
}

/** Everything that would show that a message did more than fail its plug-in. */
function watchPage(): PageHarm {
  const errors: string[] = [];
  const onError = (event: ErrorEvent): void => void errors.push(`error: ${event.message}`);
  const onRejection = (event: PromiseRejectionEvent): void => void errors.push(`unhandled: ${String(event.reason)}`);
  addEventListener('error', onError);
  addEventListener('unhandledrejection', onRejection);
  return {
    errors,
    stop: () => {
      removeEventListener('error', onError);
      removeEventListener('unhandledrejection', onRejection);
    },
  };
}

function checkUnharmed({ errors }: PageHarm, prototypeKeys: string): void {
  equal(errors.length, 0, `the page saw ${errors[0] ?? ''}`);
  equal(Object.getOwnPropertyNames(Object.prototype).toSorted().join(), prototypeKeys, 'Object.prototype');
  check(!('polluted' in window) && !('polluted' in {}), 'code of a forged message ran');
}

spec(
  'forged and mutated messages, 100,000 in a full run, do no more than fail the plug-in that sent them',
  async ({ url, defer, isolated, secure, repetitions, skip }) => {
    if (isolated || !secure) skip('the same messages, a plain page is enough');
    const prototypeKeys = Object.getOwnPropertyNames(Object.prototype).toSorted().join();
    const harm = watchPage();
    defer(() => harm.stop());
    const forgedPerAnswer = repetitions(2_500);
    const messages = { received: 0 };
    let seed = 20_261_122;
    const host = createHost({
      worker: (script) => {
        seed += 1;
        const code = script === 'worker' ? forgingScript(url('/dist/worker.js'), seed, forgedPerAnswer) : null;
        const blob = code === null ? null : URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
        const worker = new Worker(blob ?? url(`/dist/${script}.js`), { type: 'module' });
        worker.addEventListener('message', () => void (messages.received += 1));
        return worker;
      },
      defaults: { circuitBreaker: false, timeoutMs: 2_000, loadTimeoutMs: 2_000, onLog: () => {} },
    });
    defer(() => host.close());
    let answered = 0;
    let failed = 0;
    let plugin = await host.createPlugin(url('/plugins/count_vowels.wasm')).catch(() => null);
    while (messages.received < repetitions(100_000)) {
      plugin ??= await host.createPlugin(url('/plugins/count_vowels.wasm')).catch((error: unknown) => {
        check(isPluginError(error), `untyped: ${String(error)}`);
        return null;
      });
      if (plugin === null) continue;
      const end = await plugin.call('count_vowels', 'a').catch((error: unknown) => error);
      if (isPluginError(end)) failed += 1;
      else if (typeof end === 'object' && end !== null && 'text' in end) answered += 1;
      else throw new Error(`untyped: ${String(end)}`);
      if (plugin.state === 'closed') plugin = null;
    }
    checkUnharmed(harm, prototypeKeys);
    check(failed > 0, `no message was spoilt: ${answered} answers`);
  },
  { timeoutMs: 120_000 },
);

spec(
  'forged questions reach no function but those of the table, and those with values of their types',
  async ({ url, defer, isolated, secure, repetitions, skip, engine }) => {
    if (isolated || !secure) skip('the same messages, a plain page is enough');
    if (engine === 'webkit') skip('a plain page lets no plug-in wait there: nothing of the page can be asked for');
    const prototypeKeys = Object.getOwnPropertyNames(Object.prototype).toSorted().join();
    const harm = watchPage();
    defer(() => harm.stop());
    const seen: string[] = [];
    const functions = {
      'extism:host/user': {
        same: hostFunction({
          params: ['i64'],
          result: 'i64',
          handler: (value) => (seen.push(`same ${typeof value}`), value),
        }),
        text: hostFunction({
          params: ['text'],
          result: 'text',
          handler: (value) => (seen.push(`text ${typeof value}`), value),
        }),
        raw: (context: object, value: unknown) => (seen.push(`raw ${typeof context} ${typeof value}`), value as bigint),
      },
    };
    let seed = 20_261_128;
    const host = createHost({
      spareWorkers: 0,
      worker: (script) => {
        seed += 1;
        const code = script === 'worker' ? askingScript(url('/dist/worker.js'), seed) : null;
        const blob = code === null ? null : URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
        return new Worker(blob ?? url(`/dist/${script}.js`), { type: 'module' });
      },
      defaults: { circuitBreaker: false, timeoutMs: 2_000, loadTimeoutMs: 2_000 },
    });
    defer(() => host.close());
    const module = await host.compile(url('/fixtures/host_loop.wasm'));
    const ends = new Map<string, number>();
    const note = (end: string): void => void ends.set(end, (ends.get(end) ?? 0) + 1);
    const noteError = (error: unknown): void => {
      check(isPluginError(error), `untyped: ${String(error)}`);
      note(error.code);
    };
    for (let round = 0; round < repetitions(400); round += 1) {
      const plugin = await host.createPlugin(module, { functions }).catch(noteError);
      if (plugin === undefined) continue;
      await plugin.call('loop_same', numberInput(3n)).then(() => note('value'), noteError);
      await plugin.close();
    }
    checkUnharmed(harm, prototypeKeys);
    check((ends.get('value') ?? 0) > 0 && (ends.get('protocol') ?? 0) > 0, `ends: ${JSON.stringify([...ends])}`);
    const other = seen.filter((one) => !['same bigint', 'text string', 'raw object bigint'].includes(one));
    equal(other.join(), '', 'what functions were called with');
  },
  { timeoutMs: 120_000 },
);
