import { crc32, joined } from '../../contract/bytes.js';
import type { FileKind } from '../../contract/wasi.js';
import { through } from './through.js';
import {
  extraFields,
  flags,
  headerBytes,
  madeByUnix,
  max16,
  max32,
  methods,
  modes,
  signatures,
  toDosTime,
  toNtfsTime,
} from './zip-format.js';

type Bytes = Uint8Array<ArrayBuffer>;

export interface ZipSource {
  /** With slashes between names. */
  readonly path: string;
  readonly kind: FileKind;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
  /** Content of a file, or the target of a link. */
  readonly pieces: AsyncIterable<Bytes>;
}

/** Version 4.5 of the format has zip64. */
const version = 45;
/** Compressing less than this makes it longer. */
const minDeflatedBytes = 64;
/** When as much is finished, the browser may move it out of memory. */
const flushBytes = 8_388_608;
const encoder = new TextEncoder();

/** An archive that is written entry by entry. */
export class ZipWriter {
  readonly #done: Blob[] = [];
  #parts: Bytes[] = [];
  #partBytes = 0;
  readonly #entries: Bytes[] = [];
  #at = 0;
  #count = 0;

  async add({ path, kind, modifiedAt, pieces }: ZipSource): Promise<void> {
    const name = encoder.encode(kind === 'directory' ? `${path}/` : path);
    const { data, method, size, crc } = await pack(pieces);
    const packed = data.reduce((sum, { length }) => sum + length, 0);
    const common = new DataView(new ArrayBuffer(26));
    common.setUint16(0, version, true);
    common.setUint16(2, flags.utf8Names, true);
    common.setUint16(4, method, true);
    common.setUint32(6, toDosTime(modifiedAt), true);
    common.setUint32(10, crc, true);
    common.setUint32(14, packed, true);
    common.setUint32(18, size, true);
    common.setUint16(22, name.length, true);
    const times = timeFields(modifiedAt);
    const offset = this.#at;
    this.#put([localHeader(common, times), name, times, ...data]);
    const extra = offset < max32 ? times : joined([zip64Offset(offset), times], 12 + times.length);
    this.#entries.push(entryHeader(common, { kind, offset: Math.min(offset, max32), extra }), name, extra);
    this.#count += 1;
  }

  /** Ends the archive. */
  finish(): Blob {
    const start = this.#at;
    const size = this.#entries.reduce((sum, { length }) => sum + length, 0);
    const needs64 = this.#count >= max16 || start + size >= max32;
    const end = endRecords({ count: this.#count, start, size, at: start + size }, needs64);
    // Few parts: a browser takes long to make a Blob of many.
    const rest = joined([...this.#parts, ...this.#entries, end], this.#partBytes + size + end.length);
    return new Blob([...this.#done, rest], { type: 'application/zip' });
  }

  #put(parts: readonly Bytes[]): void {
    for (const part of parts) {
      this.#parts.push(part);
      this.#partBytes += part.length;
      this.#at += part.length;
    }
    if (this.#partBytes < flushBytes) return;
    this.#done.push(new Blob([joined(this.#parts, this.#partBytes)]));
    [this.#parts, this.#partBytes] = [[], 0];
  }
}

interface Packed {
  readonly data: readonly Bytes[];
  readonly method: number;
  readonly size: number;
  readonly crc: number;
}

/** Compresses content, unless that makes it longer. */
async function pack(pieces: AsyncIterable<Bytes>): Promise<Packed> {
  const plain: Bytes[] = [];
  let [size, crc] = [0, 0];
  for await (const piece of pieces) {
    plain.push(piece);
    size += piece.length;
    crc = crc32(piece, crc);
  }
  if (size < minDeflatedBytes) return { data: plain, method: methods.stored, size, crc };
  const packed: Bytes[] = [];
  let packedSize = 0;
  for await (const piece of through(plain, new CompressionStream('deflate-raw'))) {
    packed.push(piece);
    packedSize += piece.length;
  }
  if (packedSize >= size) return { data: plain, method: methods.stored, size, crc };
  return { data: packed, method: methods.deflated, size, crc };
}

function localHeader(common: DataView, { length }: Bytes): Bytes {
  const bytes = new Uint8Array(headerBytes.file);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, signatures.file, true);
  bytes.set(new Uint8Array(common.buffer), 4);
  view.setUint16(28, length, true);
  return bytes;
}

function entryHeader(
  common: DataView,
  { kind, offset, extra }: { readonly kind: FileKind; readonly offset: number; readonly extra: Bytes },
): Bytes {
  const bytes = new Uint8Array(headerBytes.entry);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, signatures.entry, true);
  view.setUint16(4, (madeByUnix << 8) | version, true);
  bytes.set(new Uint8Array(common.buffer), 6);
  view.setUint16(30, extra.length, true);
  // The lower half has the attributes of MS-DOS: 16 is a directory.
  view.setUint32(38, modes[kind] * 65_536 + (kind === 'directory' ? 16 : 0), true);
  view.setUint32(42, offset, true);
  return bytes;
}

/** Returns the extra fields with the time of modification: exact, and in seconds for programs that do not know the other one. */
function timeFields(modifiedAt: number): Bytes {
  const view = new DataView(new ArrayBuffer(36 + 9));
  view.setUint16(0, extraFields.ntfs, true);
  view.setUint16(2, 32, true);
  view.setUint16(8, 1, true);
  view.setUint16(10, 24, true);
  for (const at of [12, 20, 28]) view.setBigUint64(at, toNtfsTime(modifiedAt), true);
  view.setUint16(36, extraFields.unixTimes, true);
  view.setUint16(38, 5, true);
  view.setUint8(40, 1);
  view.setInt32(41, Math.floor(modifiedAt / 1_000), true);
  return new Uint8Array(view.buffer);
}

function zip64Offset(offset: number): Bytes {
  const view = new DataView(new ArrayBuffer(12));
  view.setUint16(0, extraFields.zip64, true);
  view.setUint16(2, 8, true);
  view.setBigUint64(4, BigInt(offset), true);
  return new Uint8Array(view.buffer);
}

interface Directory {
  readonly count: number;
  readonly start: number;
  readonly size: number;
  /** Where it ends. */
  readonly at: number;
}

function endRecords({ count, start, size, at }: Directory, needs64: boolean): Bytes {
  const bytes64 = needs64 ? headerBytes.end64 + headerBytes.locator64 : 0;
  const view = new DataView(new ArrayBuffer(bytes64 + headerBytes.end));
  if (needs64) {
    view.setUint32(0, signatures.end64, true);
    view.setBigUint64(4, BigInt(headerBytes.end64 - 12), true);
    view.setUint16(12, (madeByUnix << 8) | version, true);
    view.setUint16(14, version, true);
    view.setBigUint64(24, BigInt(count), true);
    view.setBigUint64(32, BigInt(count), true);
    view.setBigUint64(40, BigInt(size), true);
    view.setBigUint64(48, BigInt(start), true);
    view.setUint32(headerBytes.end64, signatures.locator64, true);
    view.setBigUint64(headerBytes.end64 + 8, BigInt(at), true);
    view.setUint32(headerBytes.end64 + 16, 1, true);
  }
  view.setUint32(bytes64, signatures.end, true);
  view.setUint16(bytes64 + 8, needs64 ? max16 : count, true);
  view.setUint16(bytes64 + 10, needs64 ? max16 : count, true);
  view.setUint32(bytes64 + 12, needs64 ? max32 : size, true);
  view.setUint32(bytes64 + 16, needs64 ? max32 : start, true);
  return new Uint8Array(view.buffer);
}
