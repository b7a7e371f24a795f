import { beforeEach, describe, expect, test } from 'vitest';
import {
  bytesAt,
  sizeOf,
  firstAddress,
  forgetGrowth,
  forgeHeader,
  headerBytes,
  isAllZero,
  kernelBytes,
  newKernel,
  pageBytes,
  type TestKernel,
} from './kernel.test-kernel.js';

// One kernel for all tests: Chromium holds about 125 wasm memories in a page.
const shared = newKernel();
let kernel: TestKernel = shared;

beforeEach(() => {
  kernel = shared;
  kernel.set_max_pages(65_536);
  kernel.set_secret(0x1234_5678_9abc_def0n);
  kernel.reset();
});

const first = BigInt(firstAddress);
const far: [string, bigint][] = [
  ['2^32 - 1', 2n ** 32n - 1n],
  ['2^32', 2n ** 32n],
  ['2^32 + 1', 2n ** 32n + 1n],
  ['2^53 + 1', 2n ** 53n + 1n],
  ['2^63 - 1', 2n ** 63n - 1n],
  ['2^63', 2n ** 63n],
  ['2^64 - 8', 2n ** 64n - 8n],
  ['2^64 - 7', 2n ** 64n - 7n],
  ['2^64 - 1', 2n ** 64n - 1n],
];
const root: [string, bigint][] = [
  ['0', 0n],
  ['1', 1n],
  ['8', 8n],
  ['the last byte of the root', first - 1n],
];
const nowhere: [string, bigint][] = [...root, ...far];

function allocated(length: number): bigint {
  const handle = kernel.alloc(BigInt(length));
  expect(handle).not.toBe(0n);
  return handle;
}

function size(): bigint {
  return kernel.memory_bytes();
}

/** Takes the address plus 2^32, which 32-bit arithmetic would take for the address itself. */
function wrapped(address: bigint): bigint {
  return address + 2n ** 32n;
}

describe('the module', () => {
  test('has fewer than 4 KB, imports nothing', () => {
    const bytes = kernelBytes();
    expect(bytes.length).toBeLessThan(4_096);
    expect(WebAssembly.Module.imports(new WebAssembly.Module(bytes))).toEqual([]);
  });

  test('starts with one page', () => {
    const fresh = newKernel();
    expect(fresh.memory_bytes()).toBe(BigInt(pageBytes));
    expect(fresh.memory.buffer.byteLength).toBe(pageBytes);
    expect(fresh.used_bytes()).toBe(first);
  });
});

describe('alloc', () => {
  test('of 0 returns 0', () => {
    expect(kernel.alloc(0n)).toBe(0n);
  });

  test('returns a block that does not overlap another', () => {
    let end = first;
    for (let length = 1; length < 300; length++) {
      const handle = allocated(length);
      expect(handle).toBeGreaterThanOrEqual(end + BigInt(headerBytes));
      end = handle + BigInt(length);
    }
  });

  test.each([
    ...far,
    ['all of memory that could ever be, with the root', 2n ** 32n],
    ['one byte more than fits behind the root', 2n ** 32n - first - 11n],
    ['-960, which overflows with a header', 2n ** 64n - 960n],
  ])('of %s returns 0 and leaves the kernel as it was', (_name, length) => {
    const before = size();
    kernel.set_max_pages(64);
    expect(kernel.alloc(length)).toBe(0n);
    kernel.set_max_pages(65_536);
    if (length > 2n ** 32n) expect(kernel.alloc(length)).toBe(0n);
    expect(size()).toBe(before);
    expect(kernel.length(allocated(10))).toBe(10n);
  });

  test('until refusal, then free, then alloc: the memory is there again', () => {
    kernel.set_max_pages(8);
    const handles: bigint[] = [];
    for (let handle = kernel.alloc(1_000n); handle !== 0n; handle = kernel.alloc(1_000n)) handles.push(handle);
    const room = Math.max(8, Number(size()) / pageBytes) * pageBytes;
    expect(handles.length).toBeGreaterThan((room / 1_024) * 0.9);
    for (const handle of handles) kernel.free(handle);
    expect(handles.map(() => kernel.alloc(1_000n)).every((handle) => handle !== 0n)).toBe(true);
    expect(kernel.alloc(1_000n)).toBe(0n);
  });

  test('until refusal, then free of one: a block of just that size fits', () => {
    kernel.set_max_pages(4);
    const handles: bigint[] = [];
    for (let handle = kernel.alloc(5_000n); handle !== 0n; handle = kernel.alloc(5_000n)) handles.push(handle);
    const middle = handles[5] ?? 0n;
    kernel.free(middle);
    expect(kernel.alloc(5_000n)).toBe(middle);
  });

  /** The bytes that the reference's first page has for blocks, headers included. */
  const firstPage = 65_536 - 64 - 64;

  test.each([
    [-1, true],
    [0, true],
    [1, false],
  ])('reuses a freed block when the reference has %i bytes more than needed: %s', (more, reused) => {
    forgetGrowth(kernel);
    const freed = allocated(1_000);
    allocated(firstPage - 1_012 - 1_012 - 12 - more);
    kernel.free(freed);
    expect(allocated(1_000) === freed).toBe(reused);
  });

  test.each([
    [127, 0],
    [128, 128],
  ])('splits the tail off a freed block with an excess of 128 bytes and more, not %i', (excess, offset) => {
    forgetGrowth(kernel);
    const freed = allocated(100 + excess);
    allocated(firstPage - 300);
    bytesAt(kernel, freed, 100 + excess).fill(7);
    kernel.free(freed);
    const handle = allocated(100);
    expect(handle - freed).toBe(BigInt(offset));
    expect(bytesAt(kernel, handle, 100).every((byte) => byte === 7)).toBe(true);
    expect(sizeOf(kernel, freed)).toBe(offset === 0 ? 227 : 116);
  });

  test('reuses the free block with the lowest address that is long enough, among thousands', () => {
    forgetGrowth(kernel);
    const handles = Array.from({ length: 20_000 }, (_value, index) => allocated(index === 15_000 ? 60 : 40));
    for (const index of [19_000, 15_000, 12_000, 8_000]) kernel.free(handles[index] ?? 0n);
    while (kernel.alloc(61n) < (handles.at(-1) ?? 0n) + 60_000n);
    const made = Array.from({ length: 3_000 }, () => kernel.alloc(41n));
    expect(made).toContain(handles[15_000]);
    const lower = Array.from({ length: 3_000 }, () => kernel.alloc(40n)).filter((handle) => handles.includes(handle));
    expect(lower).toEqual([handles[8_000], handles[12_000], handles[19_000]]);
  });
});

describe('the cap', () => {
  const header = BigInt(headerBytes);

  test.each([2, 3, 17])(
    'of %i pages lets the block that ends with the last page pass, and none that is longer',
    (pages) => {
      const largest = BigInt(pages * pageBytes) - first - header;
      for (const [length, fits] of [
        [largest - 1n, true],
        [largest, true],
        [largest + 1n, false],
      ] as const) {
        kernel = newKernel();
        kernel.set_max_pages(pages);
        expect(kernel.alloc(length) !== 0n).toBe(fits);
        expect(kernel.memory_bytes()).toBeLessThanOrEqual(BigInt(pages * pageBytes));
      }
    },
  );

  test('is never passed by growing in large steps', () => {
    kernel = newKernel();
    kernel.set_max_pages(23);
    while (kernel.alloc(3_000n) !== 0n);
    expect(kernel.memory_bytes()).toBe(BigInt(23 * pageBytes));
  });

  test('below the current size stops growth, and nothing else', () => {
    kernel = newKernel();
    expect(kernel.alloc(200_000n)).not.toBe(0n);
    const before = kernel.memory_bytes();
    kernel.set_max_pages(0);
    kernel.reset();
    expect(kernel.alloc(190_000n)).not.toBe(0n);
    expect(kernel.alloc(200_000n)).toBe(0n);
    expect(kernel.memory_bytes()).toBe(before);
  });

  test('raised later lets memory grow again; -1 and other large numbers are no cap', () => {
    kernel = newKernel();
    kernel.set_max_pages(1);
    expect(kernel.alloc(100_000n)).toBe(0n);
    kernel.set_max_pages(-1);
    expect(kernel.alloc(100_000n)).not.toBe(0n);
  });

  test('outlives reset', () => {
    kernel = newKernel();
    kernel.set_max_pages(1);
    kernel.reset();
    expect(kernel.alloc(100_000n)).toBe(0n);
  });

  test('of the engine, below the one set, refuses as well', () => {
    kernel = newKernel();
    expect(kernel.alloc(2n ** 32n - first - header + 1n)).toBe(0n);
    expect(kernel.alloc(10n)).not.toBe(0n);
  });
});

describe.each(['length', 'length_unsafe'] as const)('%s', (name) => {
  test('of a handle is what was asked for, not what the block could hold', () => {
    for (const length of [1, 15, 16, 17, 1_000, 70_000]) expect(kernel[name](allocated(length))).toBe(BigInt(length));
  });

  test('of a handle outlives the allocs and frees of others', () => {
    const handle = allocated(77);
    for (let index = 0; index < 100; index++) kernel.free(allocated(index + 1));
    expect(kernel[name](handle)).toBe(77n);
  });

  test.each(nowhere)('of %s is 0', (_name, address) => {
    allocated(100);
    expect(kernel[name](address)).toBe(0n);
  });

  test('of any address but the handle is 0', () => {
    const handle = allocated(100);
    const end = handle + 300n;
    for (let address = first - 20n; address < end; address++) {
      expect(kernel[name](address)).toBe(address === handle ? 100n : 0n);
    }
    for (const address of [handle + 99n, handle + 100n, wrapped(handle), handle - 2n ** 64n + 2n ** 33n]) {
      expect(kernel[name](address)).toBe(0n);
    }
    for (const address of [size() - 1n, size(), size() + 1n, size() + 16n]) expect(kernel[name](address)).toBe(0n);
  });

  test('after free is 0', () => {
    const handle = allocated(100);
    const behind = allocated(100);
    kernel.free(handle);
    kernel.free(behind);
    expect(kernel[name](handle)).toBe(0n);
    expect(kernel[name](behind)).toBe(0n);
  });
});

describe('free', () => {
  test.each(nowhere)('of %s does nothing', (_name, address) => {
    const handle = allocated(100);
    kernel.free(address);
    expect(kernel.length(handle)).toBe(100n);
  });

  test('of an interior, last, one past or wrapped address does nothing', () => {
    const handle = allocated(100);
    allocated(100);
    const addresses = [handle + 1n, handle + 16n, handle + 99n, handle + 100n, handle - 16n, wrapped(handle), size()];
    for (const address of addresses) kernel.free(address);
    expect(kernel.length(handle)).toBe(100n);
  });

  test('twice does nothing the second time', () => {
    const handle = allocated(100);
    const behind = allocated(100);
    kernel.free(handle);
    kernel.free(handle);
    kernel.free(behind);
    kernel.free(behind);
    const again = [allocated(100), allocated(100), allocated(100)];
    expect(new Set(again).size).toBe(3);
  });

  test('keeps the bytes until the block is used again', () => {
    const handle = allocated(100);
    bytesAt(kernel, handle, 100).fill(7);
    kernel.free(handle);
    expect(bytesAt(kernel, handle, 100).every((byte) => byte === 7)).toBe(true);
  });

  test('of the input empties it', () => {
    const handle = allocated(100);
    kernel.input_set(handle, 100n);
    kernel.free(handle);
    expect(kernel.input_length()).toBe(0n);
    expect(kernel.input_offset()).toBe(0n);
    expect(kernel.input_load_u8(0n)).toBe(0);
    expect(kernel.input_load_u64(0n)).toBe(0n);
  });

  test('of another block, or of an address inside the input, keeps the input', () => {
    const input = allocated(100);
    kernel.input_set(input, 100n);
    kernel.free(allocated(10));
    kernel.free(input + 1n);
    expect(kernel.input_length()).toBe(100n);
    expect(kernel.input_offset()).toBe(input);
  });

  test('of the output keeps its range and its bytes', () => {
    const handle = allocated(100);
    bytesAt(kernel, handle, 100).fill(9);
    kernel.output_set(handle, 100n);
    kernel.free(handle);
    expect(kernel.output_offset()).toBe(handle);
    expect(kernel.output_length()).toBe(100n);
    expect(bytesAt(kernel, handle, 100).every((byte) => byte === 9)).toBe(true);
    const other = allocated(5);
    kernel.output_set(other, 5n);
    expect([kernel.output_offset(), kernel.output_length()]).toEqual([other, 5n]);
  });

  test('of the error keeps the handle, whose length is then 0', () => {
    const handle = allocated(100);
    kernel.error_set(handle);
    kernel.free(handle);
    expect(kernel.error_get()).toBe(handle);
    expect(kernel.length(handle)).toBe(0n);
  });
});

describe('load and store', () => {
  test('of a word are little endian, at any alignment', () => {
    const handle = allocated(64);
    for (let offset = 0n; offset < 56n; offset++) {
      kernel.store_u64(handle + offset, 0x8877_6655_4433_2211n);
      expect(BigInt.asUintN(64, kernel.load_u64(handle + offset))).toBe(0x8877_6655_4433_2211n);
      expect(kernel.load_u8(handle + offset)).toBe(0x11);
      expect(kernel.load_u8(handle + offset + 7n)).toBe(0x88);
    }
  });

  test('of a byte take only its lowest 8 bits', () => {
    const handle = allocated(8);
    kernel.store_u64(handle, 0n);
    kernel.store_u8(handle, -1);
    kernel.store_u8(handle + 1n, 0x1ff);
    expect(kernel.load_u64(handle)).toBe(0xffffn);
  });

  test('see what the host wrote', () => {
    const handle = allocated(70_000);
    bytesAt(kernel, handle, 70_000).fill(3);
    expect(kernel.load_u8(handle + 69_999n)).toBe(3);
    expect(kernel.load_u64(handle + 69_992n)).toBe(0x0303_0303_0303_0303n);
  });

  test.each(nowhere)('at %s give 0 and write nothing', (_name, address) => {
    allocated(100);
    const before = new Int32Array(kernel.memory.buffer.slice(0));
    kernel.store_u8(address, 0xff);
    kernel.store_u64(address, -1n);
    kernel.store_u64(address - 7n, -1n);
    expect(kernel.load_u8(address)).toBe(0);
    expect(kernel.load_u64(address)).toBe(0n);
    expect(new Int32Array(kernel.memory.buffer).every((word, index) => word === before[index])).toBe(true);
  });

  test('reach from the first block to the last byte of memory, and no further', () => {
    kernel.store_u8(first, 5);
    expect(kernel.load_u8(first)).toBe(5);
    kernel.store_u8(size() - 1n, 6);
    expect(kernel.load_u8(size() - 1n)).toBe(6);
    kernel.store_u64(size() - 8n, -1n);
    expect(kernel.load_u64(size() - 8n)).toBe(-1n);
    for (let past = 1n; past < 20n; past++) {
      kernel.store_u64(size() - 8n + past, 0x0101_0101_0101_0101n);
      expect(kernel.load_u64(size() - 8n + past)).toBe(0n);
      kernel.store_u8(size() - 1n + past, 1);
      expect(kernel.load_u8(size() - 1n + past)).toBe(0);
    }
    expect(kernel.load_u64(size() - 8n)).toBe(-1n);
  });

  test('of a word that only begins or only ends in memory give 0 and write nothing', () => {
    for (let before = 1n; before < 8n; before++) {
      kernel.store_u64(first - before, -1n);
      expect(kernel.load_u64(first - before)).toBe(0n);
    }
    expect(isAllZero(kernel)).toBe(true);
  });

  test('keep out of the root and inside memory when only one byte was ever written', () => {
    for (let offset = 0n; offset < 9n; offset++) {
      kernel.reset();
      kernel.store_u8(first + offset, 1);
      for (const address of [0n, 8n, 16n, first - 8n, size() - 7n, size(), 2n ** 32n + 8n]) {
        kernel.store_u64(address, -1n);
        expect(kernel.load_u64(address)).toBe(0n);
      }
    }
  });

  test('of a word half in memory that was never written give its written half', () => {
    for (let written = 1n; written <= 8n; written++) {
      kernel.reset();
      for (let byte = 0n; byte < written; byte++) kernel.store_u8(first + byte, 0xff);
      expect(BigInt.asUintN(64, kernel.load_u64(first))).toBe(2n ** (8n * written) - 1n);
      kernel.reset();
      kernel.store_u8(first + 4_000n, 0xff);
      expect(BigInt.asUintN(64, kernel.load_u64(first + 4_000n - 8n + written))).toBe(0xffn << (8n * (8n - written)));
    }
  });

  test('work behind all blocks, as long as it is memory', () => {
    allocated(10);
    kernel.store_u64(first + 30_000n, 42n);
    expect(kernel.load_u64(first + 30_000n)).toBe(42n);
    expect(kernel.load_u64(first + 29_996n)).toBe(42n << 32n);
  });
});

describe('the input', () => {
  test('is empty at first and after reset', () => {
    expect([kernel.input_length(), kernel.input_offset()]).toEqual([0n, 0n]);
    kernel.input_set(allocated(10), 10n);
    kernel.reset();
    expect([kernel.input_length(), kernel.input_offset()]).toEqual([0n, 0n]);
    expect(kernel.input_load_u8(0n)).toBe(0);
  });

  test('is read by byte up to its last, and is 0 past it', () => {
    const handle = allocated(10);
    bytesAt(kernel, handle, 16).fill(8);
    kernel.input_set(handle, 10n);
    expect(kernel.input_length()).toBe(10n);
    expect(kernel.input_offset()).toBe(handle);
    for (const offset of [0n, 1n, 5n, 9n]) expect(kernel.input_load_u8(offset)).toBe(8);
    for (const offset of [10n, 11n, ...far.map(([, address]) => address)]) expect(kernel.input_load_u8(offset)).toBe(0);
  });

  test('is read by word up to its last, and is 0 where a word would end past it', () => {
    const handle = allocated(17);
    bytesAt(kernel, handle, 32).set(Array.from({ length: 32 }, (_value, index) => index + 1));
    kernel.input_set(handle, 17n);
    expect(kernel.input_load_u64(0n)).toBe(0x0807_0605_0403_0201n);
    expect(kernel.input_load_u64(1n)).toBe(0x0908_0706_0504_0302n);
    expect(kernel.input_load_u64(9n)).toBe(0x1110_0f0e_0d0c_0b0an);
    for (const offset of [10n, 16n, 17n, 18n, ...far.map(([, address]) => address)]) {
      expect(kernel.input_load_u64(offset)).toBe(0n);
    }
  });

  test.each([1, 7])('of %i bytes has no word', (length) => {
    const handle = allocated(length);
    bytesAt(kernel, handle, 16).fill(1);
    kernel.input_set(handle, BigInt(length));
    for (const offset of [0n, 1n, 2n ** 64n - 1n]) expect(kernel.input_load_u64(offset)).toBe(0n);
  });

  test('of no bytes, or out of bounds, is no input', () => {
    const handle = allocated(10);
    const bad: [bigint, bigint][] = [
      [handle, 0n],
      [0n, 10n],
      [handle, size()],
      [handle, 2n ** 64n - 1n],
      ...nowhere.map(([, address]): [bigint, bigint] => [address, 1n]),
    ];
    for (const [address, length] of bad) {
      kernel.input_set(handle, 10n);
      kernel.input_set(address, length);
      expect([kernel.input_offset(), kernel.input_length()]).toEqual([0n, 0n]);
    }
  });
});

/** Where the output is, and how long. */
function output(): [bigint, bigint] {
  return [kernel.output_offset(), kernel.output_length()];
}

describe('the output', () => {
  test('is any range in bounds: a whole block, an interior part, several blocks, no bytes', () => {
    const handle = allocated(100);
    allocated(100);
    const ranges: [bigint, bigint][] = [
      [handle, 100n],
      [handle + 1n, 1n],
      [handle + 99n, 1n],
      [handle, 0n],
      [handle, 200n],
      [first, 1n],
      [first, size() - first],
      [size() - 1n, 1n],
    ];
    for (const range of ranges) {
      kernel.output_set(...range);
      expect(output()).toEqual(range);
    }
  });

  test.each([0n, 1n, 100n])('at 0 or anywhere out of bounds is ignored, with %i bytes', (length) => {
    const handle = allocated(50);
    kernel.output_set(handle, 50n);
    for (const [, address] of [...nowhere, ['the end of memory', size()], ['wrapped', wrapped(handle)]] as const) {
      kernel.output_set(address, length);
      expect(output()).toEqual([handle, 50n]);
    }
  });

  test('that ends past memory is ignored', () => {
    const handle = allocated(50);
    kernel.output_set(handle, 50n);
    for (const [address, length] of [
      [size() - 1n, 2n],
      [handle, size() - handle + 1n],
      [first, 2n ** 64n - first],
      [handle, 2n ** 64n - 1n],
      [handle, 2n ** 63n],
      [handle, 2n ** 32n],
    ] as const) {
      kernel.output_set(address, length);
      expect(output()).toEqual([handle, 50n]);
    }
  });
});

describe('the error', () => {
  test('is 0 at first, a handle once set, and 0 again once cleared', () => {
    expect(kernel.error_get()).toBe(0n);
    const handle = allocated(10);
    kernel.error_set(handle);
    expect(kernel.error_get()).toBe(handle);
    kernel.error_set(0n);
    expect(kernel.error_get()).toBe(0n);
  });

  test('out of bounds is ignored', () => {
    const handle = allocated(10);
    kernel.error_set(handle);
    for (const [, address] of [...nowhere.slice(1), ['the end of memory', size()]] as const) {
      kernel.error_set(address);
      expect(kernel.error_get()).toBe(handle);
    }
  });

  test('may be an interior address, which has no length', () => {
    const handle = allocated(10);
    for (const address of [handle + 1n, handle + 9n, handle + 10n]) {
      kernel.error_set(address);
      expect(kernel.error_get()).toBe(address);
      expect(kernel.length(address)).toBe(0n);
    }
  });
});

describe('reset', () => {
  test('zeroes every block, stray store and piece of metadata, and keeps the memory', () => {
    const handles = [allocated(10), allocated(70_000), allocated(100)];
    for (const handle of handles) bytesAt(kernel, handle, Number(kernel.length(handle))).fill(1);
    kernel.free(handles[0] ?? 0n);
    kernel.input_set(handles[1] ?? 0n, 5n);
    kernel.output_set(handles[2] ?? 0n, 5n);
    kernel.error_set(handles[2] ?? 0n);
    kernel.store_u8(size() - 1n, 1);
    const before = size();
    kernel.reset();
    expect(isAllZero(kernel)).toBe(true);
    expect(size()).toBe(before);
    for (const handle of handles) expect(kernel.length(handle)).toBe(0n);
    expect([kernel.input_length(), kernel.output_offset(), kernel.output_length(), kernel.error_get()]).toEqual([
      0n,
      0n,
      0n,
      0n,
    ]);
  });

  test('zeroes what a stray store wrote, wherever it was', () => {
    for (const address of [first, first + 6n, first + 7n, size() - 8n]) {
      kernel.store_u64(address, -1n);
      kernel.reset();
      kernel.store_u8(address, 255);
      kernel.reset();
      expect(isAllZero(kernel)).toBe(true);
    }
  });

  test('has little to do after a small call, however large the call before was', () => {
    allocated(1_000_000);
    kernel.reset();
    expect(kernel.used_bytes()).toBe(first);
    allocated(100);
    expect(kernel.used_bytes()).toBeLessThan(first + 200n);
  });
});

describe('used_bytes', () => {
  test('is all that another kernel with the same secret needs to go on', () => {
    const handles = [100, 5_000, 30, 700].map(allocated);
    for (const handle of handles) bytesAt(kernel, handle, Number(kernel.length(handle))).fill(4);
    kernel.free(handles[1] ?? 0n);
    kernel.input_set(handles[0] ?? 0n, 100n);
    kernel.output_set(handles[2] ?? 0n, 30n);
    kernel.error_set(handles[3] ?? 0n);
    kernel.store_u8(first + 20_000n, 6);

    const copy = newKernel();
    copy.set_secret(0x1234_5678_9abc_def0n);
    copy.memory.grow((kernel.memory.buffer.byteLength - copy.memory.buffer.byteLength) / pageBytes);
    new Uint8Array(copy.memory.buffer).set(new Uint8Array(kernel.memory.buffer, 0, Number(kernel.used_bytes())));

    expect(handles.map((handle) => copy.length(handle))).toEqual([100n, 0n, 30n, 700n]);
    expect([copy.input_offset(), copy.output_offset(), copy.error_get()]).toEqual([handles[0], handles[2], handles[3]]);
    expect([copy.input_load_u8(99n), copy.load_u8(first + 20_000n)]).toEqual([4, 6]);
    for (const length of [4_000n, 100n, 100_000n]) expect(copy.alloc(length)).toBe(kernel.alloc(length));
    copy.reset();
    expect(isAllZero(copy)).toBe(true);
  });
});

describe('the secret', () => {
  test('makes the headers of two kernels differ', () => {
    const handle = allocated(10);
    const one = kernel.load_u64(handle - 8n);
    kernel.reset();
    kernel.set_secret(1n);
    expect(allocated(10)).toBe(handle);
    expect(kernel.load_u64(handle - 8n)).not.toBe(one);
  });

  test('outlives reset', () => {
    const handle = allocated(10);
    const one = kernel.load_u64(handle - 8n);
    kernel.reset();
    allocated(10);
    expect(kernel.load_u64(handle - 8n)).toBe(one);
  });

  test('once changed, makes earlier blocks no handles, and nothing breaks', () => {
    const handle = allocated(10);
    const behind = allocated(10);
    kernel.free(handle);
    kernel.set_secret(2n);
    expect(kernel.length(behind)).toBe(0n);
    kernel.free(behind);
    expect(kernel.length(allocated(10))).toBe(10n);
  });
});

describe('a header that a guest writes', () => {
  test('somewhere with another secret is not one', () => {
    const handle = allocated(1_000);
    const inner = Number(handle) + 160;
    forgeHeader(kernel, inner, { size: 64, length: 10, secret: 5n });
    expect(kernel.length(BigInt(inner + headerBytes))).toBe(0n);
    kernel.free(BigInt(inner + headerBytes));
    expect(kernel.length(handle)).toBe(1_000n);
  });

  test('as a copy of a true one is not one: the address is in the check word', () => {
    const small = allocated(20);
    const handle = allocated(1_000);
    for (const offset of [0n, 4n]) kernel.store_u64(handle + 32n + offset, kernel.load_u64(small - 12n + offset));
    expect(kernel.length(handle + 44n)).toBe(0n);
  });

  test.each([
    ['length', 4n],
    ['size', 0n],
    ['check word', 8n],
  ])('over the %s of a block makes it no handle', (_name, offset) => {
    const handle = allocated(100);
    kernel.store_u8(handle - 12n + offset, kernel.load_u8(handle - 12n + offset) ^ 1);
    expect(kernel.length(handle)).toBe(0n);
    kernel.free(handle);
    expect(kernel.length(allocated(100))).toBe(100n);
  });

  const secret = 0x1234_5678_9abc_def0n;
  const bad: [string, { size: number; length: number }][] = [
    ['a size past the blocks', { size: 1_000_000, length: 10 }],
    ['a size of 4 GiB less 16', { size: 0xffff_fff0, length: 10 }],
    ['a size of 0', { size: 0, length: 0 }],
    ['a length over its size', { size: 32, length: 33 }],
    ['a length of 4 GiB', { size: 32, length: 0xffff_ffff }],
  ];

  test.each(bad)('with the true secret but %s is not one', (_name, parts) => {
    const handle = allocated(100);
    forgeHeader(kernel, Number(handle) - headerBytes, { ...parts, secret });
    expect(kernel.length(handle)).toBe(0n);
    kernel.free(handle);
    expect(kernel.length(allocated(100))).toBe(100n);
  });

  test('with the true secret and a smaller size over a free block never spoils the block behind it', () => {
    kernel = newKernel();
    kernel.set_max_pages(1);
    const handle = allocated(1_000);
    const behind = allocated(60_000);
    kernel.free(handle);
    forgeHeader(kernel, Number(handle) - headerBytes, { size: 16, length: 0, secret: 0n });
    while (kernel.alloc(1_000n) !== 0n);
    expect(kernel.length(behind)).toBe(60_000n);
  });
});

describe('a memory of 4 GiB', () => {
  test('is addressed to its last byte and nothing wraps', ({ skip }) => {
    kernel = newKernel();
    try {
      kernel.memory.grow(65_535);
    } catch {
      skip('this machine does not reserve 4 GiB of addresses');
    }
    const end = 2n ** 32n;
    expect(kernel.memory_bytes()).toBe(end);
    for (const address of [end, end + 1n, end + first, end - 7n]) {
      kernel.store_u64(address, -1n);
      expect(kernel.load_u64(address)).toBe(0n);
    }
    expect(kernel.used_bytes()).toBe(first);
    expect(kernel.alloc(end - first - 11n)).toBe(0n);
    const handle = kernel.alloc(end - first - 12n);
    expect(handle).toBe(first + 12n);
    expect(kernel.length(handle)).toBe(end - first - 12n);
    expect(kernel.alloc(1n)).toBe(0n);
    kernel.store_u64(end - 8n, 7n);
    expect(kernel.load_u64(end - 8n)).toBe(7n);
    expect(kernel.used_bytes()).toBe(end);
    kernel.output_set(end - 8n, 8n);
    expect([kernel.output_offset(), kernel.output_length()]).toEqual([end - 8n, 8n]);
    kernel.output_set(end - 8n, 9n);
    expect(kernel.output_length()).toBe(8n);
    kernel.input_set(handle, end - first - 12n);
    expect(kernel.input_load_u64(end - first - 20n)).toBe(7n);
    expect(kernel.input_load_u64(end - first - 19n)).toBe(0n);
    kernel.free(handle);
    expect(kernel.alloc(100n)).toBe(end - 100n);
    expect(kernel.length(end - 100n)).toBe(100n);
  });
});
