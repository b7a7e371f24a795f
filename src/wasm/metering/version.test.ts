import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { meterVersion } from '../../contract/abi.js';
import { metered, passed } from './test-meter.js';
import { assemble } from '../reader/test-wat.js';

/** A digest of what this version writes. Metered code is cached across visits, so other bytes for the same module need another version. */
const written: Readonly<Record<number, string>> = {
  3: 'b257f71f3caef3dc',
  4: 'b257f71f3caef3dc',
};

/** Instructions that the benchmark kernels do not have. */
const everything = `(import "extism:host/env" "load_u8" (func $load (param i64) (result i32)))
  (import "extism:host/user" "ask" (func $ask (param i64) (result i64))) (import "env" "f" (func $f (result funcref)))
  (memory 2) (table 4 funcref) (elem (i32.const 0) $loops $throws) (data $d "data") (tag $e (param i32))
  (func $loops (param i32) (local i64 f32 f64 v128)
    (loop (local.set 1 (i64.add (local.get 1) (i64.const 1))) (local.set 4 (i32x4.splat (local.get 0)))
      (br_if 0 (i32.eqz (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
  (func $throws (param i32) (throw $e (local.get 0)))
  (func (export "bulk") (memory.fill (i32.const 0) (i32.const 1) (i32.const 9)) (memory.copy (i32.const 0) (i32.const 1) (i32.const 9))
    (memory.init $d (i32.const 0) (i32.const 0) (i32.const 4)) (table.fill 0 (i32.const 0) (ref.null func) (i32.const 2)))
  (func (export "calls") (result i32) (local i32)
    (try (do (loop (call_indirect (param i32) (local.get 0) (i32.const 1)) (br_if 0 (local.get 0)))) (catch $e (local.set 0)) (catch_all))
    (drop (call $ask (i64.const 1))) (drop (call $f)) (return_call $load (i64.const 0)))`;

test('metering writes the same bytes under the same version', () => {
  const all = createHash('sha256');
  for (const name of ['as', 'c', 'rust']) {
    const { bytes } = passed(readFileSync(new URL(`../../../e2e/perf/bench/meter/${name}.wasm`, import.meta.url)));
    all.update(metered(bytes, 'interrupt')).update(metered(bytes, 'fuel'));
  }
  const { bytes } = passed(assemble(everything));
  all.update(metered(bytes, 'interrupt')).update(metered(bytes, 'fuel'));
  expect(all.digest('hex').slice(0, 16), 'raise meterVersion in contract/abi.ts, and add this digest').toBe(
    written[meterVersion],
  );
});
