import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readOutline } from './outline.js';
import { Reader } from '../reader/reader.js';
import { attach, outcomes, metered, meterLevels, passed, runMetered, Tank } from './test-meter.js';
import { custom, moduleOf, section, vector } from '../reader/test-modules.js';
import { assemble } from '../reader/test-wat.js';

describe('fuel', () => {
  const cost = (fields: string): number => {
    const tank = new Tank();
    runMetered(fields, 'fuel', tank);
    return tank.used;
  };

  test('counts instructions; block, loop, else, end and nop cost nothing', () => {
    expect(cost('(func (export "run") i32.const 1 drop nop (block i32.const 2 drop))')).toBe(4);
    expect(
      cost(
        '(func (export "run") (if (i32.const 1) (then nop i32.const 1 drop) (else i32.const 1 drop i32.const 1 drop)))',
      ),
    ).toBe(4);
    expect(
      cost('(func (export "run") (if (i32.const 0) (then i32.const 1 drop) (else i32.const 1 drop i32.const 1 drop)))'),
    ).toBe(6);
  });

  test('counts the code that is executed, and not what a branch skips', () => {
    const leaving = (condition: number): string =>
      `(func (export "run") (block (block (br_if 1 (i32.const ${condition})) i32.const 1 drop) i32.const 1 drop) i32.const 1 drop)`;
    expect([cost(leaving(0)), cost(leaving(1))]).toEqual([8, 4]);
    const loop = (turns: number): string => `(func (export "run") (local i32)
      (loop (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br_if 0 (i32.lt_u (local.get 0) (i32.const ${turns})))) i32.const 1 drop)`;
    expect([cost(loop(1)), cost(loop(2)), cost(loop(100_000))]).toEqual([10, 18, 800_002]);
  });

  test('counts the callees of all kinds of calls', () => {
    const small = '(func $f (param i32) local.get 0 drop)';
    expect(cost(`${small} (func (export "run") (call $f (i32.const 1)) (call $f (i32.const 1)))`)).toBe(8);
    expect(
      cost(
        `${small} (table 1 funcref) (elem (i32.const 0) $f) (func (export "run") (call_indirect (param i32) (i32.const 1) (i32.const 0)))`,
      ),
    ).toBe(5);
    expect(
      cost(`(func $f (param i32) (result i32) (if (result i32) (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 5))))
      (func (export "run") (drop (call $f (i32.const 10))))`),
    ).toBe(3 + 10 * 6 + 3);
  });

  test('counts the same for every import, and for every caller of it', () => {
    const imports = (count: number): string =>
      Array.from({ length: count }, (_, at) => `(import "env" "f${at}" (func $f${at}))`).join(' ');
    const used = (fields: string): number => {
      const { bytes, report } = passed(assemble(fields));
      const tank = new Tank();
      outcomes(metered(bytes, 'fuel'), report, tank);
      return tank.used;
    };
    expect(used(`${imports(1)} (func (export "run") call $f0)`)).toBe(2_001);
    expect(used(`${imports(2)} (func (export "run") call $f0 call $f1)`)).toBe(4_002);
    expect(used(`${imports(2)} (func (export "run") call $g) (func $g call $f1 call $f0)`)).toBe(4_003);
  });

  test('counts the bytes that bulk instructions process', () => {
    expect(
      cost('(memory 64) (func (export "run") (memory.fill (i32.const 0) (i32.const 0) (i32.const 3000000)))'),
    ).toBe(3_000_004);
    expect(
      cost('(table 9 funcref) (func (export "run") (table.fill (i32.const 0) (ref.null func) (i32.const 9)))'),
    ).toBe(13);
  });

  test('runs out at the exact instruction', () => {
    const fields = `(func $f (local i32) (loop (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br_if 0 (i32.lt_u (local.get 0) (i32.const 5000)))))
      (func (export "run") (local i32) (loop call $f (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br_if 0 (i32.lt_u (local.get 0) (i32.const 50)))))`;
    const exact = cost(fields);
    const enough = new Tank(exact);
    runMetered(fields, 'fuel', enough);
    expect(enough.used).toBe(exact);
    const tooLittle = new Tank(exact - 1);
    try {
      runMetered(fields, 'fuel', tooLittle);
    } catch {
      // Whether it was stopped on the way, or is found out at the end, is the same.
    }
    expect(tooLittle.used).toBeGreaterThan(exact - 1);
  });
});

describe('a module that names what metering adds stays invalid', () => {
  const unit = section(1, vector([0x60, 0, 0]));
  const body = (...code: number[]): number[] => section(10, vector([code.length + 2, 0, ...code, 0x0b]));
  const cases: Readonly<Record<string, readonly number[][]>> = {
    'its global': [unit, section(3, vector([0])), body(0x41, 0, 0x24, 0)],
    'its table': [unit, section(3, vector([0])), body(0x41, 0, 0xd0, 0x70, 0x26, 0)],
    'its type, called': [
      unit,
      section(3, vector([0])),
      section(4, vector([0x70, 0, 1])),
      body(0x41, 0, 0x41, 0, 0x11, 1, 0, 0x1a),
    ],
    'its type, of a block': [unit, section(3, vector([0])), body(0x41, 0, 0x02, 2, 0x1a, 0x0b)],
    'its type, of a function': [unit, section(3, vector([2])), body()],
    'its type, of a local': [
      unit,
      section(3, vector([0])),
      section(10, vector([6, 1, 1, 0x63, 1, 0x0b, 0x0b].slice(0, 6))),
    ],
    'its type, of a global': [unit, section(3, vector([0])), section(6, vector([0x63, 1, 0, 0xd0, 1, 0x0b])), body()],
    'its function': [unit, section(3, vector([0])), body(0x41, 0, 0x10, 1)],
    'its local': [unit, section(3, vector([0])), body(0x03, 0x40, 0x41, 0, 0x21, 0, 0x0b)],
    'its block': [unit, section(3, vector([0])), body(0x03, 0x40, 0x0c, 2, 0x0b)],
    'its end': [unit, section(3, vector([0])), body(0x03, 0x40, 0x0b, 0x0b, 0x01)],
    'its global, exported': [unit, section(3, vector([0])), section(7, vector([1, 0x67, 3, 0])), body()],
    'its table, exported': [unit, section(3, vector([0])), section(7, vector([1, 0x67, 1, 0])), body()],
    'its table, filled': [unit, section(3, vector([0])), section(9, vector([0, 0x41, 0, 0x0b, 1, 0])), body()],
    'a data segment by 2^28 more than its index': [
      unit,
      section(3, vector([0])),
      section(5, vector([0, 1])),
      section(12, [1]),
      body(0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 8, 0x80, 0x80, 0x80, 0x80, 1, 0),
      section(11, vector([1, 0])),
    ],
    'its function, in a global': [unit, section(3, vector([0])), section(6, vector([0x70, 0, 0xd2, 1, 0x0b])), body()],
  };
  test.each(Object.entries(cases))('%s', (_, sections) => {
    const bytes = moduleOf(...sections) as Uint8Array<ArrayBuffer>;
    expect(WebAssembly.validate(bytes)).toBe(false);
    for (const level of meterLevels) {
      let valid = false;
      try {
        valid = WebAssembly.validate(metered(bytes, level));
      } catch {
        // Refused, which is as good.
      }
      expect(valid).toBe(false);
    }
  });
});

describe('a module that metering would grow beyond a limit is refused', () => {
  const filled = (count: number, loop: string): string =>
    `(func (export "run") ${Array.from({ length: count }, () => loop).join(' ')})`;
  test.each([
    ['locals', `(func (export "run") (local ${'i32 '.repeat(50_000)}) (loop))`, 'at most 50000 locals'],
    ['code', filled(40_000, '(loop nop nop nop)'), 'bytes up to its end'],
    ['places to count at', filled(300_000, '(loop)'), 'blocks, branches and calls'],
  ])('%s', (_, fields, expected) => {
    const { bytes } = passed(assemble(fields));
    for (const level of meterLevels) {
      const grow = (): unknown => metered(bytes, level);
      expect(grow).toThrow(expected);
      expect(grow).toThrow(expect.objectContaining({ code: 'module-limit' }));
    }
  });
});

test('drops custom sections that refer to places in the code, and keeps the others', () => {
  const bytes = moduleOf(
    section(1, vector([0x60, 0, 0])),
    section(3, vector([0])),
    custom('sourceMappingURL', 1),
    section(7, vector([3, 0x72, 0x75, 0x6e, 0, 0])),
    section(10, vector([2, 0, 0x0b])),
    custom('.debug_info', 1),
    custom('external_debug_info', 1),
    custom('reloc.CODE', 1),
    custom('linking', 2),
    custom('name', 0, 1, 0),
    custom('producers', 0),
  ) as Uint8Array<ArrayBuffer>;
  const module = new WebAssembly.Module(metered(bytes, 'fuel'));
  const count = (name: string): number => WebAssembly.Module.customSections(module, name).length;
  const dropped = ['sourceMappingURL', '.debug_info', 'external_debug_info', 'reloc.CODE', 'linking'];
  expect(dropped.map(count)).toEqual([0, 0, 0, 0, 0]);
  expect(['name', 'producers'].map(count)).toEqual([1, 1]);
});

test('keeps the name section except for the names of labels', () => {
  const named = (...content: readonly number[]): number[][] => {
    const bytes = moduleOf(
      section(1, vector([0x60, 0, 0])),
      section(3, vector([0])),
      section(10, vector([5, 0, 0x03, 0x40, 0x0b, 0x0b])),
      custom('name', ...content),
    ) as Uint8Array<ArrayBuffer>;
    const module = new WebAssembly.Module(metered(bytes, 'interrupt'));
    return WebAssembly.Module.customSections(module, 'name').map((one) => [...new Uint8Array(one)]);
  };
  const functions = [1, 4, 1, 0, 1, 0x66];
  const labels = [3, 6, 1, 0, 1, 0, 1, 0x6c];
  const types = [4, 4, 1, 0, 1, 0x74];
  expect(named(...functions, ...labels, ...types)).toEqual([[...functions, ...types]]);
  expect(named(...labels)).toEqual([[]]);
  // Cut short, or of a size that is no number: engines read no further either.
  for (const broken of [
    [...functions, ...labels.slice(0, -1)],
    [...functions, 3],
    [3, 0xff, 0xff, 0xff, 0xff, 0xff],
  ])
    expect(named(...broken)).toEqual([broken]);
});

test('replaces the branch hints of the module by those of the written code', () => {
  const hints = (bytes: Uint8Array<ArrayBuffer>): number[][] =>
    WebAssembly.Module.customSections(new WebAssembly.Module(bytes), 'metadata.code.branch_hint').map((section) => [
      ...new Uint8Array(section),
    ]);
  const plain = (...before: readonly (readonly number[])[]): Uint8Array<ArrayBuffer> =>
    moduleOf(
      section(1, vector([0x60, 0, 0])),
      section(3, vector([0])),
      ...before,
      section(10, vector([9, 0, 0x02, 0x40, 0x41, 0, 0x0d, 0, 0x0b, 0x0b])),
    ) as Uint8Array<ArrayBuffer>;
  // One function, and of it one branch, five bytes from its start.
  const hinted = plain(custom('metadata.code.branch_hint', 1, 0, 1, 5, 1, 0));
  expect(hints(hinted)).toEqual([[1, 0, 1, 5, 1, 0]]);
  expect(hints(metered(hinted, 'interrupt'))).toEqual(hints(metered(plain(), 'interrupt')));
});

test('every branch hint is at an `if` of its function', () => {
  const kernels = readFileSync(new URL('../../../e2e/perf/bench/meter/rust.wasm', import.meta.url));
  for (const level of meterLevels) {
    const { bytes, sections, importedFunctions } = readOutline(metered(passed(kernels).bytes, level));
    const bodyOf = (id: number): Reader => {
      const found = sections.filter((one) => one.id === id).at(id === 0 ? 0 : -1);
      const reader = new Reader(bytes.subarray(0, found?.end), 'test', 0);
      reader.position = found?.body ?? 0;
      return reader;
    };
    const code = bodyOf(10);
    const starts = Array.from({ length: code.u32() }, () => {
      const size = code.u32();
      code.skip(size);
      return code.position - size;
    });
    const hints = bodyOf(0);
    expect(hints.name()).toBe('metadata.code.branch_hint');
    let seen = 0;
    for (let functions = hints.u32(); functions > 0; functions -= 1) {
      const start = starts[hints.u32() - importedFunctions] ?? 0;
      for (let count = hints.u32(); count > 0; count -= 1) {
        expect(bytes[start + hints.u32()]).toBe(0x04);
        expect([hints.byte(), hints.byte()], 'one byte: unlikely').toEqual([1, 0]);
        seen += 1;
      }
    }
    hints.end();
    expect(seen).toBeGreaterThan(100);
  }
});

test('a metered module without a host traps at its first check', () => {
  const bytes = assemble('(func (export "run") (loop br 0))');
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(metered(bytes, 'interrupt')));
  expect(exports['run']).toThrow(WebAssembly.RuntimeError);
  attach(exports, () => -1);
  expect(exports['run']).toThrow('unreachable');
});
