import wabtInit from 'wabt';
import { describe, expect, test } from 'vitest';
import { isPluginError } from '../../contract/errors.js';
import type { ErrorCode, PluginError } from '../../contract/errors.js';
import { createGate } from './gate.js';
import type { GatePolicy } from './module-facts.js';
import { gated } from './test-gate.js';
import { custom, joined, limits, moduleOf, preamble, section, text, vector } from '../reader/test-modules.js';

const wabt = await wabtInit();

function assemble(source: string): Uint8Array {
  const features = { exceptions: true, threads: true, multi_memory: true, memory64: true };
  const module = wabt.parseWat('test.wat', source, features);
  return module.toBinary({ write_debug_names: true }).buffer;
}

function refusal(bytes: Uint8Array, policy: GatePolicy = {}): PluginError {
  for (const cuts of [[bytes.length || 1], [1]]) {
    try {
      gated(bytes, policy, cuts);
    } catch (error) {
      if (!isPluginError(error)) throw error;
      if (cuts[0] === 1) return error;
      continue;
    }
    expect.fail('The gate admitted the module');
  }
  throw new RangeError('unreachable');
}

function exportsOf(bytes: Uint8Array<ArrayBuffer>, imports: WebAssembly.Imports = {}): WebAssembly.Exports {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports;
}

function memoryOf(exports: WebAssembly.Exports): WebAssembly.Memory {
  const { memory } = exports;
  if (!(memory instanceof WebAssembly.Memory)) throw new TypeError('no memory');
  return memory;
}

function sameMemory(one: WebAssembly.Exports, other: WebAssembly.Exports): boolean {
  const left = new Uint8Array(memoryOf(one).buffer);
  const right = new Uint8Array(memoryOf(other).buffer);
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

const noResult = [0x60, 0, 0];
const emptyBody = [2, 0, 0x0b];
const startModule = (...between: readonly (readonly number[])[]): Uint8Array =>
  moduleOf(
    section(1, vector(noResult)),
    section(3, vector([0])),
    section(7, vector([...text('f'), 0, 0])),
    ...between,
    section(8, [0]),
    section(10, vector(emptyBody)),
  );

describe('a memory', () => {
  for (const cap of [1, 2, 16, 256, 4096]) {
    for (const declared of ['1', '0', '1 65536', `1 ${cap}`, `${cap}`]) {
      test(`of (memory ${declared}) grows to ${cap} pages under maxPages ${cap}, and never one more`, () => {
        const source = `(module (memory (export "memory") ${declared})
          (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))`;
        const { bytes } = gated(assemble(source), { maxPages: cap }, [7]);
        const exports = exportsOf(bytes);
        const grow = exports['grow'] as (pages: number) => number;
        const initial = memoryOf(exports).buffer.byteLength / 65_536;
        expect(grow(cap - initial + 1)).toBe(-1);
        expect(grow(cap - initial)).toBe(initial);
        expect(grow(1)).toBe(-1);
        expect(() => memoryOf(exports).grow(1)).toThrow(RangeError);
        expect(memoryOf(exports).buffer.byteLength).toBe(cap * 65_536);
      });
    }
  }

  test('keeps a maximum that is smaller than the cap, byte for byte', () => {
    const bytes = assemble('(module (memory 1 3))');
    const result = gated(bytes, { maxPages: 4 });
    expect(result.bytes).toEqual(bytes.slice());
    expect(result.report).toMatchObject({
      rewritten: false,
      memories: [{ initial: 1, declaredMaximum: 3, maximum: 3 }],
    });
  });

  test('is not changed without a cap, or with one of 65,536 pages or more', () => {
    const bytes = assemble('(module (memory 1))');
    for (const maxPages of [null, 65_536, 100_000]) expect(gated(bytes, { maxPages }).report.rewritten).toBe(false);
    expect(gated(bytes, { maxPages: 65_535 }).report.rewritten).toBe(true);
  });

  test('is refused if its initial size is above the cap, and only then', () => {
    const error = refusal(assemble('(module (memory 17))'), { maxPages: 16 });
    expect(error.toJSON()).toMatchObject({
      code: 'memory-limit',
      where: 'memory 0',
      details: { limit: 16, count: 17 },
    });
    expect(error.fix).toContain('maxPages');
    expect(gated(assemble('(module (memory 16))'), { maxPages: 16 }).report.memories[0]?.maximum).toBe(16);
    expect(gated(assemble('(module (memory 0))'), { maxPages: 0 }).report.memories[0]?.maximum).toBe(0);
  });

  test('works as in the original module below the cap', () => {
    const source = `(module (memory (export "memory") 1) (data (i32.const 8) "data")
      (func (export "f") (param i32) (result i32) (local i64 i32)
        (i32.store (i32.const 0) (i32.add (local.get 0) (memory.grow (i32.const 1)))) (i32.load (i32.const 0))))`;
    const before = exportsOf(assemble(source).slice());
    const after = exportsOf(gated(assemble(source), { maxPages: 9 }).bytes);
    const [expected, actual] = [before['f'] as () => number, after['f'] as () => number];
    for (let turn = 0; turn < 8; turn += 1) {
      expect(actual()).toBe(expected());
      expect(sameMemory(before, after)).toBe(true);
    }
  });
});

describe('an imported memory or table', () => {
  const provider = (memory: string, table: string): Uint8Array =>
    assemble(`(module (memory (export "memory") ${memory}) (table (export "table") ${table} funcref))`);
  const user = (memory: string, table: string): Uint8Array =>
    assemble(`(module (import "p" "memory" (memory ${memory})) (import "p" "table" (table ${table} funcref))
      (func (export "grow") (result i32) (memory.grow (i32.const 1)))
      (func (export "growTable") (result i32) (table.grow 0 (ref.null func) (i32.const 1))))`);
  const policy = { maxPages: 4, maxTableEntries: 6 };

  for (const [provided, wanted] of [
    ['1', '1'],
    ['1 3', '1'],
    ['1 3', '1 3'],
    ['1 3', '1 65536'],
    ['1 100', '1 100'],
    ['1 100', '0 200'],
    ['4', '4'],
  ] as const) {
    test(`of limits (${wanted}) links with a provider of (${provided}), and stays within the cap`, () => {
      const p = exportsOf(gated(provider(provided, provided), policy).bytes);
      const u = exportsOf(gated(user(wanted, wanted), policy).bytes, { p });
      const cap = Math.min(4, Number(provided.split(' ')[1] ?? 4));
      const grow = u['grow'] as () => number;
      const growTable = u['growTable'] as () => number;
      for (let turn = 0; turn < 10; turn += 1) expect(grow() + growTable()).toBeGreaterThan(-3);
      expect(memoryOf(p).buffer.byteLength / 65_536).toBe(cap);
      const tableCap = Math.min(6, Number(provided.split(' ')[1] ?? 6));
      expect((p['table'] as WebAssembly.Table).length).toBe(tableCap);
    });
  }

  test('does not link with a provider that the gate has not clamped', () => {
    const p = exportsOf(provider('1', '1').slice());
    const bytes = gated(user('1', '1'), policy).bytes;
    expect(() => exportsOf(bytes, { p })).toThrow(WebAssembly.LinkError);
  });

  test('is counted together with those that the module defines', () => {
    const both = assemble('(module (import "a" "b" (memory 1)) (memory 1))');
    expect(refusal(both)).toMatchObject({ code: 'memory-count' });
    const tables = assemble(`(module (import "a" "b" (table 1 funcref)) ${'(table 1 funcref)'.repeat(16)})`);
    expect(refusal(tables)).toMatchObject({ code: 'table-limit', actual: '17' });
  });
});

describe('a table', () => {
  const tables = (...declared: readonly string[]): Uint8Array =>
    assemble(`(module ${declared.map((limit, index) => `(table (export "${index}") ${limit} funcref)`).join('')})`);
  const grown = (bytes: Uint8Array<ArrayBuffer>): number[] =>
    Object.values(exportsOf(bytes)).map((table) => {
      if (!(table instanceof WebAssembly.Table)) throw new TypeError('not a table');
      for (const step of [65_536, 4096, 256, 16, 1]) {
        try {
          for (;;) table.grow(step);
        } catch {
          // The table cannot grow by this step any more.
        }
      }
      return table.length;
    });

  for (const cap of [1, 2, 16, 256, 4096, 100_000]) {
    test(`grows to ${cap} entries under a cap of ${cap}, and never one more`, () => {
      expect(grown(gated(tables('0'), { maxTableEntries: cap }).bytes)).toEqual([cap]);
      expect(grown(gated(tables('1 200000'), { maxTableEntries: cap }).bytes)).toEqual([cap]);
    });
  }

  test('shares the budget evenly with the others, except for what smaller maxima leave unused', () => {
    expect(grown(gated(tables('2 2', '10', '5 20', '3'), { maxTableEntries: 100 }).bytes)).toEqual([2, 42, 20, 36]);
    expect(grown(gated(tables(...Array<string>(16).fill('0'))).bytes).reduce((a, b) => a + b)).toBe(100_000);
  });

  test('of fixed size is not changed', () => {
    expect(gated(tables('7 7', '9 9')).report.rewritten).toBe(false);
  });

  test('is refused if there are too many tables, or too many entries in all of them', () => {
    expect(refusal(tables(...Array<string>(17).fill('0')))).toMatchObject({ code: 'table-limit', actual: '17' });
    expect(gated(tables(...Array<string>(16).fill('0'))).report.tables).toHaveLength(16);
    expect(refusal(tables('60000', '40001'))).toMatchObject({ code: 'table-limit', actual: '100001' });
    expect(gated(tables('60000', '40000')).report.tables).toHaveLength(2);
    expect(refusal(assemble('(module (import "a" "b" (table 100001 funcref)))'))).toMatchObject({
      code: 'table-limit',
    });
  });

  test('may have an initial value, which passes unchanged', () => {
    const constants = [
      [0xd0, 0x70],
      [0xd2, 0x81, 0x00],
      [0x41, 0x80, 0x7f, 0x41, 1, 0x6a],
      [0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f],
      [0x43, 1, 2, 3, 4],
      [0x44, 1, 2, 3, 4, 5, 6, 7, 8],
      [0x23, 0],
      [0xfd, 12, ...Array<number>(16).fill(0x0b)],
      [0xfb, 0x1c],
      [0xfb, 8, 0, 3],
    ];
    for (const constant of constants) {
      const item = [0x40, 0, 0x63, 0x70, ...limits(1), ...constant, 0x0b];
      const { bytes, report } = gated(moduleOf(section(4, vector(item, [0x70, ...limits(3)]))), { maxTableEntries: 8 });
      expect(report.tables.map(({ maximum }) => maximum)).toEqual([3, 5]);
      const changed = [0x40, 0, 0x63, 0x70, ...limits(1, 3), ...constant, 0x0b];
      expect(bytes).toEqual(moduleOf(section(4, vector(changed, [0x70, ...limits(3, 5)]))));
    }
  });
});

describe('a start section', () => {
  const source = `(module (global $g (export "g") (mut i32) (i32.const 0)) (memory (export "memory") 1)
    (func $s (global.set $g (i32.const 42))) (func (export "f") (result i32) (global.get $g)) (start $s))`;

  test('becomes an export that runs the start function', () => {
    for (const cuts of [[1], [3], [1000]]) {
      const { bytes, report } = gated(assemble(source), {}, cuts);
      expect(report.startExport).toBe('tenon:start');
      const exports = exportsOf(bytes);
      expect(Object.keys(exports)).toEqual(['g', 'memory', 'f', 'tenon:start']);
      expect((exports['f'] as () => number)()).toBe(0);
      (exports['tenon:start'] as () => void)();
      expect((exports['f'] as () => number)()).toBe(42);
      expect(report.exports.map(({ name }) => name)).toEqual(['g', 'memory', 'f']);
    }
  });

  test('becomes an export even if the module has no export section', () => {
    const { bytes } = gated(assemble('(module (func $s unreachable) (start $s))'));
    const exports = exportsOf(bytes);
    expect(Object.keys(exports)).toEqual(['tenon:start']);
    expect(exports['tenon:start']).toThrow(WebAssembly.RuntimeError);
  });

  test('may follow custom sections, which stay in order', () => {
    const bytes = startModule(custom('one', 1), custom('two', ...Array<number>(300).fill(2)));
    for (const cuts of [[1], [5, 2], [1000]]) {
      const result = gated(bytes, {}, cuts);
      expect(result.report.customSections).toEqual(['one', 'two']);
      expect(WebAssembly.Module.exports(new WebAssembly.Module(result.bytes)).map(({ name }) => name)).toEqual([
        'f',
        'tenon:start',
      ]);
      expect(joined([result.bytes]).includes(2)).toBe(true);
      expect(WebAssembly.Module.customSections(new WebAssembly.Module(result.bytes), 'two')).toHaveLength(1);
    }
  });

  test('becomes the 128th export of a module, whose count then needs two bytes', () => {
    const exports = Array.from({ length: 127 }, (_, index) => [...text(`f${index}`), 0, 0]);
    const sections = [section(1, vector(noResult)), section(3, vector([0])), section(7, vector(...exports))];
    const { bytes } = gated(moduleOf(...sections, section(8, [0]), section(10, vector(emptyBody))));
    expect(WebAssembly.Module.exports(new WebAssembly.Module(bytes))).toHaveLength(128);
  });

  test('is refused if its function has parameters or results, or does not exist', () => {
    const withType = (type: number[], index: number): Uint8Array =>
      moduleOf(section(1, vector(type)), section(3, vector([0])), section(8, [index]), section(10, vector(emptyBody)));
    expect(refusal(withType([0x60, 1, 0x7f, 0], 0))).toMatchObject({ code: 'invalid-module', actual: '(i32) -> ()' });
    expect(refusal(withType(noResult, 1))).toMatchObject({ code: 'invalid-module' });
  });

  test('cannot be imitated by an export, because names with the prefix are reserved', () => {
    const error = refusal(assemble('(module (func (export "tenon:start")))'));
    expect(error).toMatchObject({ code: 'link-name', where: 'export "tenon:start"' });
    expect(gated(assemble('(module (func (export "tenon")))')).report.exports).toHaveLength(1);
  });
});

describe('the gate', () => {
  const types = (...items: readonly (readonly number[])[]): Uint8Array => moduleOf(section(1, vector(...items)));
  const struct = [0x5f, 1, 0x78, 1];
  const array = [0x5e, 0x7f, 0];
  const continuation = [0x5d, 0];
  const cases: readonly (readonly [string, ErrorCode, Uint8Array, GatePolicy?])[] = [
    ['an empty file', 'not-a-plugin', new Uint8Array()],
    ['a web page', 'not-a-plugin', new TextEncoder().encode('<!doctype html>')],
    ['a component', 'component', Uint8Array.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0])],
    ['version 2', 'invalid-module', Uint8Array.from([0, 0x61, 0x73, 0x6d, 2, 0, 0, 0])],
    ['a shared memory', 'memory-shared', assemble('(module (memory 1 1 shared))')],
    ['an imported shared memory', 'memory-shared', assemble('(module (import "a" "b" (memory 1 1 shared)))')],
    ['a 64-bit memory', 'memory-64', assemble('(module (memory i64 1))')],
    ['a 64-bit table', 'memory-64', moduleOf(section(4, vector([0x70, 4, 1])))],
    ['two memories', 'memory-count', assemble('(module (memory 1) (memory 1))')],
    ['a memory with a custom page size', 'invalid-module', moduleOf(section(5, vector([8, 1, 0])))],
    ['a struct type', 'gc-types', types(struct)],
    ['an array type', 'gc-types', types(array)],
    ['a continuation type', 'gc-types', types(noResult, continuation)],
    ['a continuation type, even with allowGc', 'gc-types', types(noResult, continuation), { allowGc: true }],
    ['a struct in a recursion group', 'gc-types', types([0x4e, 2, ...noResult, ...struct])],
    ['an array as a subtype in a recursion group', 'gc-types', types([0x4e, 1, 0x50, 0, ...array])],
    ['a final struct subtype', 'gc-types', types([0x4f, 1, 0, ...struct])],
    [
      'a tag that holds an exception',
      'gc-types',
      moduleOf(section(1, vector([0x60, 1, 0x69, 0])), section(13, vector([0, 0]))),
    ],
    [
      'a tag that holds a nullable exception',
      'gc-types',
      moduleOf(section(1, vector([0x60, 1, 0x63, 0x69, 0])), section(13, vector([0, 0]))),
    ],
    [
      'a tag with 17 parameters',
      'module-limit',
      moduleOf(section(1, vector([0x60, 17, ...Array<number>(17).fill(0x7f), 0])), section(13, vector([0, 0]))),
    ],
    [
      'a module of more bytes than the cap',
      'module-size',
      moduleOf(custom('a', ...Array<number>(100).fill(0))),
      { maxModuleBytes: 64 },
    ],
    [
      'a section whose declared size is above the cap',
      'module-size',
      Uint8Array.from([...preamble, 0, 0xff, 0xff, 0xff, 0x7f]),
    ],
    [
      '100,001 types',
      'module-limit',
      moduleOf(section(1, [0xa1, 0x8d, 0x06, ...Array.from({ length: 100_001 }, () => noResult).flat()])),
    ],
    [
      'a function type with 1001 parameters',
      'module-limit',
      types([0x60, 0xe9, 0x07, ...Array<number>(1001).fill(0x7f), 0]),
    ],
    [
      '101 function types with 1,000 parameters each',
      'module-limit',
      types(...Array.from({ length: 101 }, () => [0x60, 0xe8, 0x07, ...Array<number>(1000).fill(0x7f), 0])),
    ],
    ['10,001 imports', 'module-limit', moduleOf(section(2, [0x91, 0x4e]))],
    ['10,001 exports', 'module-limit', moduleOf(section(7, [0x91, 0x4e]))],
    [
      'an import section of 1 MiB and a byte',
      'module-limit',
      Uint8Array.from([...preamble, 2, 0x81, 0x80, 0xc0, 0x00]),
    ],
    [
      'an export section of 1 MiB and a byte',
      'module-limit',
      Uint8Array.from([...preamble, 7, 0x81, 0x80, 0xc0, 0x00]),
    ],
    [
      'an element section of 1 MiB and a byte',
      'module-limit',
      Uint8Array.from([...preamble, 9, 0x81, 0x80, 0xc0, 0x00]),
    ],
    ['a type section of 9 MiB', 'module-limit', Uint8Array.from([...preamble, 1, 0x80, 0x80, 0xc0, 0x04])],
    [
      '50,001 locals in ten bytes',
      'module-limit',
      moduleOf(
        section(1, vector(noResult)),
        section(3, vector([0])),
        section(10, vector([6, 1, 0xd1, 0x86, 0x03, 0x7f, 0x0b])),
      ),
    ],
    [
      'a function of 8 MB',
      'module-limit',
      moduleOf(
        section(1, vector(noResult)),
        section(3, vector([0])),
        [10, 0x80, 0x80, 0x80, 4, 1, 0x80, 0x80, 0x80, 4],
      ),
    ],
    ['a million globals', 'module-limit', moduleOf(section(6, [0xc0, 0x84, 0x3d]))],
    ['a million data segments', 'module-limit', moduleOf(section(11, [0xc0, 0x84, 0x3d]))],
    ['a count of a million data segments', 'module-limit', moduleOf(section(12, [0xc0, 0x84, 0x3d]))],
    ['a million element segments', 'module-limit', moduleOf(section(9, [0xc0, 0x84, 0x3d]))],
    ['10,001 custom sections', 'module-limit', moduleOf(Array.from({ length: 10_001 }, () => custom('')).flat())],
    [
      'a second memory section',
      'invalid-module',
      moduleOf(section(5, vector(limits(1))), section(5, vector(limits(1)))),
    ],
    ['sections out of order', 'invalid-module', moduleOf(section(7, [0]), section(5, vector(limits(1))))],
    ['an unknown section', 'invalid-module', moduleOf(section(14, [0]))],
    ['an unknown kind of import', 'invalid-module', moduleOf(section(2, vector([...text('a'), ...text('b'), 0x7f])))],
    ['a name that is not UTF-8', 'invalid-module', moduleOf(section(7, vector([1, 0xff, 3, 0])))],
    ['functions without code', 'invalid-module', moduleOf(section(1, vector(noResult)), section(3, vector([0])))],
    ['code without functions', 'invalid-module', moduleOf(section(10, vector(emptyBody)))],
  ];
  for (const [what, code, bytes, policy] of cases) {
    test(`refuses ${what} with ${code}`, () => {
      const error = refusal(bytes, policy);
      expect(error.code).toBe(code);
      expect(error.expected, 'expected').toBeTruthy();
      expect(error.actual, 'actual').toBeTruthy();
      expect(error.fix, 'fix').toBeTruthy();
    });
  }

  test('throws the same error at every call after the first that failed', () => {
    const gate = createGate();
    const errors = [
      () => gate.push(Uint8Array.from([1, 2, 3, 4])),
      () => gate.push(Uint8Array.from(preamble)),
      () => gate.finish(),
    ].map((act) => {
      try {
        return act();
      } catch (error) {
        return error;
      }
    });
    expect(errors[0]).toBeInstanceOf(Error);
    expect(new Set(errors).size).toBe(1);
  });

  test('admits structs, arrays and exceptions that hold exceptions with allowGc', () => {
    for (const type of [struct, array, [0x4e, 1, 0x50, 0, ...array]]) gated(types(type), { allowGc: true });
    gated(moduleOf(section(1, vector([0x60, 1, 0x69, 0])), section(13, vector([0, 0]))), { allowGc: true });
  });

  test('admits an element section of 1 MiB, or of eight bytes for each entry that tables may have if that is more', () => {
    const elements = (sizeBytes: number): Uint8Array => {
      const entries = sizeBytes - 6;
      const count = [0, 7, 14].map((shift) => ((entries >> shift) & 127) | (shift < 14 ? 128 : 0));
      return moduleOf(
        section(1, vector(noResult)),
        section(3, vector([0])),
        section(9, [1, 1, 0, ...count, ...Array<number>(entries).fill(0)]),
        section(10, vector(emptyBody)),
      );
    };
    for (const [most, maxTableEntries] of [
      [1 << 20, 100],
      [1_200_000, 150_000],
    ] as const) {
      for (const sizeBytes of [most - 1, most]) gated(elements(sizeBytes), { maxTableEntries });
      const { code, details } = refusal(elements(most + 1), { maxTableEntries });
      expect([code, details]).toEqual(['module-limit', { limit: most, count: most + 1 }]);
    }
  });

  test('admits a module of exactly maxModuleBytes', () => {
    const bytes = moduleOf(custom('a', 1, 2, 3));
    expect(gated(bytes, { maxModuleBytes: bytes.length }).report.sizeBytes).toBe(bytes.length);
    expect(refusal(bytes, { maxModuleBytes: bytes.length - 1 }).code).toBe('module-size');
  });
});

describe('an incomplete module', () => {
  const whole =
    assemble(`(module (import "a" "f" (func)) (memory 1) (table 1 funcref) (func $s (local i32)) (export "s" (func $s)) (start $s)
    (data (i32.const 0) "some data"))`);

  test('is refused at every length at which the engine refuses it, with the number of missing bytes', () => {
    for (let length = 1; length < whole.length; length += 1) {
      const part = whole.slice(0, length);
      if (WebAssembly.validate(part)) gated(part);
      else expect(refusal(part).code).toBe('invalid-module');
    }
    expect(refusal(whole.slice(0, whole.length - 1))).toMatchObject({ expected: '1 more bytes' });
    expect(refusal(whole.slice(0, 5))).toMatchObject({ expected: '3 more bytes', actual: 'the end of the file' });
  });
});

describe('a module that needs no change', () => {
  const bytes = moduleOf(
    custom('one'),
    [1, 0x84, 0x80, 0x00, 1, ...noResult],
    section(3, vector([0])),
    section(7, vector([...text('f'), 0, 0])),
    custom('two', 1, 2, 3),
    section(10, vector(emptyBody)),
    custom('three'),
  );

  test('passes unchanged, even if a size is encoded in more bytes than needed', () => {
    for (const cuts of [[1], [2, 3], [1000]]) {
      const result = gated(bytes, { maxPages: 1 }, cuts);
      expect(result.bytes).toEqual(bytes);
      expect(result.report.rewritten).toBe(false);
    }
  });

  test('is not copied', () => {
    const body = custom('big', ...Array<number>(5000).fill(1));
    const source = moduleOf(section(1, vector(noResult)), body);
    const [out, ...more] = createGate().push(source);
    expect(out?.buffer).toBe(source.buffer);
    expect(more).toEqual([]);
  });
});

describe('the report', () => {
  const source = `(module
    (import "extism:host/env" "alloc" (func (param i64) (result i64)))
    (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
    (import "env" "__proto__" (global i32)) (import "env" "tag" (tag (param i32)))
    (import "constructor" "table" (table 1 2 externref))
    (memory (export "__proto__") 1 9) (tag (export "toString")) (global (export "") (mut f64) (f64.const 0))
    (func (export "f") (param f32 externref) (result i32 i64) (i32.const 1) (i64.const 2))
    (export "alloc" (func 0)) (data "x"))`;

  test('lists the same imports and exports as the engine, and their types', () => {
    const bytes = assemble(source);
    const { report, bytes: out } = gated(bytes, { maxPages: 4 });
    const module = new WebAssembly.Module(out);
    const names = <One extends { name: string; kind: string }>(list: readonly One[]): unknown =>
      list.map(({ name, kind }) => ({ name, kind }));
    expect(names(report.imports)).toEqual(names(WebAssembly.Module.imports(module)));
    expect(names(report.exports)).toEqual(names(WebAssembly.Module.exports(module)));
    expect(report).toMatchObject({
      sizeBytes: bytes.length,
      rewritten: true,
      startExport: null,
      memories: [{ imported: false, initial: 1, declaredMaximum: 9, maximum: 4 }],
      tables: [{ imported: true, element: 'externref', initial: 1, declaredMaximum: 2, maximum: 2 }],
      wasi: ['wasi_snapshot_preview1'],
      counts: { functions: 1, globals: 1, tags: 1, dataSegments: 1, elements: 0 },
    });
    expect(report.imports[0]).toMatchObject({ type: { params: ['i64'], results: ['i64'] } });
    expect(report.imports[2]).toMatchObject({ name: '__proto__', value: 'i32', mutable: false });
    expect(report.exports[3]).toMatchObject({ type: { params: ['f32', 'externref'], results: ['i32', 'i64'] } });
    expect(report.exports[4]).toMatchObject({ name: 'alloc', type: { params: ['i64'], results: ['i64'] } });
    expect(structuredClone(report)).toEqual(report);
  });

  test('lists the tools that built the module', () => {
    const field = (name: string, ...values: readonly [string, string][]): number[] => [
      ...text(name),
      ...vector(...values.map(([tool, version]) => [...text(tool), ...text(version)])),
    ];
    const body = vector(
      field('language', ['Rust', '']),
      field('processed-by', ['rustc', '1.80'], ['wasm-opt', 'x'.repeat(500)]),
    );
    const { report } = gated(moduleOf(custom('producers', ...body)), {}, [1]);
    expect(report.producers).toEqual([
      { field: 'language', name: 'Rust', version: '' },
      { field: 'processed-by', name: 'rustc', version: '1.80' },
      { field: 'processed-by', name: 'wasm-opt', version: 'x'.repeat(128) },
    ]);
  });

  test('omits a malformed producers section', () => {
    expect(gated(moduleOf(custom('producers', 9, 9, 9))).report.producers).toEqual([]);
  });
});
