/** What was once wrong, numbered as in e2e/regressions.md. */
import { createHost } from 'tenon';
import { equal, failsWith } from './assert.js';
import { spec } from './harness.js';

spec('regression 1: a module that one host gave has its start section under another', async ({ url, defer }) => {
  const giver = createHost({ spareWorkers: 0 });
  defer(() => giver.close());
  const module = await giver.compile(url('/plugins/count_vowels.wasm'));
  const host = createHost({ spareWorkers: 0 });
  defer(() => host.close());
  const plugin = await host.createPlugin(module);
  equal((await plugin.call('count_vowels', 'Hello')).json<{ count: number }>().count, 2, 'vowels in "Hello"');
});

const tryCatchAll = [0x06, 0x40, 0x19, 0x0b];
const tryTable = [0x1f, 0x40, 0x00, 0x0b];

/** A module of such functions, without exports; each `variant` has bytes of its own, as engines know what they have compiled. */
function functionsOf(variant: number, ...bodies: readonly (readonly number[])[]): Uint8Array<ArrayBuffer> {
  const code = bodies.flatMap((body) => [body.length + 2, 0, ...body, 0x0b]);
  const parts = [
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    [1, 4, 1, 0x60, 0, 0, 3, bodies.length + 1, bodies.length, ...bodies.map(() => 0)],
    [10, code.length + 1, bodies.length, ...code],
    [0, 4, 1, 0x78, variant & 255, variant >> 8],
  ];
  return Uint8Array.from(parts.flat());
}

spec('regression 18: a module with both forms of exceptions does not end the page', async ({ defer }) => {
  const host = createHost({ spareWorkers: 0 });
  defer(() => host.close());
  // Where the engine refuses both in one function, both in one module are refused before it sees them.
  const areTaken = WebAssembly.validate(functionsOf(0, [...tryCatchAll, ...tryTable]));
  for (let variant = 0; variant < 100; variant += 1) {
    const order = variant % 2 === 0 ? [tryCatchAll, tryTable] : [tryTable, tryCatchAll];
    const compiling = host.compile(functionsOf(variant, ...order), { cache: 'off' });
    if (areTaken) await compiling;
    else await failsWith(compiling, 'unsupported');
  }
  for (const form of [tryCatchAll, tryTable]) await host.compile(functionsOf(0, form, form), { cache: 'off' });
});
