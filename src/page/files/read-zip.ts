import { crc32 } from '../../contract/bytes.js';
import { describeThrown } from '../../contract/error-wire.js';
import { isPluginError, PluginError } from '../../contract/errors.js';
import type { FileKind } from '../../contract/wasi.js';
import { through } from './through.js';
import {
  extraFields,
  flags,
  fromDosTime,
  fromNtfsTime,
  headerBytes,
  madeByUnix,
  max16,
  max32,
  methods,
  modes,
  signatures,
} from './zip-format.js';

type Bytes = Uint8Array<ArrayBuffer>;

/** An entry of an archive, as its central directory describes it. */
export interface ZipEntry {
  /** Without a slash at its end. */
  readonly path: string;
  readonly kind: FileKind;
  readonly sizeBytes: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly offset: number;
}

/** A comment may come after the end. */
const longestEnd = headerBytes.end + max16 + headerBytes.locator64;
const maxEntries = 1_000_000;
/** More than a million entries with long paths. */
const maxDirectoryBytes = 268_435_456;
const maxPathChars = 4_096;
const decoder = new TextDecoder();
const maxPathDepth = 128;
/** Larger entries are streamed. */
const windowBytes = 1_048_576;

/**
 * Lists what is in an archive. Nothing is unpacked.
 *
 * @throws PluginError `files-failed` for what is no archive, and for one with more than `maxBytes` unpacked
 */
export async function listZip(zip: Blob, maxBytes: number): Promise<ZipEntry[]> {
  try {
    const { count, start, size } = await findDirectory(zip);
    if (count > maxEntries) throw tooMany(count);
    if (size > maxDirectoryBytes || start + size > zip.size) throw broken('its list of files is damaged');
    const entries = parseDirectory(await bytesAt(zip, start, size), count);
    checkSizes(entries, zip.size, maxBytes);
    return entries;
  } catch (thrown) {
    throw asBroken(thrown);
  }
}

/** The data of an archive's entries. Reads ahead, because browsers take a millisecond for each part of a `Blob` that is read. */
export class ZipData {
  readonly #zip: Blob;
  #window: Bytes = new Uint8Array(0);
  #windowAt = 0;

  constructor(zip: Blob) {
    this.#zip = zip;
  }

  /** Unpacks an entry in pieces. @throws PluginError `files-failed` if it is damaged, or larger than its header says */
  async *unpack(entry: ZipEntry): AsyncGenerator<Bytes> {
    try {
      let [size, crc] = [0, 0];
      for await (const piece of await this.#pieces(entry)) {
        size += piece.length;
        if (size > entry.sizeBytes) break;
        crc = crc32(piece, crc);
        yield piece;
      }
      if (size !== entry.sizeBytes) throw broken(`"${entry.path}" does not have the size that its header says`);
      if (crc !== entry.crc) throw broken('a file in it has the wrong checksum');
    } catch (thrown) {
      throw asBroken(thrown);
    }
  }

  async #pieces({
    method,
    flags: bits,
    offset,
    packedBytes,
  }: ZipEntry): Promise<AsyncIterable<Bytes> | Iterable<Bytes>> {
    if ((bits & flags.encrypted) !== 0 || (method !== methods.stored && method !== methods.deflated)) {
      throw broken('it is encrypted, or packed in a way that browsers do not know');
    }
    const header = viewOf(await this.#bytesAt(offset, headerBytes.file));
    if (header.getUint32(0, true) !== signatures.file) throw broken('a file in it is damaged');
    const start = offset + headerBytes.file + header.getUint16(26, true) + header.getUint16(28, true);
    if (packedBytes > windowBytes) return streamed(this.#zip.slice(start, start + packedBytes), method);
    const packed = await this.#bytesAt(start, packedBytes);
    return method === methods.stored ? [packed.slice()] : through([packed], new DecompressionStream('deflate-raw'));
  }

  /** Returns the bytes as a view, which is not to be changed. */
  async #bytesAt(start: number, length: number): Promise<Bytes> {
    const from = start - this.#windowAt;
    if (from >= 0 && from + length <= this.#window.length) return this.#window.subarray(from, from + length);
    this.#window = await bytesAt(this.#zip, start, Math.max(length, windowBytes));
    this.#windowAt = start;
    return this.#window.subarray(0, length);
  }
}

async function* streamed(data: Blob, method: number): AsyncGenerator<Bytes> {
  const stream = data.stream();
  const reader = (
    method === methods.stored ? stream : stream.pipeThrough<Bytes>(new DecompressionStream('deflate-raw'))
  ).getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel().catch(() => {});
  }
}

async function findDirectory(zip: Blob): Promise<{ count: number; start: number; size: number }> {
  const tailAt = Math.max(0, zip.size - longestEnd);
  const tail = viewOf(await bytesAt(zip, tailAt, zip.size - tailAt));
  const end = findEnd(tail);
  const locator = end - headerBytes.locator64;
  if (locator >= 0 && tail.getUint32(locator, true) === signatures.locator64) {
    const record = viewOf(await bytesAt(zip, number64(tail, locator + 8), headerBytes.end64));
    if (record.getUint32(0, true) !== signatures.end64) throw broken('it does not end as an archive does');
    return { count: number64(record, 32), size: number64(record, 40), start: number64(record, 48) };
  }
  return {
    count: tail.getUint16(end + 10, true),
    size: tail.getUint32(end + 12, true),
    start: tail.getUint32(end + 16, true),
  };
}

function findEnd(tail: DataView): number {
  for (let at = tail.byteLength - headerBytes.end; at >= 0; at -= 1) {
    if (tail.getUint32(at, true) === signatures.end) return at;
  }
  throw broken('it does not end as an archive does');
}

function parseDirectory(bytes: Bytes, count: number): ZipEntry[] {
  const view = viewOf(bytes);
  const entries: ZipEntry[] = [];
  let at = 0;
  while (entries.length < count) {
    if (view.getUint32(at, true) !== signatures.entry) throw broken('its list of files is damaged');
    const [nameLength = 0, extraLength = 0, commentLength = 0] = [28, 30, 32].map((place) =>
      view.getUint16(at + place, true),
    );
    const nameAt = at + headerBytes.entry;
    const extraAt = nameAt + nameLength;
    if (extraAt + extraLength > bytes.length) throw broken('its list of files is damaged');
    const name = decoder.decode(bytes.subarray(nameAt, extraAt));
    entries.push(parseEntry(view, at, name, extrasOf(bytes.subarray(extraAt, extraAt + extraLength))));
    at = extraAt + extraLength + commentLength;
  }
  return entries;
}

function parseEntry(view: DataView, at: number, name: string, extras: ReadonlyMap<number, DataView>): ZipEntry {
  checkPath(name);
  const sizes = sizesOf(view, at, extras.get(extraFields.zip64));
  return {
    path: name.replace(/\/+$/u, ''),
    kind: kindOf(view, at, name),
    modifiedAt: timeOf(extras) ?? fromDosTime(view.getUint32(at + 12, true)),
    flags: view.getUint16(at + 8, true),
    method: view.getUint16(at + 10, true),
    crc: view.getUint32(at + 16, true),
    ...sizes,
  };
}

function sizesOf(
  view: DataView,
  at: number,
  zip64: DataView | undefined,
): Pick<ZipEntry, 'sizeBytes' | 'packedBytes' | 'offset'> {
  let next = 0;
  // The zip64 field has only those that do not fit, in this order.
  const number = (place: number): number => {
    const short = view.getUint32(at + place, true);
    if (short !== max32 || zip64 === undefined) return short;
    next += 8;
    return number64(zip64, next - 8);
  };
  return { sizeBytes: number(24), packedBytes: number(20), offset: number(42) };
}

function kindOf(view: DataView, at: number, name: string): FileKind {
  if (name.endsWith('/')) return 'directory';
  const mode = view.getUint8(at + 5) === madeByUnix ? view.getUint16(at + 40, true) & modes.mask : 0;
  return mode === (modes.symlink & modes.mask) ? 'symlink' : 'file';
}

function extrasOf(bytes: Bytes): Map<number, DataView> {
  const view = viewOf(bytes);
  const extras = new Map<number, DataView>();
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = view.getUint16(at + 2, true);
    if (at + 4 + length > bytes.length) break;
    extras.set(view.getUint16(at, true), viewOf(bytes.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return extras;
}

function timeOf(extras: ReadonlyMap<number, DataView>): number | null {
  const ntfs = extras.get(extraFields.ntfs);
  if (ntfs !== undefined && ntfs.byteLength >= 16 && ntfs.getUint16(4, true) === 1) {
    return Math.max(0, fromNtfsTime(ntfs.getBigUint64(8, true)));
  }
  const unix = extras.get(extraFields.unixTimes);
  if (unix === undefined || unix.byteLength < 5 || (unix.getUint8(0) & 1) === 0) return null;
  return Math.max(0, unix.getInt32(1, true) * 1_000);
}

function checkSizes(entries: readonly ZipEntry[], zipBytes: number, maxBytes: number): void {
  let [packed, unpacked] = [0, 0];
  for (const { packedBytes, sizeBytes } of entries) {
    packed += packedBytes;
    unpacked += sizeBytes;
  }
  // Entries that share their data would unpack it once for each of them.
  if (packed > zipBytes) throw broken('its files overlap');
  if (unpacked > maxBytes) throw tooLarge(unpacked, maxBytes);
}

/** @throws PluginError `files-failed` for a path that is too long or too deep */
function checkPath(path: string): void {
  if (path.length > maxPathChars)
    throw broken(`expected paths of at most ${maxPathChars} characters, found ${path.length}`);
  const depth = path.split('/').length;
  if (depth > maxPathDepth) throw broken(`expected paths of at most ${maxPathDepth} names, found ${depth}`);
}

async function bytesAt(zip: Blob, start: number, length: number): Promise<Bytes> {
  return new Uint8Array(await zip.slice(start, start + length).arrayBuffer());
}

function viewOf(bytes: Bytes): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function number64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

/** A place beyond the end is a RangeError; data that cannot be unpacked is a TypeError, in Firefox also a DOMException. */
function asBroken(thrown: unknown): unknown {
  if (isPluginError(thrown)) return thrown;
  return broken(`it is cut short or damaged (${describeThrown(thrown)})`, thrown);
}

function broken(why: string, cause?: unknown): PluginError {
  return new PluginError('files-failed', { message: `Cannot read the zip archive: ${why}`, where: 'zip', cause });
}

function tooMany(count: number): PluginError {
  return new PluginError('files-failed', {
    message: `Too many entries in the zip archive: expected at most ${maxEntries}, found ${count}`,
    where: 'zip',
    expected: `at most ${maxEntries} entries`,
    actual: String(count),
    fix: 'Import it in parts.',
  });
}

function tooLarge(found: number, maxBytes: number): PluginError {
  return new PluginError('files-failed', {
    message: `The zip archive is too large: expected at most ${maxBytes} unpacked bytes, found ${found}`,
    where: 'zip',
    expected: `at most ${maxBytes} bytes`,
    actual: `${found} bytes`,
    fix: 'Raise maxBytes, or remove files from the archive.',
  });
}
