import { describe, expect, test } from 'vitest';
import { meterAskExport, meterLeftExport, startExport } from '../contract/abi.js';
import { customSection, functionTypeOf, isMetered, ModuleIndex } from './module-index.js';
import { meterModule } from './metering/meter.js';
import { gated } from './gate/test-gate.js';
import { custom, joined, moduleOf } from './reader/test-modules.js';
import { assemble } from './reader/test-wat.js';

const source = assemble(`
  (import "a" "__proto__" (func $f (param i64) (result i32)))
  (import "a" "memory" (memory 1))
  (import "b" "g" (global i32))
  (func $start)
  (func (export "run") (result i32) (i32.const 0))
  (export "constructor" (global 0))
  (start $start)`);

function gatedModule(): { readonly module: WebAssembly.Module; readonly index: ModuleIndex } {
  const { bytes, report } = gated(source);
  const module = new WebAssembly.Module(bytes);
  return { module, index: new ModuleIndex(module, report) };
}

describe('an index of a module', () => {
  test.each([
    ['that passed the gate', () => gatedModule().index],
    ['that the app compiled', () => new ModuleIndex(new WebAssembly.Module(source), null)],
  ])('%s finds imports and exports by name, whatever the names are', (_what, make) => {
    const index = make();
    expect(index.imports.map(({ module, name, kind }) => [module, name, kind])).toEqual([
      ['a', '__proto__', 'function'],
      ['a', 'memory', 'memory'],
      ['b', 'g', 'global'],
    ]);
    expect([...index.importsFrom('a').keys()]).toEqual(['__proto__', 'memory']);
    expect(index.importsFrom('b').get('g')?.kind).toBe('global');
    expect(index.importsFrom('constructor').size).toBe(0);
    expect([...index.exports].map(([name, { kind }]) => [name, kind])).toEqual([
      ['run', 'function'],
      ['constructor', 'global'],
    ]);
    expect(index.exports.get('toString')).toBeUndefined();
  });

  test('has the types of functions where the gate has seen the module, and no others', () => {
    const { index } = gatedModule();
    expect(functionTypeOf(index.importsFrom('a').get('__proto__'))).toEqual({ params: ['i64'], results: ['i32'] });
    expect(functionTypeOf(index.exports.get('run'))).toEqual({ params: [], results: ['i32'] });
    expect(functionTypeOf(index.importsFrom('b').get('g'))).toBeNull();
    expect(functionTypeOf(undefined)).toBeNull();
    const ungated = new ModuleIndex(new WebAssembly.Module(source), null);
    expect(functionTypeOf(ungated.exports.get('run'))).toBeNull();
  });

  test('leaves out the exports that the gate and the meter add', () => {
    const { bytes } = gated(source);
    const module = new WebAssembly.Module(joined(meterModule(bytes, 'interrupt')));
    const names = WebAssembly.Module.exports(module).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([startExport, meterAskExport, meterLeftExport]));
    expect([...new ModuleIndex(module, null).exports.keys()]).toEqual(['run', 'constructor']);
    expect([isMetered(module), isMetered(gatedModule().module)]).toEqual([true, false]);
  });
});

test('the first custom section of a name is found', () => {
  const module = new WebAssembly.Module(Uint8Array.from(moduleOf(custom('x', 1), custom('x', 2), custom('y', 3))));
  expect([...new Uint8Array(customSection(module, 'x') ?? new ArrayBuffer(0))]).toEqual([1]);
  expect(customSection(module, 'z')).toBeUndefined();
});
