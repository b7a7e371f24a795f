// Stores files of every kind, and compares what comes back after the directory is opened again, exported and imported.
import { createHost, removeStoredFiles } from 'tenon';

const mebibyte = 1_048_576;

/** "file" or a like word, in thirty scripts. */
const words = [
  'file',
  'αρχείο',
  'файл',
  'ֆայլ',
  'קובץ',
  'ملف',
  'ܟܬܒܐ',
  'ފައިލް',
  'ߞߍ߲ߟߍ',
  'फ़ाइल',
  'ফাইল',
  'ਫਾਈਲ',
  'ફાઇલ',
  'ଫାଇଲ',
  'கோப்பு',
  'ఫైలు',
  'ಕಡತ',
  'ഫയൽ',
  'ගොනුව',
  'ไฟล์',
  'ໄຟລ໌',
  'ཡིག་ཆ',
  'ဖိုင်',
  'ფაილი',
  'ፋይል',
  'ᏗᎪᏪᎵ',
  'ឯកសារ',
  'ᠹᠠᠶᠢᠯ',
  '文件',
  'ファイル',
  'ひらがな',
  'ㄉㄤˋ',
  '파일',
  '𐌲𐍂𐌰𐌼',
];

/** Names with every ASCII character but NUL and the slash, and those that file systems or browsers reserve. */
const hardNames = [
  ...Array.from({ length: 127 }, (_, index) => String.fromCharCode(index + 1)).filter((char) => !'/.'.includes(char)),
  'CON',
  'nul.txt',
  'a\\b',
  '.crswap',
  '...',
  'trailing.',
  ' ',
  'e\u0301',
  '\u00e9',
  'n'.repeat(255),
  '🎻',
];

/**
 * Files with names in every script, in a zip archive.
 * @param {import('tenon').Host} host
 * @param {number} count
 */
async function archiveOf(host, count) {
  const memory = Object.fromEntries(
    Array.from({ length: count }, (_, index) => {
      const word = words[index % words.length] ?? '';
      return [`${word}/${index % 100}/${word} ${index}`, `content ${index}`];
    }),
  );
  const plugin = await host.createPlugin('/wasi/tools.wasm', { files: { '/data': { memory, maxEntries: 2 * count } } });
  const zip = await (await plugin.files()).exportZip('/data');
  await plugin.close();
  return zip;
}

/** @param {import('tenon').Plugin} plugin */
async function describe(plugin) {
  const files = await plugin.files();
  /** @type {string[]} */
  const lines = [];
  for (const { path, kind, sizeBytes, modifiedAt, target } of await files.list()) {
    const hash = kind === 'file' ? await hashOf(await files.read(path)) : '';
    lines.push(JSON.stringify([path, kind, kind === 'file' ? sizeBytes : 0, modifiedAt, target ?? '', hash]));
  }
  return lines.toSorted();
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
async function hashOf(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(hash.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** @param {readonly string[]} expected @param {readonly string[]} found @param {string} when */
function compare(expected, found, when) {
  const at = expected.findIndex((line, index) => line !== found[index]);
  if (at < 0 && expected.length === found.length) return;
  throw new Error(
    `${when}: expected ${expected.length} entries with ${expected[at]}, found ${found.length} with ${found[at]}`,
  );
}

/**
 * Resolves with what was kept; rejects if anything came back different.
 * @param {{ files: number, megabytes: number }} wanted
 */
export async function keepVariety({ files: count, megabytes }) {
  const host = createHost();
  const limits = { maxBytes: 4 * (megabytes + 16) * mebibyte, maxEntries: 2 * count + 1_000 };
  const [opfs, other] = ['soak-variety', 'soak-variety-imported'];
  const open = (/** @type {string} */ name) =>
    host.createPlugin('/wasi/tools.wasm', { files: { '/data': { opfs: name, ...limits } }, timeoutMs: 300_000 });
  await removeStoredFiles(opfs);
  await removeStoredFiles(other);
  const first = await open(opfs);
  const stored = await first.files();
  for (const [index, name] of hardNames.entries()) await stored.write(`/data/hard/${name}`, `content ${index}`);
  await stored.write(`/data/${'d/'.repeat(62)}file`, 'at a depth of 64');
  await stored.importZip(await archiveOf(host, count), '/data');
  await first.call('write_megabytes', `/data/large ${megabytes}`);
  await first.call('link_file', '/data/large /data/second-name');
  await first.call('link_symbolically', 'large /data/soft');
  await first.call('link_symbolically', 'nowhere /data/dangling');
  await first.call('set_modified', '/data/large 1000000000');
  const before = await describe(first);
  await first.close();
  const second = await open(opfs);
  compare(before, await describe(second), 'opened again');
  const zip = await (await second.files()).exportZip('/data');
  await second.close();
  const third = await open(other);
  await (await third.files()).importZip(zip, '/data', { maxBytes: limits.maxBytes });
  compare(before, await describe(third), 'exported and imported');
  await third.close();
  await removeStoredFiles(opfs);
  await removeStoredFiles(other);
  await host.close();
  return { entries: before.length, scripts: words.length, names: hardNames.length, megabytes };
}
