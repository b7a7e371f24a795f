import { expect, test } from 'vitest';
import { defaultLimits, type Limits, type Policy } from '../../contract/policy.js';
import { ModuleIndex } from '../../wasm/module-index.js';
import { gated } from '../../wasm/gate/test-gate.js';
import { assemble } from '../../wasm/reader/test-wat.js';
import { memoryNeeds } from './memory-needs.js';

const page = 65_536;

function needsOf(wat: string, limits: Partial<Limits> = {}): ReturnType<typeof memoryNeeds> {
  const { report } = gated(assemble(wat));
  const module = new WebAssembly.Module(assemble(wat));
  const policy = { limits: { ...defaultLimits, maxPages: null, ...limits } } as Policy;
  return memoryNeeds({ modules: [{ name: 'main', module, report }], policy }, [new ModuleIndex(module, report)]);
}

test('an exported memory counts as it starts, and at most as its maximum', () => {
  expect(needsOf('(memory (export "memory") 3 10)', { maxPages: 20 })).toEqual({
    count: 2,
    bytesAtStart: 4 * page,
    mostBytes: 30 * page,
    hiddenBytes: 0,
  });
});

test('without a limit a worker may report what an engine admits, and no more', () => {
  expect(needsOf('(memory (export "memory") 1)').mostBytes).toBe(2 * 2 ** 32);
});

test('a memory that is not exported counts as its maximum', () => {
  const { bytesAtStart, hiddenBytes } = needsOf('(memory 3 10)');
  expect([bytesAtStart, hiddenBytes]).toEqual([11 * page, 10 * page]);
});
