import { crc32 } from '../../contract/bytes.js';
import { Unzlib, zlibSync } from 'fflate';
import { type Channels, colourAt, readHeader, type PngHeader } from './png-pixels.js';

/** The largest icon that is read, in bytes. */
export const maxIconBytes = 262_144;
/** The longest side of the icon that is stored, in pixels. */
const storedSide = 128;
const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Inflating expands at most 1,032 times, so one step yields at most 1 MiB before the output is counted. */
const stepBytes = 1_024;

/** A picture with four bytes for each pixel: red, green, blue, alpha. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array<ArrayBuffer>;
}

/**
 * Reads a PNG (https://www.w3.org/TR/png-3/), chunk by chunk. Sizes are checked before anything is inflated. Interlaced and animated
 * pictures are refused; chunks that do not change the pixels are dropped.
 * @returns the picture, or the sentence that says why it is refused
 */
export function decodePng(bytes: Uint8Array): Picture | string {
  if (bytes.length > maxIconBytes) return `expected at most ${maxIconBytes} bytes, found ${bytes.length}`;
  if (!signature.every((byte, at) => bytes[at] === byte)) return 'expected a PNG, found another format';
  const chunks = chunksOf(bytes);
  if (typeof chunks === 'string') return chunks;
  const header = readHeader(chunks.header, chunks.palette, chunks.alpha);
  if (typeof header === 'string') return header;
  const rows = inflated(chunks.data, header.height * (1 + header.rowBytes));
  if (typeof rows === 'string') return rows;
  return unfilter(rows, header) ? toPicture(rows, header) : 'expected filters from 0 to 4, found another';
}

interface Chunks {
  readonly header: Uint8Array;
  readonly palette: Uint8Array | null;
  readonly alpha: Uint8Array | null;
  readonly data: readonly Uint8Array[];
}

function chunksOf(bytes: Uint8Array): Chunks | string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found = new Map<string, Uint8Array>();
  const data: Uint8Array[] = [];
  let last = '';
  for (let at = signature.length; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    if (length > bytes.length - at - 12) return 'a chunk is longer than the file';
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const content = bytes.subarray(at + 8, at + 8 + length);
    if (crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length))
      return 'a chunk has the wrong checksum';
    if (last === '' && type !== 'IHDR') return 'the first chunk is not the header';
    if (type === 'IDAT') {
      if (data.length > 0 && last !== 'IDAT') return 'its data is not in one piece';
      data.push(content);
    } else if (['IHDR', 'PLTE', 'tRNS', 'IEND'].includes(type)) {
      if (found.has(type) || (type !== 'IEND' && data.length > 0)) return `the chunk ${type} is misplaced`;
      found.set(type, content);
    } else if (/^[A-Z]/.test(type)) return 'a chunk that is needed is unknown';
    last = type;
    at += 12 + length;
    if (type === 'IEND') {
      const header = found.get('IHDR') ?? new Uint8Array(0);
      return { header, palette: found.get('PLTE') ?? null, alpha: found.get('tRNS') ?? null, data };
    }
  }
  return 'the end is missing';
}

/** Inflates exactly `size` bytes. */
function inflated(parts: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> | string {
  const rows = new Uint8Array(size);
  let length = 0;
  const inflate = new Unzlib((chunk) => {
    if (length + chunk.length <= size) rows.set(chunk, length);
    length += chunk.length;
  });
  /** Returns whether the output still fits. */
  const push = (part: Uint8Array): boolean => {
    inflate.push(part);
    return length <= size;
  };
  const expected = `expected ${size} bytes of pixels, found`;
  try {
    for (const part of parts) {
      for (let at = 0; at < part.length; at += stepBytes)
        if (!push(part.subarray(at, at + stepBytes))) return `${expected} more`;
    }
  } catch {
    return 'its data cannot be inflated';
  }
  return length === size ? rows : `${expected} fewer`;
}

/** Reverses the rows' filters in place. Returns false for an unknown one. */
function unfilter(rows: Uint8Array, { height, rowBytes, pixelBytes }: PngHeader): boolean {
  const stride = rowBytes + 1;
  for (let y = 0; y < height; y += 1) {
    const start = y * stride + 1;
    const filter = rows[start - 1] ?? 0;
    if (filter > 4) return false;
    for (let x = 0; x < rowBytes; x += 1) {
      const at = start + x;
      const left = x < pixelBytes ? 0 : (rows[at - pixelBytes] ?? 0);
      const up = y === 0 ? 0 : (rows[at - stride] ?? 0);
      const corner = y === 0 || x < pixelBytes ? 0 : (rows[at - stride - pixelBytes] ?? 0);
      rows[at] = (rows[at] ?? 0) + predicted(filter, left, up, corner);
    }
  }
  return true;
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter === 0) return 0;
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

/** Converts the pixels, and makes the picture smaller by averaging if a side is longer than what is stored. */
function toPicture(rows: Uint8Array, header: PngHeader): Picture {
  const scale = Math.max(1, header.width / storedSide, header.height / storedSide);
  const width = Math.max(1, Math.round(header.width / scale));
  const height = Math.max(1, Math.round(header.height / scale));
  const rgba = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const left = Math.floor((x * header.width) / width);
      const top = Math.floor((y * header.height) / height);
      const right = Math.max(left + 1, Math.floor(((x + 1) * header.width) / width));
      const bottom = Math.max(top + 1, Math.floor(((y + 1) * header.height) / height));
      rgba.set(average(rows, header, { left, top, right, bottom }), (y * width + x) * 4);
    }
  }
  return { width, height, rgba };
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

function average(rows: Uint8Array, header: PngHeader, { left, top, right, bottom }: Box): Channels {
  const sums = [0, 0, 0, 0] as [number, number, number, number];
  for (let y = top; y < bottom; y += 1) {
    for (let x = left; x < right; x += 1) {
      const [red, green, blue, alpha] = colourAt(rows, header, x, y);
      sums[0] += red * alpha;
      sums[1] += green * alpha;
      sums[2] += blue * alpha;
      sums[3] += alpha;
    }
  }
  const [red, green, blue, alpha] = sums;
  if (alpha === 0) return [0, 0, 0, 0];
  const pixels = (right - left) * (bottom - top);
  return [Math.round(red / alpha), Math.round(green / alpha), Math.round(blue / alpha), Math.round(alpha / pixels)];
}

/** Writes a picture as a PNG of three chunks. */
export function encodePng({ width, height, rgba }: Picture): Uint8Array<ArrayBuffer> {
  const rows = new Uint8Array(height * (1 + width * 4));
  for (let y = 0; y < height; y += 1)
    rows.set(rgba.subarray(y * width * 4, (y + 1) * width * 4), y * (1 + width * 4) + 1);
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 6], 8);
  const chunks = [chunk('IHDR', header), chunk('IDAT', zlibSync(rows, { level: 9 })), chunk('IEND', new Uint8Array(0))];
  const png = new Uint8Array(signature.length + chunks.reduce((sum, { length }) => sum + length, 0));
  png.set(signature);
  let at = signature.length;
  for (const one of chunks) {
    png.set(one, at);
    at += one.length;
  }
  return png;
}

function chunk(type: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(content.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  bytes.set(
    Array.from(type, (letter) => letter.charCodeAt(0)),
    4,
  );
  bytes.set(content, 8);
  view.setUint32(content.length + 8, crc32(bytes.subarray(4, content.length + 8)));
  return bytes;
}
