import { zlibSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { decodePng, encodePng, maxIconBytes, type Picture } from './png.js';

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

function crc(bytes: Uint8Array): number {
  let sum = -1;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

function chunk(type: string, content: ArrayLike<number>): number[] {
  const body = [...Buffer.from(type, 'latin1'), ...Array.from(content)];
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(crc(Uint8Array.from(body)));
  return [...length, ...body, ...sum];
}

interface Sketch {
  readonly width: number;
  readonly height: number;
  readonly depth?: number;
  readonly type?: number;
  readonly interlace?: number;
  /** Rows with their filters. */
  readonly rows: readonly number[];
  readonly palette?: readonly number[];
  readonly alpha?: readonly number[];
  readonly extra?: readonly number[];
}

function png({
  width,
  height,
  depth = 8,
  type = 6,
  interlace = 0,
  rows,
  palette,
  alpha,
  extra = [],
}: Sketch): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, type, 0, 0, interlace], 8);
  return Uint8Array.from([
    ...signature,
    ...chunk('IHDR', header),
    ...extra,
    ...(palette === undefined ? [] : chunk('PLTE', palette)),
    ...(alpha === undefined ? [] : chunk('tRNS', alpha)),
    ...chunk('IDAT', zlibSync(Uint8Array.from(rows))),
    ...chunk('IEND', []),
  ]);
}

function pixelsOf(sketch: Sketch): number[] | string {
  const picture = decodePng(png(sketch));
  return typeof picture === 'string' ? picture : [...picture.rgba];
}

describe('a PNG', () => {
  test.each<[string, Sketch, number[]]>([
    ['red, green, blue and alpha', { width: 1, height: 1, rows: [0, 10, 20, 30, 40] }, [10, 20, 30, 40]],
    ['red, green and blue', { width: 1, height: 1, type: 2, rows: [0, 10, 20, 30] }, [10, 20, 30, 255]],
    [
      'grey with one bit',
      { width: 3, height: 1, type: 0, depth: 1, rows: [0, 0b1010_0000] },
      [255, 255, 255, 255, 0, 0, 0, 255, 255, 255, 255, 255],
    ],
    [
      'grey with four bits',
      { width: 2, height: 1, type: 0, depth: 4, rows: [0, 0x3f] },
      [51, 51, 51, 255, 255, 255, 255, 255],
    ],
    ['grey with 16 bits', { width: 1, height: 1, type: 0, depth: 16, rows: [0, 7, 99] }, [7, 7, 7, 255]],
    ['grey and alpha', { width: 1, height: 1, type: 4, rows: [0, 9, 128] }, [9, 9, 9, 128]],
    [
      'a palette',
      { width: 2, height: 1, type: 3, depth: 2, rows: [0, 0b0100_0000], palette: [1, 2, 3, 4, 5, 6], alpha: [0] },
      [4, 5, 6, 255, 0, 0, 0, 0],
    ],
    [
      'one transparent colour',
      { width: 2, height: 1, type: 2, rows: [0, 1, 2, 3, 1, 2, 4], alpha: [0, 1, 0, 2, 0, 3] },
      [0, 0, 0, 0, 1, 2, 4, 255],
    ],
    ['the filter "left"', { width: 2, height: 1, rows: [1, 1, 2, 3, 255, 1, 1, 1, 0] }, [1, 2, 3, 255, 2, 3, 4, 255]],
    ['the filter "up"', { width: 1, height: 2, rows: [0, 1, 2, 3, 255, 2, 1, 1, 1, 0] }, [1, 2, 3, 255, 2, 3, 4, 255]],
    [
      'the filter "average"',
      { width: 1, height: 2, rows: [0, 10, 20, 30, 255, 3, 1, 1, 1, 128] },
      [10, 20, 30, 255, 6, 11, 16, 255],
    ],
    [
      'the filter "Paeth"',
      { width: 2, height: 2, type: 0, rows: [0, 10, 20, 4, 1, 1] },
      [10, 10, 10, 255, 20, 20, 20, 255, 11, 11, 11, 255, 21, 21, 21, 255],
    ],
    ['a comment', { width: 1, height: 1, rows: [0, 1, 2, 3, 255], extra: chunk('tEXt', [65]) }, [1, 2, 3, 255]],
  ])('with %s is read', (_what, sketch, pixels) => {
    expect(pixelsOf(sketch)).toEqual(pixels);
  });

  test.each<[string, Sketch, string]>([
    [
      'more pixels than 1,024 on a side',
      { width: 1_025, height: 1, rows: [] },
      'expected at most 1024 x 1024 pixels, found 1025 x 1',
    ],
    [
      'the largest sides there are',
      { width: 0xffff_ffff, height: 0xffff_ffff, rows: [] },
      'expected at most 1024 x 1024 pixels, found 4294967295 x 4294967295',
    ],
    ['no pixels', { width: 0, height: 1, rows: [] }, 'expected at most 1024 x 1024 pixels, found 0 x 1'],
    [
      'fewer rows than it says',
      { width: 1, height: 2, rows: [0, 1, 2, 3, 4] },
      'expected 10 bytes of pixels, found fewer',
    ],
    [
      'more rows than it says',
      { width: 1, height: 1, rows: [0, 1, 2, 3, 4, 5] },
      'expected 5 bytes of pixels, found more',
    ],
    [
      'a million zeros in a few bytes',
      { width: 1, height: 1, rows: Array.from({ length: 1_000_000 }, () => 0) },
      'expected 5 bytes of pixels, found more',
    ],
    [
      'an unknown filter',
      { width: 1, height: 1, rows: [5, 1, 2, 3, 4] },
      'expected filters from 0 to 4, found another',
    ],
    [
      'interlacing',
      { width: 1, height: 1, interlace: 1, rows: [0, 1, 2, 3, 4] },
      'expected a PNG that is not interlaced',
    ],
    ['an unknown depth', { width: 1, height: 1, depth: 7, rows: [0] }, 'the header is invalid'],
    ['no palette', { width: 1, height: 1, type: 3, rows: [0, 0] }, 'the palette is missing or invalid'],
    [
      'a needed chunk that is unknown',
      { width: 1, height: 1, rows: [0, 1, 2, 3, 4], extra: chunk('ABCD', []) },
      'a chunk that is needed is unknown',
    ],
    [
      'two headers',
      { width: 1, height: 1, rows: [0, 1, 2, 3, 4], extra: chunk('IHDR', new Uint8Array(13)) },
      'the chunk IHDR is misplaced',
    ],
  ])('with %s is refused', (_what, sketch, sentence) => {
    expect(pixelsOf(sketch)).toBe(sentence);
  });

  test('of more bytes than 256 KiB is refused before it is read', () => {
    expect(decodePng(new Uint8Array(maxIconBytes + 1))).toBe('expected at most 262144 bytes, found 262145');
  });

  test('that is something else is refused', () => {
    expect(decodePng(new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>'))).toBe(
      'expected a PNG, found another format',
    );
  });

  test('that is cut or changed at any byte is refused', () => {
    const good = png({ width: 2, height: 1, rows: [0, 1, 2, 3, 4, 5, 6, 7, 8] });
    for (let at = 0; at < good.length; at += 1) {
      expect(typeof decodePng(good.subarray(0, at)), `cut at ${at}`).toBe('string');
      const changed = good.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      expect(typeof decodePng(changed), `changed at ${at}`).toBe('string');
    }
  });

  test('is written so that it is read the same again', () => {
    const picture: Picture = {
      width: 3,
      height: 2,
      rgba: Uint8Array.from({ length: 24 }, (_, at) => at * 10 + (at % 4 === 3 ? 15 : 0)),
    };
    expect(decodePng(encodePng(picture))).toEqual(picture);
  });

  test('of 1,024 pixels becomes one of 128, with the average of their colours', () => {
    const row = [0, ...Array.from({ length: 1_024 }, (_, x) => (x % 2 === 0 ? 0 : 100))];
    const picture = decodePng(
      png({ width: 1_024, height: 512, type: 0, rows: Array.from({ length: 512 }, () => row).flat() }),
    );
    expect(picture).toMatchObject({ width: 128, height: 64 });
    expect([...(picture as Picture).rgba.subarray(0, 4)]).toEqual([50, 50, 50, 255]);
  });
});
