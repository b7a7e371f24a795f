/** Fuel is the same in every engine: the kernels that the benchmark of metering times, each with what it uses. */
import { check, equal } from '../assert.js';
import { sharedHost } from '../fixtures.js';
import { spec } from '../harness.js';

/** By kernel, in the order in which a fresh instance runs them. The source of each is in e2e/perf/bench/meter/. */
const fuelOf: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  c: {
    c_quicksort: 87_460_152,
    c_sha256: 154_304_548,
    c_matrix: 54_560_024,
    c_search: 63_568_354,
    c_interpreter: 289_217_533,
    c_json: 26_887_137,
    c_crc32: 72_377_617,
  },
  as: {
    as_fibonacci: 24_232_831,
    as_sieve: 261_549_853,
    as_mandelbrot: 45_534_905,
    as_lists: 81_212_290,
    as_map: 27_661_823,
    as_words: 32_659_587,
  },
  rust: {
    rust_sort: 75_064_296,
    rust_hash_map: 29_795_759,
    rust_tree_map: 67_459_299,
    rust_strings: 21_231_277,
    rust_dynamic: 5_368_706,
  },
};

for (const [language, kernels] of Object.entries(fuelOf)) {
  spec(`kernels in ${language} use the fuel that they use in every engine`, async (context) => {
    const plugin = await sharedHost(context).createPlugin(context.url(`/kernels/${language}.wasm`), {
      cache: 'off',
      fuel: Infinity,
      // What a kernel returns is its result, and no exit code: a call that ends with another than 0 fails, as any does.
      circuitBreaker: false,
    });
    const names = plugin.exports.map(({ name }) => name).filter((name) => name.startsWith(`${language}_`));
    equal(names, Object.keys(kernels), 'kernels');
    const used = new Map<string, number>();
    for (const name of Object.keys(kernels)) {
      const before = plugin.stats().fuel ?? 0;
      await plugin.call(name).catch((error: unknown) => {
        check(String(error).includes('exit code'), `${name}: ${String(error)}`);
      });
      used.set(name, (plugin.stats().fuel ?? 0) - before);
    }
    equal(Object.fromEntries(used), kernels, 'fuel');
  });
}
