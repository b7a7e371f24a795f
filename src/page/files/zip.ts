import { crc32 } from '../../contract/bytes.js';
import { PluginError } from '../../contract/errors.js';

/**
 * Zip archives (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT), as far as files of plug-ins need them: no
 * encryption, no more than 4 GiB. Browsers bring the compression.
 */

export interface ZipFile {
  /** With slashes between names; one at the end makes it a directory. */
  readonly path: string;
  readonly content: Uint8Array<ArrayBuffer>;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

const signatures = { file: 0x04034b50, entry: 0x02014b50, end: 0x06054b50 };
const headerBytes = { file: 30, entry: 46, end: 22 };
const stored = 0;
const deflated = 8;
const utf8Names = 0x800;
const encrypted = 1;
const version = 20;
/** A comment may come after the end. */
const longestEnd = headerBytes.end + 0xffff;
const maxEntries = 10_000;
const maxPathChars = 4_096;
const maxPathDepth = 64;

export async function writeZip(files: readonly ZipFile[]): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const entries: Uint8Array<ArrayBuffer>[] = [];
  let at = 0;
  for (const file of files) {
    const name = new TextEncoder().encode(file.path);
    const packed = await piped(file.content, new CompressionStream('deflate-raw'), Number.POSITIVE_INFINITY);
    const isSmaller = packed.length < file.content.length;
    const data = isSmaller ? packed : file.content;
    const common = new DataView(new ArrayBuffer(26));
    common.setUint16(0, version, true);
    common.setUint16(2, utf8Names, true);
    common.setUint16(4, isSmaller ? deflated : stored, true);
    common.setUint32(6, dosTime(file.modifiedAt), true);
    common.setUint32(10, crc32(file.content), true);
    common.setUint32(14, data.length, true);
    common.setUint32(18, file.content.length, true);
    common.setUint16(22, name.length, true);
    parts.push(header(signatures.file, headerBytes.file, [[4, common]]), name, data);
    const place = new DataView(new ArrayBuffer(4));
    place.setUint32(0, at, true);
    entries.push(
      header(signatures.entry, headerBytes.entry, [
        [6, common],
        [42, place],
      ]),
      name,
    );
    at += headerBytes.file + name.length + data.length;
  }
  const end = new DataView(new ArrayBuffer(headerBytes.end));
  end.setUint32(0, signatures.end, true);
  end.setUint16(8, files.length, true);
  end.setUint16(10, files.length, true);
  end.setUint32(
    12,
    entries.reduce((sum, { length }) => sum + length, 0),
    true,
  );
  end.setUint32(16, at, true);
  return new Blob([...parts, ...entries, end], { type: 'application/zip' });
}

/** @throws PluginError `files-failed` for what is no archive, and for one that is larger than `maxBytes` unpacked */
export async function readZip(zip: Blob, maxBytes: number): Promise<ZipFile[]> {
  const bytes = new Uint8Array(await zip.arrayBuffer());
  const view = new DataView(bytes.buffer);
  try {
    return await readEntries(bytes, view, maxBytes);
  } catch (thrown) {
    // A place beyond the end, or data that cannot be unpacked.
    if (thrown instanceof RangeError || thrown instanceof TypeError) throw broken('it is cut short or damaged', thrown);
    throw thrown;
  }
}

async function readEntries(bytes: Uint8Array<ArrayBuffer>, view: DataView, maxBytes: number): Promise<ZipFile[]> {
  const end = findEnd(view);
  const count = view.getUint16(end + 10, true);
  const files: ZipFile[] = [];
  let at = view.getUint32(end + 16, true);
  let left = maxBytes;
  // Entries that share their data would unpack it once for each of them.
  let packedLeft = bytes.length;
  if (count > maxEntries) throw tooMany(count);
  for (let index = 0; index < count; index += 1) {
    if (view.getUint32(at, true) !== signatures.entry) throw broken('its list of files is damaged');
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((place) => view.getUint16(at + place, true));
    const nameAt = at + headerBytes.entry;
    const path = new TextDecoder().decode(bytes.subarray(nameAt, nameAt + (nameLength ?? 0)));
    checkPath(path);
    packedLeft -= view.getUint32(at + 20, true);
    if (packedLeft < 0) throw broken('its files overlap');
    const content = await contentOf(bytes, view, at, left);
    left -= content.length;
    files.push({ path, content, modifiedAt: fromDosTime(view.getUint32(at + 12, true)) });
    at = nameAt + (nameLength ?? 0) + (extraLength ?? 0) + (commentLength ?? 0);
  }
  return files;
}

async function contentOf(
  bytes: Uint8Array<ArrayBuffer>,
  view: DataView,
  entry: number,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const method = view.getUint16(entry + 10, true);
  if ((view.getUint16(entry + 8, true) & encrypted) !== 0 || (method !== stored && method !== deflated)) {
    throw broken('it is encrypted, or packed in a way that browsers do not know');
  }
  const file = view.getUint32(entry + 42, true);
  if (view.getUint32(file, true) !== signatures.file) throw broken('a file in it is damaged');
  const start = file + headerBytes.file + view.getUint16(file + 26, true) + view.getUint16(file + 28, true);
  const data = bytes.slice(start, start + view.getUint32(entry + 20, true));
  const content = method === stored ? data : await piped(data, new DecompressionStream('deflate-raw'), maxBytes);
  if (content.length > maxBytes) throw tooLarge(maxBytes);
  if (crc32(content) !== view.getUint32(entry + 16, true)) throw broken('a file in it has the wrong checksum');
  return content;
}

/** @throws PluginError `files-failed` for a path that is too long or too deep */
function checkPath(path: string): void {
  if (path.length > maxPathChars)
    throw broken(`expected paths of at most ${maxPathChars} characters, found ${path.length}`);
  const depth = path.split('/').length;
  if (depth > maxPathDepth) throw broken(`expected paths of at most ${maxPathDepth} names, found ${depth}`);
}

function findEnd(view: DataView): number {
  const last = view.byteLength - headerBytes.end;
  for (let at = last; at >= 0 && at >= view.byteLength - longestEnd; at -= 1) {
    if (view.getUint32(at, true) === signatures.end) return at;
  }
  throw broken('it does not end as an archive does');
}

/** What comes out of `stream`, as long as it is not too much. */
async function piped(
  bytes: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = new Blob([bytes]).stream().pipeThrough<Uint8Array<ArrayBuffer>>(stream).getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    chunks.push(next.value);
    length += next.value.length;
    if (length > maxBytes) {
      await reader.cancel();
      throw tooLarge(maxBytes);
    }
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

function header(
  signature: number,
  length: number,
  fields: readonly (readonly [at: number, value: DataView])[],
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, signature, true);
  if (signature === signatures.entry) view.setUint16(4, version, true);
  for (const [at, value] of fields) bytes.set(new Uint8Array(value.buffer), at);
  return bytes;
}

/** Local time in steps of two seconds, from 1980 on. */
function dosTime(ms: number): number {
  const time = new Date(ms);
  const year = Math.min(127, Math.max(0, time.getFullYear() - 1980));
  const date = (year << 9) | ((time.getMonth() + 1) << 5) | time.getDate();
  return ((date << 16) | (time.getHours() << 11) | (time.getMinutes() << 5) | (time.getSeconds() >> 1)) >>> 0;
}

function fromDosTime(value: number): number {
  const [year, month, day] = [(value >>> 25) + 1980, ((value >>> 21) & 15) - 1, (value >>> 16) & 31];
  return new Date(year, month, day, (value >>> 11) & 31, (value >>> 5) & 63, (value & 31) * 2).getTime();
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

function tooLarge(maxBytes: number): PluginError {
  return new PluginError('files-failed', {
    message: `The zip archive is too large: expected at most ${maxBytes} unpacked bytes`,
    where: 'zip',
    expected: `at most ${maxBytes} bytes`,
    fix: 'Raise maxBytes, or remove files from the archive.',
  });
}
