import { createHost, isPluginError } from 'tenon';
import { check, equal } from './assert.js';
import { behaviour } from './harness.js';

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

behaviour(
  'one hundred thousand forged and mutated messages do no more than fail the plug-in that sent them',
  async ({ url, defer, isolated, secure, skip }) => {
    if (isolated || !secure) skip('the same messages, a plain page is enough');
    const prototypeKeys = Object.getOwnPropertyNames(Object.prototype).toSorted().join();
    const harm = watchPage();
    defer(() => harm.stop());
    const forgedPerAnswer = 1_000;
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
    while (messages.received < 100_000) {
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
