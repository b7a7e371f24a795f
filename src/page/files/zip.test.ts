import { describe, expect, test } from 'vitest';
import type { DirectorySetup, FileEntry } from '../../contract/wasi.js';
import { listZip, ZipData, type ZipEntry } from './read-zip.js';
import { exportFiles, importFiles } from './transfer-zip.js';
import { ZipWriter, type ZipSource } from './write-zip.js';
import type { ZipProgress } from './zip-progress.js';

const encoder = new TextEncoder();

async function* pieces(...texts: string[]) {
  for (const text of texts) yield await Promise.resolve(encoder.encode(text));
}

async function zipOf(sources: readonly ZipSource[]): Promise<Blob> {
  const zip = new ZipWriter();
  for (const source of sources) await zip.add(source);
  return zip.finish();
}

async function textOf(zip: Blob, entry: ZipEntry | undefined): Promise<string> {
  const found: Uint8Array<ArrayBuffer>[] = [];
  if (entry !== undefined) for await (const piece of new ZipData(zip).unpack(entry)) found.push(piece);
  return new Blob(found).text();
}

const time = 1_700_000_000_123;
const [long, longer] = ['x'.repeat(100_000), 'äöü€🎻\n'.repeat(20_000)];
const sources: readonly ZipSource[] = [
  { path: 'dir', kind: 'directory', modifiedAt: time, pieces: pieces() },
  { path: 'dir/tiny', kind: 'file', modifiedAt: time, pieces: pieces('t') },
  { path: 'dir/ünï 🎻', kind: 'file', modifiedAt: time + 1, pieces: pieces(long, longer) },
  { path: 'empty', kind: 'file', modifiedAt: 0, pieces: pieces() },
  { path: 'soft', kind: 'symlink', modifiedAt: time + 0.456, pieces: pieces('dir/tiny') },
];

test('what is written is read again: contents, kinds and exact times', async () => {
  const zip = await zipOf(sources);
  const entries = await listZip(zip, 1e9);
  expect(entries.map(({ path, kind, modifiedAt }) => ({ path, kind, modifiedAt }))).toEqual(
    sources.map(({ path, kind, modifiedAt }) => ({ path, kind, modifiedAt: expect.closeTo(modifiedAt, 3) as number })),
  );
  expect(zip.size).toBeLessThan(10_000);
  expect(await Promise.all(entries.map((entry) => textOf(zip, entry)))).toEqual([
    '',
    't',
    long + longer,
    '',
    'dir/tiny',
  ]);
});

test('entries smaller and larger than what is read ahead, packed and stored, are read in any order', async () => {
  const noise = (length: number): string => {
    let state = length;
    return Array.from({ length }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return String.fromCharCode(33 + ((state >>> 16) % 90));
    }).join('');
  };
  const contents = [noise(10), noise(1_400_000), 'same '.repeat(400_000), noise(300_000), '', noise(900_000)];
  const zip = await zipOf(
    contents.map((text, index) => ({ path: `${index}`, kind: 'file', modifiedAt: time, pieces: pieces(text) })),
  );
  const entries = await listZip(zip, 1e9);
  expect(entries.some(({ packedBytes }) => packedBytes > 1_048_576)).toBe(true);
  const data = new ZipData(zip);
  for (const index of [0, 1, 2, 3, 4, 5, 3, 0, 5, 1]) {
    const found: Uint8Array<ArrayBuffer>[] = [];
    const entry = entries[index];
    if (entry !== undefined) for await (const piece of data.unpack(entry)) found.push(piece);
    expect(await new Blob(found).text()).toBe(contents[index]);
  }
});

test('more than 65,535 entries are written and read as zip64', async () => {
  const zip = new ZipWriter();
  for (let index = 0; index < 65_600; index += 1) {
    await zip.add({ path: `${index}`, kind: 'directory', modifiedAt: time, pieces: pieces() });
  }
  await zip.add({ path: 'last', kind: 'file', modifiedAt: time, pieces: pieces('the last one') });
  const packed = zip.finish();
  const entries = await listZip(packed, 1e9);
  expect(entries).toHaveLength(65_601);
  expect(await textOf(packed, entries.at(-1))).toBe('the last one');
}, 60_000);

describe('an archive is refused', () => {
  const refused = async (zip: Blob, maxBytes = 1e9): Promise<string> => {
    try {
      for (const entry of await listZip(zip, maxBytes)) await textOf(zip, entry);
      return 'read';
    } catch (error) {
      return (error as Error).message;
    }
  };

  test('if it is cut short or has a changed byte', async () => {
    const zip = await zipOf([{ path: 'file', kind: 'file', modifiedAt: time, pieces: pieces('some content of it') }]);
    const bytes = new Uint8Array(await zip.arrayBuffer());
    expect(await refused(zip)).toBe('read');
    for (let length = 0; length < bytes.length; length += 7) {
      expect(await refused(new Blob([bytes.subarray(0, length)]))).toContain('Cannot read the zip archive');
    }
    const content = bytes.slice();
    content[30 + 'file'.length + 45] = 0;
    expect(await refused(new Blob([content]))).toContain('checksum');
  });

  test('if it unpacks to more than the limit, or than it says', async () => {
    const zip = await zipOf([{ path: 'zeros', kind: 'file', modifiedAt: time, pieces: pieces('0'.repeat(10_000)) }]);
    expect(await refused(zip, 9_999)).toContain('expected at most 9999 unpacked bytes, found 10000');
    expect(await refused(zip, 10_000)).toBe('read');
    const bytes = new Uint8Array(await zip.arrayBuffer());
    const view = new DataView(bytes.buffer);
    const entry = bytes.length - 22 - (46 + 'zeros'.length + 45);
    view.setUint32(entry + 24, 9_000, true);
    expect(await refused(new Blob([bytes]))).toContain('size');
  });
});

describe('all files of a plug-in come back', () => {
  const mounts = (...paths: string[]): DirectorySetup[] =>
    paths.map((guestPath) => ({
      guestPath,
      readOnly: false,
      maxBytes: 1e9,
      maxEntries: 1e5,
      backing: { kind: 'memory', files: [] },
    }));

  for (const paths of [['/'], ['/data'], ['/data', '/data/inner', '/other'], ['.'], ['work'], ['/a/./b/', '..']]) {
    test(`from and to the guest paths ${paths.join(' ')}`, async () => {
      const entries = paths.flatMap((path): FileEntry[] => {
        const base = { changed: false, revision: '', modifiedAt: time, sizeBytes: 0 };
        const prefix = path.endsWith('/') ? path : `${path}/`;
        return [
          { ...base, path: `${prefix}d`, kind: 'directory', target: null },
          { ...base, path: `${prefix}d/f`, kind: 'file', target: null, sizeBytes: prefix.length },
          { ...base, path: `${prefix}l`, kind: 'symlink', target: 'd/f' },
        ];
      });
      const seen: ZipProgress[] = [];
      const zip = await exportFiles(
        {
          directories: mounts(...paths),
          list: () => Promise.resolve(entries),
          pieces: (path) => pieces(path.slice(0, -3)),
        },
        '/',
        { onProgress: (progress) => seen.push(progress) },
      );
      const edits = await importFiles(zip, '/', mounts(...paths), {});
      expect(edits.map((edit) => [edit.path, 'target' in edit ? edit.target : null])).toEqual(
        entries.map(({ path, target }) => [path, target]),
      );
      expect(seen).toHaveLength(entries.length);
      expect(seen.at(-1)).toMatchObject({ entries: entries.length, totalEntries: entries.length });
    });
  }

  test('unless the import or the export is aborted', async () => {
    const zip = await zipOf([{ path: 'file', kind: 'file', modifiedAt: time, pieces: pieces('content') }]);
    const stop = new AbortController();
    const running = importFiles(zip, '/', mounts('/'), { signal: stop.signal, onProgress: () => {} });
    stop.abort();
    await expect(running).rejects.toMatchObject({ code: 'aborted' });
  });
});
