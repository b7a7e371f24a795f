import { moduleOf, section, text, vector } from './test-modules.js';

/** Returns a module of about 10 MB: functions of 250 bytes with arithmetic, as compilers emit them. Each `variant`, 0 to 127, is another module. */
export function largeModule(variant = 0): Uint8Array<ArrayBuffer> {
  const step = [0x20, 0, 0x41, 0xe5, 0x80 | variant, 0x26, 0x6c, 0x20, 1, 0x6a, 0x21, 0];
  const body = [2, 1, 0x7f, 1, 0x7e, ...Array.from({ length: 20 }, () => step).flat(), 0x20, 0, 0x0b];
  const entry = Uint8Array.from([0xf8, 0x01, ...body]);
  const count = 40_000;
  const size = 3 + count * entry.length;
  const types = section(1, vector([0x60, 2, 0x7f, 0x7f, 1, 0x7f]));
  const functions = section(3, [0xc0, 0xb8, 0x02, ...Array<number>(count).fill(0)]);
  const head = moduleOf(types, functions, section(5, vector([0, 1])), section(7, vector([...text('f'), 0, 0])));
  const code = [
    10,
    (size & 127) | 128,
    ((size >> 7) & 127) | 128,
    ((size >> 14) & 127) | 128,
    size >> 21,
    0xc0,
    0xb8,
    0x02,
  ];
  const all = new Uint8Array(head.length + code.length + count * entry.length);
  all.set(head);
  all.set(code, head.length);
  for (let index = 0; index < count; index += 1) all.set(entry, head.length + code.length + index * entry.length);
  return all;
}
