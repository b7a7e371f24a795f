// Runs the built package on mutated inputs: `createPlugin` on modules and manifests, a library on bundles.
import { createHost, isPluginError } from 'tenon';
import { createLibrary } from 'tenon/library';
import { Ticker } from '../../../security/hostile/page/watch.mjs';
import { mutated, randomOf } from '../mutate.mjs';

/** The longest that one input may hold up the page. */
const maxStallMs = 500;
/** On a busy machine any input may, so one that does is run again. */
const attempts = 3;

/** @type {Record<string, { inputs: string[], words: string[] }>} */
const encoded = await (await fetch('/seeds.json')).json();
// Mutated addresses must not leave the machine.
globalThis.fetch = () => Promise.reject(new TypeError('no network'));
const host = createHost({ fetch: globalThis.fetch, defaults: { cache: 'off', loadTimeoutMs: 5_000, timeoutMs: 500 } });
const library = createLibrary({
  host,
  name: 'fuzzed',
  consent: ({ rights }) => ({ allowed: true, rights: Object.fromEntries(rights.map(({ key }) => [key, 'deny'])) }),
});

/** @param {string} text */
const decode = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const seeds = Object.entries(encoded).map(([target, { inputs, words }]) => ({
  target,
  inputs: inputs.map(decode),
  words: words.map(decode),
}));

/** @param {string} target @param {Uint8Array<ArrayBuffer>} bytes */
async function take(target, bytes) {
  if (target === 'package') {
    const { id } = await library.install(new File([bytes], 'fuzzed.zip'));
    await library.remove(id);
  } else {
    const plugin = await host.createPlugin(new Blob([bytes]));
    await plugin.close();
  }
}

/** Returns what is wrong with how the package takes an input; null if nothing is. @param {string} target @param {Uint8Array<ArrayBuffer>} bytes */
async function faultOf(target, bytes) {
  let stallMs = Infinity;
  for (let attempt = 0; attempt < attempts && stallMs > maxStallMs; attempt += 1) {
    const ticker = new Ticker();
    try {
      await take(target, bytes);
    } catch (error) {
      if (!isPluginError(error)) return `threw ${String(error)}`;
      if (error.code === 'bug' || error.code === 'protocol') return `failed with ${error.code}: ${error.message}`;
    } finally {
      stallMs = ticker.stop();
    }
  }
  return stallMs > maxStallMs ? `held up the page for ${stallMs} ms in each of ${attempts} attempts` : null;
}

/** Runs inputs `from` to `from + count`, which the seed determines. @param {number} seed @param {number} from @param {number} count */
async function fuzz(seed, from, count) {
  /** @type {string[]} */
  const faults = [];
  for (let at = from; at < from + count; at += 1) {
    const random = randomOf(seed * 1_000_003 + at);
    const { target, inputs, words } = seeds[at % seeds.length] ?? { target: '', inputs: [], words: [] };
    const [one, other] = [inputs[random(inputs.length)], inputs[random(inputs.length)]];
    if (one === undefined || other === undefined) return [`there is no input for ${target}`];
    const fault = await faultOf(target, mutated(one, random, other, words));
    if (fault !== null) faults.push(`${target}, input ${at} of seed ${seed}: ${fault}`);
  }
  return faults;
}

Object.defineProperty(globalThis, 'fuzzInputs', { value: fuzz });
