// One module for each feature of WebAssembly that metering supports, built with Binaryen, which supports all of them. Every export is
// called in a loop, so that there is work to count, and beyond its limits, so that it traps.
import binaryen from 'binaryen';

/** Returns a loop that runs `body` until the counter in local $i reaches `times`. */
const looped = (/** @type {number} */ times, /** @type {string} */ body) =>
  `(loop $l ${body} (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (i32.const ${times}))))`;

/** @type {Readonly<Record<string, string>>} */
const sources = {
  'sign-extension': `(module (func (export "run") (result i64) (local $i i32) (local $s i64)
    ${looped(300, '(local.set $s (i64.add (local.get $s) (i64.extend8_s (i64.extend_i32_u (i32.extend8_s (local.get $i))))))')}
    (i64.add (local.get $s) (i64.extend32_s (i64.const 0xffffffff)))))`,
  'saturating-conversions': `(module (func (export "run") (result i32) (local $i i32) (local $s i32)
    ${looped(200, '(local.set $s (i32.xor (local.get $s) (i32.trunc_sat_f64_s (f64.mul (f64.convert_i32_s (local.get $i)) (f64.const 1e8)))))')}
    (local.get $s)) (func (export "traps") (result i32) (i32.trunc_f64_s (f64.const 1e10))))`,
  'multi-value': `(module (func $two (param i32) (result i32 i32) (local.get 0) (i32.add (local.get 0) (i32.const 1)))
    (func (export "run") (result i32 i64) (local $i i32) (local $s i32)
    ${looped(100, '(local.set $s (i32.add (local.get $s) (i32.mul (call $two (local.get $i)))))')}
    (local.get $s) (i64.const 7)))`,
  'bulk-memory': `(module (memory (export "memory") 40) (data $d "some bytes to be copied")
    (func (export "fill") (memory.fill (i32.const 100) (i32.const 7) (i32.const 2400000)))
    (func (export "copy_up") (memory.copy (i32.const 1000) (i32.const 0) (i32.const 2400000)))
    (func (export "copy_down") (memory.copy (i32.const 0) (i32.const 1000) (i32.const 2400000)))
    (func (export "init") (memory.init $d (i32.const 5) (i32.const 2) (i32.const 9)) (data.drop $d))
    (func (export "init_dropped") (memory.init $d (i32.const 5) (i32.const 2) (i32.const 9)))
    (func (export "fill_past_end") (memory.fill (i32.const 2000000) (i32.const 1) (i32.const 2000000)))
    (func (export "copy_past_end") (memory.copy (i32.const 2000000) (i32.const 0) (i32.const 2000000))))`,
  'reference-types': `(module (table $t (export "table") 4 20 funcref) (table $e 4 20 externref) (elem $s func $f $f $f) (func $f (export "f") (result i32) (i32.const 5))
    (func (export "grow") (result i32) (table.grow $t (ref.func $f) (i32.const 6)))
    (func (export "fill") (table.fill $t (i32.const 1) (ref.null func) (i32.const 3)))
    (func (export "init") (table.init $t $s (i32.const 1) (i32.const 0) (i32.const 3)))
    (func (export "copy") (table.copy $t $t (i32.const 4) (i32.const 1) (i32.const 3)))
    (func (export "size") (result i32) (table.size $t))
    (func (export "call") (result i32) (call_indirect $t (result i32) (i32.const 5)))
    (func (export "grow_too_far") (result i32) (table.grow $e (ref.null extern) (i32.const 100)))
    (func (export "fill_past_end") (table.fill $t (i32.const 9) (ref.null func) (i32.const 9))))`,
  simd: `(module (memory (export "memory") 1) (func (export "run") (result i32) (local $i i32) (local $v v128)
    ${looped(200, '(local.set $v (i32x4.add (local.get $v) (i8x16.shuffle 0 4 8 12 1 5 9 13 2 6 10 14 3 7 11 15 (i32x4.splat (local.get $i)) (v128.const i32x4 1 2 3 4))))')}
    (v128.store (i32.const 16) (local.get $v)) (v128.store8_lane 3 (i32.const 64) (local.get $v)) (i32x4.extract_lane 2 (local.get $v))))`,
  'relaxed-simd': `(module (func (export "run") (result i32) (local $i i32) (local $v v128)
    ${looped(100, '(local.set $v (i32x4.relaxed_trunc_f32x4_s (f32x4.relaxed_madd (f32x4.splat (f32.const 2)) (f32x4.convert_i32x4_s (i32x4.splat (local.get $i))) (f32x4.splat (f32.const 1)))))')}
    (i32x4.extract_lane 1 (local.get $v))))`,
  atomics: `(module (memory (export "memory") 1) (func (export "run") (result i32) (local $i i32)
    ${looped(100, '(drop (i32.atomic.rmw.add (i32.const 8) (local.get $i))) (atomic.fence)')}
    (i64.atomic.store (i32.const 16) (i64.const -1)) (i32.atomic.load (i32.const 8)))
    (func (export "unaligned") (result i32) (i32.atomic.load (i32.const 1))))`,
  'tail-calls': `(module (type $t (func (param i32 i64) (result i64))) (table 1 1 funcref) (elem (i32.const 0) $odd)
    (func $even (type $t) (if (i32.eqz (local.get 0)) (then (return (local.get 1)))) (return_call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i64.add (local.get 1) (i64.const 3)) (i32.const 0)))
    (func $odd (type $t) (if (i32.eqz (local.get 0)) (then (return (local.get 1)))) (return_call $even (i32.sub (local.get 0) (i32.const 1)) (i64.mul (local.get 1) (i64.const 3))))
    (func (export "run") (result i64) (call $even (i32.const 100001) (i64.const 1))))`,
  'older-exceptions': `(module (tag $e (param i32)) (func $f (param i32) (if (i32.and (local.get 0) (i32.const 1)) (then (throw $e (local.get 0)))))
    (func (export "run") (result i32) (local $i i32) (local $s i32) (local $c i32)
    ${looped(300, '(try (do (call $f (local.get $i)) (local.set $s (i32.add (local.get $s) (i32.const 1)))) (catch $e (local.set $c (pop i32)) (local.set $s (i32.add (local.get $s) (local.get $c)))))')}
    (local.get $s))
    (func (export "rethrows") (try $t (do (throw $e (i32.const 4))) (catch_all (rethrow $t)))))`,
  exceptions: `(module (tag $e (param i32)) (func $f (param i32) (if (i32.and (local.get 0) (i32.const 1)) (then (throw $e (local.get 0)))))
    (func (export "run") (result i32) (local $i i32) (local $s i32)
    ${looped(300, '(local.set $s (i32.add (local.get $s) (block $h (result i32) (try_table (catch $e $h) (call $f (local.get $i))) (i32.const 1))))')}
    (local.get $s))
    (func (export "rethrows") (throw_ref (block $h (result exnref) (try_table (catch_all_ref $h) (throw $e (i32.const 4))) (unreachable)))))`,
  'typed-references': `(module (type $t (func (param i32) (result i32))) (func $double (type $t) (i32.shl (local.get 0) (i32.const 1))) (elem declare func $double)
    (func $twice (param $f (ref null $t)) (param $n i32) (result i32)
    (block $none (drop (br_on_null $none (local.get $f))) (return (call_ref $t (call_ref $t (local.get $n) (local.get $f)) (ref.as_non_null (local.get $f))))) (i32.const -1))
    (func (export "run") (result i32) (local $i i32) (local $s i32)
    ${looped(200, '(local.set $s (i32.add (local.get $s) (call $twice (ref.func $double) (local.get $i))))')} (local.get $s))
    (func (export "null") (result i32) (call $twice (ref.null $t) (i32.const 1)))
    (func (export "tail") (result i32) (return_call_ref $t (i32.const 21) (ref.func $double)))
    (func (export "traps") (result i32) (call_ref $t (i32.const 1) (ref.null $t))))`,
  'garbage-collection': `(module (type $p (struct (field i32) (field (mut i64)))) (type $a (array (mut i32))) (type $b (array (mut i8))) (data $d "0123456789abcdef")
    (func (export "structs") (result i64) (local $i i32) (local $p (ref null $p)) (local.set $p (struct.new $p (i32.const 3) (i64.const 4)))
    ${looped(200, '(struct.set $p 1 (local.get $p) (i64.add (struct.get $p 1 (local.get $p)) (i64.extend_i32_u (struct.get $p 0 (local.get $p)))))')} (struct.get $p 1 (local.get $p)))
    (func (export "arrays") (result i32) (local $i i32) (local $s i32) (local $x (ref null $a)) (local $y (ref null $a))
    (local.set $x (array.new $a (i32.const 3) (i32.const 5000))) (local.set $y (array.new_default $a (i32.const 5000)))
    (array.fill $a (local.get $x) (i32.const 10) (i32.const 8) (i32.const 100)) (array.copy $a $a (local.get $y) (i32.const 5) (local.get $x) (i32.const 0) (i32.const 3000))
    ${looped(5000, '(local.set $s (i32.add (local.get $s) (array.get $a (local.get $y) (local.get $i))))')} (local.get $s))
    (func (export "from_data") (result i32) (local $x (ref null $b)) (local.set $x (array.new_data $b $d (i32.const 2) (i32.const 9)))
    (array.init_data $b $d (local.get $x) (i32.const 1) (i32.const 4) (i32.const 3)) (i32.add (array.len (local.get $x)) (array.get_u $b (local.get $x) (i32.const 2))))
    (func (export "casts") (result i32) (local $x anyref) (local.set $x (ref.i31 (i32.const 5)))
    (if (result i32) (ref.test (ref $a) (local.get $x)) (then (i32.const 1)) (else (i31.get_s (ref.cast (ref i31) (local.get $x))))))
    (func (export "branch_on_cast") (result i32) (drop (block $no (result anyref) (drop (br_on_cast_fail $no anyref (ref $p) (ref.i31 (i32.const 1)))) (return (i32.const 1)))) (i32.const 2))
    (func (export "too_long") (result i32) (array.len (array.new $a (i32.const 1) (i32.const -1))))
    (func (export "fill_past_end") (array.fill $a (array.new_default $a (i32.const 4)) (i32.const 2) (i32.const 1) (i32.const 9))))`,
  'extended-constants': `(module (global $g (export "g") i32 (i32.add (i32.const 3) (i32.mul (i32.const 4) (i32.const 5)))) (memory (export "memory") 1) (data (offset (i32.add (i32.const 8) (i32.const 8))) "here")
    (func (export "run") (result i32) (local $i i32) (local $s i32) ${looped(50, '(local.set $s (i32.add (local.get $s) (global.get $g)))')} (local.get $s)))`,
};

/** Builds the modules, by the name of the feature. @returns {ReadonlyMap<string, Uint8Array<ArrayBuffer>>} */
export function featureModules() {
  return new Map(
    Object.entries(sources).map(([name, source]) => {
      const module = binaryen.parseText(source);
      try {
        module.setFeatures(binaryen.Features.All);
        if (module.validate() === 0) throw new Error(`Feature "${name}": expected a valid module`);
        return [name, Uint8Array.from(module.emitBinary())];
      } finally {
        module.dispose();
      }
    }),
  );
}
