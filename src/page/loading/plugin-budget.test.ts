import { describe, expect, test } from 'vitest';
import { isPluginError, type ErrorCode } from '../../contract/errors.js';
import type { ModuleReport } from '../../contract/module-report.js';
import type { GateOptions } from '../../contract/protocol.js';
import { mostModules, PluginBudget } from './plugin-budget.js';

const gate: GateOptions = {
  maxModuleBytes: 1_000,
  maxPages: 100,
  maxTableEntries: 50,
  maxCompileCost: 200,
  allowGc: false,
  metering: null,
};
const empty: ModuleReport = {
  sizeBytes: 8,
  rewritten: false,
  startExport: null,
  imports: [],
  exports: [],
  memories: [],
  tables: [],
  counts: { types: 0, functions: 0, globals: 0, tags: 0, elements: 0, dataSegments: 0 },
  compileCost: { sum: 0, largest: 0 },
  customSections: [],
  producers: [],
  wasi: [],
};

/** The code of the error for these modules; null if they are admitted. */
function verdict(modules: readonly ModuleReport[], options: Partial<GateOptions> = {}): ErrorCode | null {
  const budget = new PluginBudget({ ...gate, ...options }, modules.length);
  try {
    modules.forEach((report, index) => budget.add(report, `wasm[${index}]`));
    return null;
  } catch (error) {
    if (!isPluginError(error)) throw error;
    expect(error.where).toBe(`wasm[${modules.length - 1}] with the modules loaded before it`);
    return error.code;
  }
}

const counted = (counts: Partial<ModuleReport['counts']>): Partial<ModuleReport> => ({
  counts: { ...empty.counts, ...counts },
});
const memory = (initial: number, imported = false): Partial<ModuleReport> => ({
  memories: [{ imported, initial, declaredMaximum: null, maximum: 100 }],
});
const table = (maximum: number): Partial<ModuleReport> => ({
  tables: [{ imported: false, element: 'exnref', initial: 0, declaredMaximum: null, maximum }],
});
const imports = (count: number): Partial<ModuleReport> => ({
  imports: Array.from({ length: count }, () => ({ module: 'a', name: 'b', kind: 'memory' as const })),
});
const exports = (count: number): Partial<ModuleReport> => ({
  exports: Array.from({ length: count }, () => ({ name: 'a', kind: 'memory' as const })),
});

describe('three modules together', () => {
  test.each<[string, ErrorCode, (part: number) => Partial<ModuleReport>, number]>([
    ['bytes', 'module-size', (sizeBytes) => ({ sizeBytes }), 1_000],
    ['compile cost', 'compile-cost', (sum) => ({ compileCost: { sum, largest: 1 } }), 1_000],
    ['initial pages', 'memory-limit', memory, 100],
    ['table entries', 'table-limit', table, 200],
    ['imports', 'module-limit', imports, 10_000],
    ['exports', 'module-limit', exports, 10_000],
    ['types', 'module-limit', (types) => counted({ types }), 100_000],
    ['functions', 'module-limit', (functions) => counted({ functions }), 200_000],
    ['globals', 'module-limit', (globals) => counted({ globals }), 100_000],
    ['tags', 'module-limit', (tags) => counted({ tags }), 1_000],
    ['element segments', 'module-limit', (elements) => counted({ elements }), 100_000],
    ['data segments', 'module-limit', (dataSegments) => counted({ dataSegments }), 100_000],
  ])('may have as many %s as the limit says, and not one more', (_, code, part, most) => {
    const third = Math.floor(most / 3);
    const modules = (last: number): ModuleReport[] =>
      [third, third, last].map((count) => ({ ...empty, ...part(count) }));
    expect(verdict(modules(most - 2 * third - 1))).toBeNull();
    expect(verdict(modules(most - 2 * third))).toBeNull();
    expect(verdict(modules(most - 2 * third + 1))).toBe(code);
  });

  test('share the memory that one of them has and the others import', () => {
    const modules = [memory(60), memory(60, true), memory(40)].map((part) => ({ ...empty, ...part }));
    expect(verdict(modules)).toBeNull();
  });

  test('may have 4 GiB of initial memory where no limit is set', () => {
    const modules = (last: number): ModuleReport[] => [32_768, last].map((pages) => ({ ...empty, ...memory(pages) }));
    expect(verdict(modules(32_768), { maxPages: null })).toBeNull();
    expect(verdict(modules(32_769), { maxPages: null })).toBe('memory-limit');
  });
});

test('a plug-in may have 64 modules', () => {
  expect(() => new PluginBudget(gate, mostModules)).not.toThrow();
  expect(() => new PluginBudget(gate, mostModules + 1)).toThrow('expected at most 64 modules, found 65');
});

test('ninety modules of 100,000 exceptions each are refused', () => {
  expect(() => new PluginBudget(gate, 90)).toThrow('expected at most 64 modules, found 90');
  const budget = new PluginBudget({ ...gate, maxTableEntries: 100_000 }, 5);
  for (let index = 0; index < 4; index += 1) budget.add({ ...empty, ...table(100_000) }, `wasm[${index}]`);
  expect(() => budget.add({ ...empty, ...table(100_000) }, 'wasm[4]')).toThrow(
    'Module refused: wasm[4] with the modules loaded before it: expected at most 400000 table entries, found 500000',
  );
});
