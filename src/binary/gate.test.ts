import { expect, test } from 'vitest';
import { createGate } from './gate.js';
import wabtInit from 'wabt';

test('a module passes', async () => {
  const wabt = await wabtInit();
  const { buffer } = wabt
    .parseWat(
      'm.wat',
      '(module (memory (export "memory") 1) (table 3 funcref) (func $s) (func (export "f") (local i32 i64)) (start $s) (data (i32.const 0) "x"))',
    )
    .toBinary({ write_debug_names: true });
  const gate = createGate({ maxPages: 2 });
  const out = [...buffer].flatMap((b) => gate.push(Uint8Array.of(b)));
  const { rest, report } = gate.finish();
  const bytes = Buffer.concat([...out, ...rest]);
  console.log(report);
  const whole = createGate({ maxPages: 2 });
  expect(Buffer.concat([...whole.push(buffer), ...whole.finish().rest])).toEqual(bytes);
  const m = new WebAssembly.Module(bytes);
  console.log(WebAssembly.Module.exports(m));
  const i = new WebAssembly.Instance(m);
  const memory = i.exports['memory'] as WebAssembly.Memory;
  expect(memory.grow(1)).toBe(1);
  expect(() => memory.grow(1)).toThrow(RangeError);
});
