/** Directories `{ opfs }`: what is stored, when, and who may open them. */
import { createHost, type DirectoryOptions, type Plugin, type PluginOptions, removeStoredFiles } from 'tenon';
import { check, contains, equal, failsWith } from '../assert.js';
import { openHost } from '../fixtures.js';
import { type SpecContext, spec } from '../harness.js';
import { freshName, needPrivateFiles, openProgram } from './wasi-kit.js';

async function openStore(
  context: SpecContext,
  directory: DirectoryOptions,
  options: PluginOptions = {},
): Promise<Plugin> {
  return (await openProgram(context, 'tools', { files: { '/data': directory }, ...options })).plugin;
}

const call = async (plugin: Plugin, name: string, input: string): Promise<string> =>
  (await plugin.call(name, input)).text();

/** Returns the name of a new stored directory, which is removed after the spec. */
async function newStore(context: SpecContext): Promise<string> {
  await needPrivateFiles(context);
  const name = freshName();
  context.defer(() => removeStoredFiles(name));
  return name;
}

spec('a stored directory is open for writing in one plug-in at a time', async (context) => {
  const opfs = await newStore(context);
  const first = await openStore(context, { opfs });
  await first.call('append', '/data/a one');
  equal((await failsWith(openStore(context, { opfs }), 'files-in-use')).where, opfs);
  const reader = await openStore(context, { opfs, whenShared: 'read-only' });
  const waiting = openStore(context, { opfs, whenShared: 'wait' });
  await first.call('append', '/data/a +two');
  equal(await call(reader, 'read_text', '/data/a'), 'one');
  equal((await failsWith(reader.call('append', '/data/a x'), 'guest-error')).message, 'errno 69');
  await first.close();
  const second = await waiting;
  equal(await call(second, 'append', '/data/a +three'), '13');
  equal(await call(second, 'read_text', '/data/a'), 'one+two+three');
  await second.close();
  await reader.close();
});

spec('a plug-in that waits for a stored directory fails after queueTimeoutMs', async (context) => {
  const opfs = await newStore(context);
  const first = await openStore(context, { opfs });
  await failsWith(openStore(context, { opfs, whenShared: 'wait' }, { queueTimeoutMs: 50 }), 'files-in-use');
  await first.close();
});

spec('a file that is renamed while the call is aborted exists under the old or the new name', async (context) => {
  const opfs = await newStore(context);
  const megabytes = context.inFull ? 60 : 2;
  const plugin = await openStore(context, { opfs });
  await plugin.call('write_megabytes', `/data/old ${megabytes}`);
  for (const delayMs of context.inFull ? [0, 1, 2, 4, 8, 16] : [1]) {
    const files = await plugin.files();
    const from = (await files.list())[0]?.path ?? '';
    const signal = AbortSignal.timeout(delayMs);
    await plugin
      .call('rename_file', `${from} ${from === '/data/old' ? '/data/new' : '/data/old'}`, { signal })
      .catch(() => {});
    const found = await (await plugin.files()).list();
    equal(
      found.map(({ sizeBytes }) => sizeBytes),
      [megabytes * 1_048_576],
      `aborted after ${delayMs} ms`,
    );
  }
  await plugin.close();
});

/** A name with every ASCII character but NUL and the slash, names in other scripts, and those that file systems reserve. */
const names = [
  Array.from({ length: 127 }, (_, index) => String.fromCharCode(index + 1))
    .join('')
    .replace('/', ''),
  'grüße',
  'Ελληνικά',
  'русский',
  'עברית',
  'العربية',
  'हिन्दी',
  'ไทย',
  '中文',
  '日本語',
  '한국어',
  '🎻',
  'e\u0301',
  '\u00e9',
  'CON',
  'nul.txt',
  'a\\b',
  '.crswap',
  'x.crswap',
  ' ',
  '...',
  'trailing.',
  '~',
  'n'.repeat(255),
];

spec('a stored directory keeps every name, a depth of 64, and times', async (context) => {
  const opfs = await newStore(context);
  const deep = `${'d/'.repeat(63)}file`;
  const paths = [...names, deep].map((name) => `/data/${name}`);
  const first = await openStore(context, { opfs });
  const files = await first.files();
  for (const [index, path] of paths.entries()) await files.write(path, `content ${index}`);
  const before = (await files.list()).map(({ path, kind, modifiedAt }) => [path, kind, modifiedAt]);
  await first.close();
  const second = await openStore(context, { opfs });
  const again = await second.files();
  equal(
    (await again.list()).map(({ path, kind, modifiedAt }) => [path, kind, modifiedAt]),
    before,
  );
  for (const [index, path] of paths.entries()) equal(await again.text(path), `content ${index}`, JSON.stringify(path));
  await second.close();
});

spec('links, times and directories of a stored directory are the same when it is opened again', async (context) => {
  const opfs = await newStore(context);
  const first = await openStore(context, { opfs });
  await first.call('make_directory', '/data/empty');
  await first.call('make_directory', '/data/dir');
  await first.call('append', '/data/dir/file content');
  await first.call('link_file', '/data/dir/file /data/second-name');
  await first.call('link_symbolically', 'dir/file /data/soft');
  await first.call('link_symbolically', 'nowhere /data/dir/dangling');
  const paths = ['empty', 'dir', 'dir/file', 'second-name', 'soft', 'dir/dangling'].map((name) => `/data/${name}`);
  for (const [index, path] of paths.entries()) await first.call('set_modified', `${path} ${1_000_000_000 + index}`);
  const look = async (plugin: Plugin): Promise<string[]> => {
    const described: string[] = [];
    for (const path of paths) described.push(await call(plugin, 'describe', path));
    return described;
  };
  const before = await look(first);
  const kinds = before.map((described) => described.replace(/ inode=\d+/u, ''));
  equal(kinds, [
    'directory links=1 modified=1000000000123456789',
    'directory links=1 modified=1000000001123456789',
    'file links=2 modified=1000000003123456789',
    'file links=2 modified=1000000003123456789',
    'symlink links=1 modified=1000000004123456789',
    'symlink links=1 modified=1000000005123456789',
  ]);
  await first.close();
  const second = await openStore(context, { opfs });
  equal(await look(second), before);
  await second.call('append', '/data/second-name +more');
  equal(await call(second, 'read_text', '/data/soft'), 'content+more');
  await second.close();
});

spec('plain files that an earlier version stored are converted, with what is in folders', async (context) => {
  const opfs = await newStore(context);
  const home = await (await navigator.storage.getDirectory()).getDirectoryHandle('tenon-files', { create: true });
  const folder = await home.getDirectoryHandle(`files-${opfs}`, { create: true });
  const put = async (directory: FileSystemDirectoryHandle, name: string, text: string): Promise<void> => {
    const writable = await (await directory.getFileHandle(name, { create: true })).createWritable();
    await writable.write(text);
    await writable.close();
  };
  await put(folder, 'a', 'plain');
  await put(await folder.getDirectoryHandle('dir', { create: true }), 'b', 'deep');
  const reader = await openStore(context, { opfs, readOnly: true });
  equal(await call(reader, 'read_text', '/data/dir/b'), 'deep');
  await reader.close();
  const plugin = await openStore(context, { opfs });
  equal(
    [await call(plugin, 'read_text', '/data/a'), await call(plugin, 'read_text', '/data/dir/b')],
    ['plain', 'deep'],
  );
  const left: string[] = [];
  for await (const name of folder.keys()) left.push(name);
  equal(left, ['.tenon-pack-1']);
  await plugin.close();
  const again = await openStore(context, { opfs });
  equal(await call(again, 'list', '/data'), 'a dir');
  await again.close();
});

/** Returns the size of the file that holds all contents of a stored directory. */
async function dataBytes(name: string): Promise<number> {
  const home = await (await navigator.storage.getDirectory()).getDirectoryHandle('tenon-files');
  const pack = await (await home.getDirectoryHandle(`files-${name}`)).getDirectoryHandle('.tenon-pack-1');
  return (await (await pack.getFileHandle('data')).getFile()).size;
}

spec('a stored directory of many files opens soon, and a byte of a large file takes no copy of it', async (context) => {
  const opfs = await newStore(context);
  const [count, megabytes] = context.inFull ? [2_000, 32] : [200, 4];
  const directory: DirectoryOptions = { opfs, maxBytes: 400_000_000, maxEntries: 20_000 };
  const all = Array.from(
    { length: count },
    (_, index) => [`d${index % 50}/file ${index}`, `content ${index}`] as const,
  );
  const source = await openStore(context, { memory: Object.fromEntries(all), maxEntries: 20_000 });
  const zip = await (await source.files()).exportZip('/data');
  const first = await openStore(context, directory);
  await (await first.files()).importZip(zip, '/data');
  await first.call('write_megabytes', `/data/large ${megabytes}`);
  const before = await dataBytes(opfs);
  await first.call('append', '/data/large x');
  const grownBy = (await dataBytes(opfs)) - before;
  check(grownBy < 1_048_576, `one byte took ${grownBy} bytes`);
  await first.close();
  const startedAt = performance.now();
  const second = await openStore(context, directory);
  const elapsedMs = performance.now() - startedAt;
  check(elapsedMs < 10_000, `opened in ${elapsedMs} ms`);
  equal(await call(second, 'read_text', `/data/d${7 % 50}/file 7`), 'content 7');
  equal(await call(second, 'read_megabytes', '/data/large'), String(megabytes * 1_048_576 + 1));
  equal((await (await second.files()).list()).length, count + 50 + 1);
  await second.close();
});

spec('two guest paths that write to one stored directory are refused at once', async (context) => {
  const opfs = await newStore(context);
  const create = (more: DirectoryOptions): Promise<Plugin> =>
    openHost(context).createPlugin(context.url('/wasi/tools.wasm'), {
      cache: 'off',
      files: { '/one': { opfs }, '/two': { opfs, ...more } },
    });
  const { message, where } = await failsWith(create({ opfs }), 'invalid-argument');
  contains(message, '"/one" and "/two"');
  equal(where, 'files');
  await (await create({ opfs, readOnly: true })).close();
});

spec('a plug-in releases its stored directories while it hibernates, and opens them again', async (context) => {
  const opfs = await newStore(context);
  const host = createHost({ maxLive: 1 });
  context.defer(() => host.close());
  const options = { cache: 'off', hibernate: true } as const;
  const url = context.url('/wasi/tools.wasm');
  const first = await host.createPlugin(url, { ...options, files: { '/data': { opfs } } });
  await first.call('append', '/data/a one');
  await host.createPlugin(url, options);
  equal(first.state, 'hibernating');
  const second = await openStore(context, { opfs });
  await second.call('append', '/data/a +two');
  await second.close();
  equal(await call(first, 'append', '/data/a +three'), '13');
  await failsWith(openStore(context, { opfs }), 'files-in-use');
  await first.close();
});
