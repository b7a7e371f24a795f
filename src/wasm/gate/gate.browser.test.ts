import { describe, expect, test } from 'vitest';
import { createGate } from './gate.js';
import type { GatePolicy } from './module-facts.js';
import { limits, moduleOf, section, text, vector } from '../reader/test-modules.js';

/** Compiles bytes that stream through a gate to the browser's compiler, as the worker does. */
async function compileGated(bytes: Uint8Array, policy: GatePolicy, chunkBytes: number): Promise<WebAssembly.Module> {
  const gate = createGate(policy);
  let at = 0;
  const stream = new ReadableStream<Uint8Array>({
    // A pull that enqueues nothing is not repeated, so each pull continues until it enqueues something.
    pull(controller) {
      for (let given = 0; given === 0;) {
        const out = at < bytes.length ? gate.push(bytes.slice(at, at + chunkBytes)) : gate.finish().rest;
        for (const chunk of out) controller.enqueue(chunk);
        given = out.length;
        if (at >= bytes.length) return controller.close();
        at += chunkBytes;
      }
    },
  });
  return WebAssembly.compileStreaming(new Response(stream, { headers: { 'content-type': 'application/wasm' } }));
}

/** Returns a module that exports grow(n), growTable(n) and get(). Its start function writes 42 to address 0, which get() reads. */
function growModule(memory: readonly number[], table: readonly number[]): Uint8Array {
  const function_ = (...instructions: readonly number[]): number[] => [
    instructions.length + 2,
    0,
    ...instructions,
    0x0b,
  ];
  return moduleOf(
    section(1, vector([0x60, 1, 0x7f, 1, 0x7f], [0x60, 0, 0], [0x60, 0, 1, 0x7f])),
    section(3, vector([0], [0], [1], [2])),
    section(4, vector([0x70, ...table])),
    section(5, vector(memory)),
    section(
      7,
      vector(
        [...text('grow'), 0, 0],
        [...text('growTable'), 0, 1],
        [...text('get'), 0, 3],
        [...text('m'), 2, 0],
        [...text('t'), 1, 0],
      ),
    ),
    section(8, [2]),
    section(
      10,
      vector(
        function_(0x20, 0, 0x40, 0),
        function_(0xd0, 0x70, 0x20, 0, 0xfc, 15, 0),
        function_(0x41, 0, 0x41, 42, 0x36, 2, 0),
        function_(0x41, 0, 0x28, 2, 0),
      ),
    ),
  );
}

describe.each([1, 7, 100_000])('in chunks of %i bytes', (chunkBytes) => {
  test.each([1, 2, 16, 256, 4096])('a memory and a table grow to exactly the cap of %i', async (cap) => {
    const policy = { maxPages: cap, maxTableEntries: cap };
    for (const declared of [limits(1), limits(1, 60_000), limits(0, cap)]) {
      const module = await compileGated(growModule(declared, declared), policy, chunkBytes);
      const { grow, growTable, m, t } = new WebAssembly.Instance(module).exports as {
        grow: (pages: number) => number;
        growTable: (entries: number) => number;
        m: WebAssembly.Memory;
        t: WebAssembly.Table;
      };
      const initial = declared[1] ?? 0;
      expect(grow(cap - initial + 1)).toBe(-1);
      expect(grow(cap - initial)).toBe(initial);
      expect(grow(1)).toBe(-1);
      expect(() => m.grow(1)).toThrow();
      expect(m.buffer.byteLength).toBe(cap * 65_536);
      expect(growTable(cap - initial + 1)).toBe(-1);
      expect(growTable(cap - initial)).toBe(initial);
      expect(growTable(1)).toBe(-1);
      expect(() => t.grow(1)).toThrow();
      expect(t.length).toBe(cap);
    }
  });

  test('the start function does not run until its export is called', async () => {
    const module = await compileGated(growModule(limits(1), limits(1)), { maxPages: 2 }, chunkBytes);
    const { exports } = new WebAssembly.Instance(module);
    const get = exports['get'] as () => number;
    expect(get()).toBe(0);
    (exports['tenon:start'] as () => void)();
    expect(get()).toBe(42);
  });

  test('a refused module rejects compileStreaming', async () => {
    const shared = moduleOf(section(5, vector([3, 1, 1])));
    await expect(compileGated(shared, {}, chunkBytes)).rejects.toThrow();
  });
});

test('a clamped import links with a clamped provider, and not with one without a maximum', async () => {
  const policy = { maxPages: 2, maxTableEntries: 2 };
  const provider = growModule(limits(1), limits(1, 9));
  const user = moduleOf(
    section(
      2,
      vector([...text('p'), ...text('m'), 2, ...limits(1)], [...text('p'), ...text('t'), 1, 0x70, ...limits(0, 9)]),
    ),
  );
  const clamped = new WebAssembly.Instance(await compileGated(provider, policy, 64)).exports;
  const module = await compileGated(user, policy, 64);
  expect(new WebAssembly.Instance(module, { p: clamped })).toBeInstanceOf(WebAssembly.Instance);
  const free = {
    m: new WebAssembly.Memory({ initial: 1 }),
    t: new WebAssembly.Table({ initial: 1, element: 'anyfunc' }),
  };
  expect(() => new WebAssembly.Instance(module, { p: free })).toThrow(WebAssembly.LinkError);
});
