// Measures stored directories and streams of WASI programs.
import { createHost, removeStoredFiles } from 'tenon';

const mebibyte = 1_048_576;
const limits = { maxBytes: 800 * mebibyte, maxEntries: 50_000 };
const host = createHost();
/** @type {Map<string, Promise<WebAssembly.Module>>} */
const modules = new Map();

/** Compiled before, so that only opening is measured. @param {string} program */
function moduleOf(program) {
  const made = modules.get(program) ?? host.compile(`/wasi/${program}.wasm`);
  modules.set(program, made);
  return made;
}

/** @param {import('tenon').DirectoryOptions} directory */
async function openTools(directory) {
  return host.createPlugin(await moduleOf('tools'), { files: { '/data': directory } });
}

/** @param {number} count */
async function archiveOf(count) {
  const memory = Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`d${index % 100}/file ${index}`, `content of file ${index}\n`]),
  );
  const plugin = await openTools({ memory, ...limits });
  const zip = await (await plugin.files()).exportZip('/data');
  await plugin.close();
  return zip;
}

/** @param {() => Promise<unknown>} run */
async function timed(run) {
  const start = performance.now();
  await run();
  return Math.round(performance.now() - start);
}

/**
 * Stores files, and opens the directory again. Resolves with milliseconds.
 * @param {number} count
 */
export async function storeAndOpen(count) {
  const [opfs, zip] = ['soak-many', await archiveOf(count)];
  await removeStoredFiles(opfs);
  const first = await openTools({ opfs, ...limits });
  const files = await first.files();
  const storeMs = await timed(() => files.importZip(zip, '/data'));
  await first.close();
  /** @type {import('tenon').Plugin | null} */
  let second = null;
  const openMs = await timed(async () => {
    second = await openTools({ opfs, ...limits });
  });
  await /** @type {import('tenon').Plugin | null} */ (second)?.close();
  await removeStoredFiles(opfs);
  return { storeMs, openMs };
}

/** @param {string} name */
async function packBytes(name) {
  const home = await (await navigator.storage.getDirectory()).getDirectoryHandle('tenon-files');
  const pack = await (await home.getDirectoryHandle(`files-${name}`)).getDirectoryHandle('.tenon-pack-1');
  const size = async (/** @type {string} */ file) => (await (await pack.getFileHandle(file)).getFile()).size;
  return (await size('data')) + (await size('journal-0')) + (await size('journal-1'));
}

/**
 * Appends a byte to a large file. Resolves with the bytes by which what is stored grows, and the milliseconds.
 * @param {number} megabytes
 */
export async function changeOneByte(megabytes) {
  const opfs = 'soak-large';
  await removeStoredFiles(opfs);
  const first = await openTools({ opfs, ...limits });
  const writeMs = await timed(() => first.call('write_megabytes', `/data/large ${megabytes}`));
  await first.close();
  const plugin = await openTools({ opfs, ...limits });
  const readMs = await timed(() => plugin.call('read_megabytes', '/data/large'));
  const before = await packBytes(opfs);
  const changeMs = await timed(() => plugin.call('append', '/data/large x'));
  const grownBytes = (await packBytes(opfs)) - before;
  await plugin.close();
  await removeStoredFiles(opfs);
  return { writeMs, readMs, changeMs, grownBytes };
}

/**
 * Prints bytes to a function of the page. Resolves with the milliseconds.
 * @param {number} megabytes
 */
export async function printMegabytes(megabytes) {
  let bytes = 0;
  const plugin = await host.createPlugin(await moduleOf('streams'), {
    wasi: {
      args: ['streams', 'bytes', String(megabytes * mebibyte)],
      stdout: (piece) => {
        bytes += piece.length;
      },
    },
  });
  const ms = await timed(() => plugin.call('_start'));
  await plugin.close();
  if (bytes !== megabytes * mebibyte) throw new Error(`printed: expected ${megabytes} MiB, found ${bytes} bytes`);
  return ms;
}
