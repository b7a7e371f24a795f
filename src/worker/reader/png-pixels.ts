/** Red, green, blue and alpha, from 0 to 255. */
export type Channels = readonly [red: number, green: number, blue: number, alpha: number];

/** What a PNG's header says about its pixels. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly type: number;
  /** Bytes of a row, without its filter. */
  readonly rowBytes: number;
  /** The distance that filters look back. */
  readonly pixelBytes: number;
  readonly palette: Uint8Array | null;
  readonly alpha: Uint8Array | null;
}

/** The longest side of an icon that is read, in pixels. */
const maxSide = 1_024;
const headerBytes = 13;

/** Samples in a pixel and the allowed bits of each, by colour type. */
const types: ReadonlyMap<number, { readonly samples: number; readonly depths: readonly number[] }> = new Map([
  [0, { samples: 1, depths: [1, 2, 4, 8, 16] }],
  [2, { samples: 3, depths: [8, 16] }],
  [3, { samples: 1, depths: [1, 2, 4, 8] }],
  [4, { samples: 2, depths: [8, 16] }],
  [6, { samples: 4, depths: [8, 16] }],
]);

/** Reads the chunk IHDR. Returns why the picture is refused if it is. */
export function readHeader(
  header: Uint8Array,
  palette: Uint8Array | null,
  alpha: Uint8Array | null,
): PngHeader | string {
  if (header.length !== headerBytes) return 'the header has another length';
  const view = new DataView(header.buffer, header.byteOffset, headerBytes);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth = 0, type = 0, compression, filter, interlace] = header.subarray(8);
  if (width < 1 || height < 1 || width > maxSide || height > maxSide)
    return `expected at most ${maxSide} x ${maxSide} pixels, found ${width} x ${height}`;
  const form = types.get(type);
  if (form === undefined || !form.depths.includes(depth) || compression !== 0 || filter !== 0)
    return 'the header is invalid';
  if (interlace !== 0) return 'expected a PNG that is not interlaced';
  if (type === 3 && (palette === null || palette.length === 0 || palette.length % 3 !== 0 || palette.length > 768))
    return 'the palette is missing or invalid';
  const bits = form.samples * depth;
  const rowBytes = Math.ceil((width * bits) / 8);
  return { width, height, depth, type, rowBytes, pixelBytes: Math.max(1, bits >> 3), palette, alpha };
}

/** Returns the colour of a pixel. `rows` are the unfiltered rows, each after one byte. */
export function colourAt(rows: Uint8Array, header: PngHeader, x: number, y: number): Channels {
  const { rowBytes, type, depth } = header;
  const start = y * (rowBytes + 1) + 1;
  if (type === 3) return paletteColour(header, bitsAt(rows, start, x, depth));
  const samples = type === 0 ? 1 : type === 2 ? 3 : type === 4 ? 2 : 4;
  const sample = (index: number): number =>
    depth < 8
      ? (bitsAt(rows, start, x, depth) * 255) / (2 ** depth - 1)
      : (rows[start + ((x * samples + index) * depth) / 8] ?? 0);
  if (type === 4 || type === 0) {
    const grey = Math.round(sample(0));
    return [grey, grey, grey, type === 4 ? sample(1) : keyedAlpha(rows, header, x, y)];
  }
  return [sample(0), sample(1), sample(2), type === 6 ? sample(3) : keyedAlpha(rows, header, x, y)];
}

function bitsAt(rows: Uint8Array, start: number, x: number, depth: number): number {
  const bit = x * depth;
  return ((rows[start + (bit >> 3)] ?? 0) >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
}

/** An index beyond the palette is opaque black. */
function paletteColour({ palette, alpha }: PngHeader, index: number): Channels {
  const at = index * 3;
  return [palette?.[at] ?? 0, palette?.[at + 1] ?? 0, palette?.[at + 2] ?? 0, alpha?.[index] ?? 255];
}

/** Without an alpha channel, the chunk tRNS names the one colour that is transparent, in two bytes for each sample. */
function keyedAlpha(rows: Uint8Array, { rowBytes, type, depth, alpha }: PngHeader, x: number, y: number): number {
  if (alpha === null) return 255;
  const samples = type === 0 ? 1 : 3;
  const start = y * (rowBytes + 1) + 1;
  for (let index = 0; index < samples; index += 1) {
    const at = start + ((x * samples + index) * depth) / 8;
    const value =
      depth < 8 ? bitsAt(rows, start, x, depth) : depth === 8 ? rows[at] : (rows[at] ?? 0) * 256 + (rows[at + 1] ?? 0);
    if (value !== (alpha[index * 2] ?? 0) * 256 + (alpha[index * 2 + 1] ?? 0)) return 255;
  }
  return 0;
}
