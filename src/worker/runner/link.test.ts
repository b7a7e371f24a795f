import { describe, expect, test, vi } from 'vitest';
import type { WireFunction } from '../../contract/host-function.js';
import type { ExportReport, FunctionType, ImportReport, ModuleReport } from '../../contract/module-report.js';
import type { StartModule } from '../../contract/protocol.js';
import { assemble } from '../../wasm/reader/test-wat.js';
import { planLinks } from './link.js';

const type: FunctionType = { params: ['i32'], results: [] };
const emptyModule = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));

/** Counts reads of properties of imports, exports and host functions. */
class Steps {
  count = 0;

  counted<Entry extends object>(entry: Entry): Entry {
    return new Proxy(entry, {
      get: (target, field) => {
        this.count += 1;
        return Reflect.get(target, field) as unknown;
      },
    });
  }
}

function startModule(name: string, imports: ImportReport[], exports: ExportReport[]): StartModule {
  const report: ModuleReport = {
    sizeBytes: 8,
    rewritten: false,
    startExport: null,
    imports,
    exports,
    memories: [],
    tables: [],
    counts: { types: 0, functions: 0, globals: 0, tags: 0, elements: 0, dataSegments: 0 },
    compileCost: { sum: 0, largest: 0 },
    customSections: [],
    producers: [],
    wasi: [],
  };
  return { name, module: emptyModule, report };
}

const named = (size: number): string[] => Array.from({ length: size }, (_one, index) => `f${index}`);

/** `main` imports `size` functions from a module that exports as many and imports as many from `main`, and `size` host functions. */
function stepsToPlan(size: number): number {
  const steps = new Steps();
  const importsOf = (module: string): ImportReport[] =>
    named(size).map((name) => steps.counted({ module, name, kind: 'function', type }));
  const exportsOf = (): ExportReport[] => named(size).map((name) => steps.counted({ name, kind: 'function', type }));
  const functions = named(size).map((name): WireFunction => steps.counted({ module: 'host', name, types: null }));
  const groups = planLinks(
    [
      startModule('main', [...importsOf('dep'), ...importsOf('host')], exportsOf()),
      startModule('dep', importsOf('main'), exportsOf()),
    ],
    'main',
    { functions, hasWorkerFunction: () => false, wasiType: () => null, canWait: true, commands: true },
  );
  const main = groups.flat().find(({ isMain }) => isMain);
  expect(main?.imports.map(({ provider }) => provider.kind)).toEqual([
    ...named(size).map(() => 'module'),
    ...named(size).map(() => 'page'),
  ]);
  expect(main?.imports.at(-1)?.provider).toEqual({ kind: 'page', index: size - 1 });
  return steps.count;
}

describe('planning links', () => {
  test('the number of steps is linear in the number of imports, exports and host functions', () => {
    const [small, large] = [stepsToPlan(500), stepsToPlan(1_000)];
    expect(large / small).toBeGreaterThan(1.9);
    expect(large / small).toBeLessThan(2.1);
  });

  test('WebAssembly.Module.imports and exports are called once for each module', () => {
    const [imports, exports] = [vi.spyOn(WebAssembly.Module, 'imports'), vi.spyOn(WebAssembly.Module, 'exports')];
    try {
      const main = assemble('(import "dep" "a" (func)) (import "dep" "b" (func))');
      const dep = assemble('(func (export "a")) (func (export "b"))');
      const modules = Object.entries({ main, dep }).map(([name, bytes]): StartModule => {
        return { name, module: new WebAssembly.Module(bytes), report: null };
      });
      const offer = {
        functions: [],
        hasWorkerFunction: () => false,
        wasiType: () => null,
        canWait: false,
        commands: true,
      };
      expect(planLinks(modules, 'main', offer).map((group) => group.map(({ module }) => module.name))).toEqual([
        ['dep'],
        ['main'],
      ]);
      expect([imports.mock.calls.length, exports.mock.calls.length]).toEqual([2, 2]);
    } finally {
      imports.mockRestore();
      exports.mockRestore();
    }
  });
});
