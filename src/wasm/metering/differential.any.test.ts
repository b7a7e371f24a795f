import { describe, expect, test } from 'vitest';
import { outcomes, metered, meterLevels, passed } from './test-meter.js';
import { assemble } from '../reader/test-wat.js';

/** So many locals, each the sum of itself and the next. */
const sums = (count: number): string =>
  Array.from({ length: count }, (_, at) => `(local.set ${at} (i32.add (local.get ${at}) (local.get ${at + 1})))`).join(
    ' ',
  ) + `(local.set ${count} (i32.add (local.get ${count}) (i32.const 1)))`;

describe('what a module does', () => {
  const memory = `(memory (export "memory") 64)
    (func $mark (param i32 i32) (local i32) (loop (i32.store8 (i32.add (local.get 0) (local.get 2)) (local.get 2))
      (local.set 2 (i32.add (local.get 2) (i32.const 7))) (br_if 0 (i32.lt_u (local.get 2) (local.get 1)))))`;
  const modules: Readonly<Record<string, string>> = {
    'values of several types from several places': `(func (export "a") (param i32) (result i32 i64)
        (if (local.get 0) (then (return (i32.const 1) (i64.const 2)))) (i32.const 3) (i64.const 4))
      (func (export "b") (param i32) (result i32) (local i32) (block (loop (br_if 1 (i32.gt_u (local.get 1) (local.get 0)))
        (local.set 1 (i32.add (local.get 1) (i32.const 1))) (if (i32.eq (local.get 1) (i32.const 9)) (then (return (i32.const 77)))) (br 0)))
        (local.get 1))
      (func (export "c") (param i32) (result f64 f32 i32) (local i32) (loop (local.set 1 (i32.add (local.get 1) (i32.const 1)))
        (br_if 1 (f64.const 1) (f32.const 2) (local.get 1) (i32.gt_u (local.get 1) (i32.const 10))) drop drop drop br 0) unreachable)`,
    'long fills, copies and inits': `${memory} (data $d "${'abcdefgh'.repeat(200_000)}")
      (func (export "fill") (memory.fill (i32.const 77) (i32.const 5) (i32.const 3145733)))
      (func (export "mark") (call $mark (i32.const 0) (i32.const 4000000)))
      (func (export "up") (memory.copy (i32.const 1000) (i32.const 3000) (i32.const 3500000)))
      (func (export "down") (memory.copy (i32.const 5000) (i32.const 1000) (i32.const 3500001)))
      (func (export "init") (memory.init $d (i32.const 10) (i32.const 3) (i32.const 1599990)))
      (func (export "exact") (memory.fill (i32.const 0) (i32.const 9) (i32.const 1048576)))
      (func (export "none") (memory.copy (i32.const 4194304) (i32.const 0) (i32.const 0)))`,
    'bulk instructions out of bounds, which write nothing': `${memory} (data $d "${'abcdefgh'.repeat(200_000)}")
      (func (export "fill") (memory.fill (i32.const 77) (i32.const 5) (i32.const 4194304)))
      (func (export "fill2") (memory.fill (i32.const 0) (i32.const 5) (i32.const -1)))
      (func (export "to") (memory.copy (i32.const 3000000) (i32.const 0) (i32.const 1500000)))
      (func (export "from") (memory.copy (i32.const 0) (i32.const 3000000) (i32.const 1500000)))
      (func (export "init") (memory.init $d (i32.const 10) (i32.const 3) (i32.const 1599998)))
      (func (export "init2") (memory.init $d (i32.const 3000000) (i32.const 0) (i32.const 1500000)))
      (func (export "z") data.drop $d) (func (export "z2") (memory.init $d (i32.const 10) (i32.const 0) (i32.const 1500000)))`,
    exceptions: `(tag $e (param i32)) (func $f (param i32) (loop (if (local.get 0) (then (throw $e (i32.const 7)))) ))
      (func (export "a") (param i32) (result i32) (try (result i32) (do (call $f (local.get 0)) (i32.const 1)) (catch $e)))
      (func (export "b") (param i32) (try (do (loop (call $f (local.get 0)))) (delegate 0)))
      (func (export "c") (param i32) (try (do (call $f (local.get 0))) (catch_all (rethrow 0))))`,
    'loops whose locals are of all types': `${memory} (func (export "a") (param i32) (param f64) (result i32)
        (local i64 f32 v128 externref funcref i32)
        (loop (local.set 2 (i64.add (i64.mul (local.get 2) (i64.const 31)) (i64.const 7)))
          (local.set 3 (f32.add (f32.mul (local.get 3) (f32.const 0.5)) (f32.const 1.25)))
          (local.set 1 (f64.add (local.get 1) (f64.const 0.0625)))
          (local.set 4 (i32x4.add (local.get 4) (i32x4.splat (local.get 7))))
          (local.set 5 (local.get 5)) (local.set 6 (local.get 6))
          (br_if 0 (i32.lt_u (local.tee 7 (i32.add (local.get 7) (i32.const 1))) (i32.const 100000))))
        (i64.store (i32.const 0) (local.get 2)) (f32.store (i32.const 8) (local.get 3)) (f64.store (i32.const 16) (local.get 1))
        (v128.store (i32.const 32) (local.get 4)) (ref.is_null (local.get 5)))
      (func (export "nan") (result i64) (local f64 i32) (local.set 0 (f64.reinterpret_i64 (i64.const 0x7ff4000000000123)))
        (loop (local.set 0 (local.get 0)) (br_if 0 (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 50000))))
        (i64.reinterpret_f64 (local.get 0)))`,
    'loops with more locals than are carried, or with long indexes': `(func (export "many") (result i32) (local ${'i32 '.repeat(60)})
        (loop ${sums(40)} (br_if 0 (i32.lt_u (local.tee 59 (i32.add (local.get 59) (i32.const 1))) (i32.const 30000)))) (local.get 39))
      (func (export "far") (result i64) (local ${'i64 '.repeat(300)} i32)
        (loop (local.set 299 (i64.add (i64.rotl (local.get 299) (i64.const 1)) (i64.extend_i32_u (local.get 300))))
          (br_if 0 (i32.lt_u (local.tee 300 (i32.add (local.get 300) (i32.const 1))) (i32.const 30000)))) (local.get 299))`,
    'loops that functions run within each other': `(func $inner (param i32) (result i32) (local i32 i32)
        (loop (local.set 2 (i32.add (i32.mul (local.get 2) (i32.const 31)) (i32.add (local.get 0) (local.get 1))))
          (br_if 0 (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 3000)))) (local.get 2))
      (func $outer (export "run") (param i32) (result i32) (local i32 i32)
        (loop (local.set 2 (i32.xor (i32.rotl (local.get 2) (i32.const 5)) (call $inner (local.get 1))))
          (loop (local.set 2 (i32.add (local.get 2) (local.get 0)))
            (br_if 0 (i32.lt_u (i32.and (local.get 2) (i32.const 1023)) (i32.const 1000))))
          (br_if 0 (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 100)))) (local.get 2))
      (func (export "deep") (param i32) (result i32) (local i32)
        (loop (br_if 0 (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 5000))))
        (if (result i32) (i32.eqz (local.get 0)) (then (local.get 1))
          (else (i32.add (call 2 (i32.sub (local.get 0) (i32.const 1))) (local.get 1)))))`,
    'a start section and tables': `(table (export "t") 3 5 funcref) (elem (i32.const 0) $a $a) (func $a (result i32) i32.const 4)
      (global $g (mut i32) (i32.const 1)) (func $s (global.set $g (call_indirect (result i32) (i32.const 1)))) (start $s)
      (func (export "g") (result i32) global.get $g) (func (export "trap") (result i32) (call_indirect (result i32) (i32.const 2)))
      (func (export "grow") (result i32) (table.grow (ref.null func) (i32.const 2))) (func (export "size") (result i32) table.size 0)`,
  };
  test.each(Object.entries(modules))('%s', (_, fields) => {
    const { bytes, report } = passed(assemble(fields));
    const plain = outcomes(bytes, report);
    expect(plain.length).toBeGreaterThan(1);
    for (const level of meterLevels) expect(outcomes(metered(bytes, level), report), level).toEqual(plain);
  });
});
