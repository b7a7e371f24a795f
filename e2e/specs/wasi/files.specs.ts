/** Directories of plug-ins: what they start with, what stays, and what nobody else sees. */
import { type DirectoryOptions, type FilesConflict, type Plugin, type QuotaReport, removeStoredFiles } from 'tenon';
import { check, contains, equal, failsWith } from '../assert.js';
import { openFixture, openHost } from '../fixtures.js';
import { type SpecContext, spec } from '../harness.js';
import { freshName, needPrivateFiles, openProgram } from './wasi-kit.js';

async function openTools(context: SpecContext, files: Readonly<Record<string, DirectoryOptions>>): Promise<Plugin> {
  return (await openProgram(context, 'tools', { files })).plugin;
}

const call = async (plugin: Plugin, name: string, input: string): Promise<string> =>
  (await plugin.call(name, input)).text();

spec('a directory in memory starts with the files that the app passes', async (context) => {
  const bytes = new TextEncoder().encode('from bytes');
  const plugin = await openTools(context, {
    '/data': {
      memory: {
        'text.txt': 'from text, grüße',
        'deep/down/bytes': bytes,
        'deep/view': new DataView(bytes.buffer, 5),
        'blob.bin': new Blob(['from a ', 'blob']),
        'empty/': '',
      },
    },
  });
  bytes.fill(0);
  equal(await call(plugin, 'read_text', '/data/text.txt'), 'from text, grüße');
  equal(await call(plugin, 'read_text', '/data/deep/down/bytes'), 'from bytes');
  equal(await call(plugin, 'read_text', '/data/deep/view'), 'bytes');
  equal(await call(plugin, 'read_text', '/data/blob.bin'), 'from a blob');
  equal(await call(plugin, 'list', '/data'), 'blob.bin deep empty text.txt');
  equal(await call(plugin, 'list', '/data/empty'), '');
});

spec('the app reads, lists and writes the files of a plug-in', async (context) => {
  const plugin = await openTools(context, {
    '/data': { memory: { kept: 'k', changed: 'old' } },
    '/other': { memory: {} },
  });
  await plugin.call('append', '/data/changed +new');
  await plugin.call('append', '/data/added text');
  await plugin.call('make_directory', '/other/dir');
  const files = await plugin.files();
  const listed = (await files.list()).map(({ path, kind, sizeBytes, changed }) => [path, kind, sizeBytes, changed]);
  equal(listed, [
    ['/data/kept', 'file', 1, false],
    ['/data/changed', 'file', 7, true],
    ['/data/added', 'file', 4, true],
    ['/other/dir', 'directory', 0, true],
  ]);
  equal(await files.text('/data/changed'), 'old+new');
  await files.write('/other/dir/from-the-app', 'hello');
  equal(await call(plugin, 'read_text', '/other/dir/from-the-app'), 'hello');
  contains((await failsWith(files.read('/data/missing'), 'files-failed')).message, '/data/missing');
  contains((await failsWith(files.read('/other/dir'), 'files-failed')).actual ?? '', 'directory');
  contains((await failsWith(files.write('/elsewhere/x', ''), 'files-failed')).message, '/elsewhere/x');
  await failsWith(files.write('/data/../x', ''), 'files-failed');
  const { modifiedAt = 0 } = (await files.list())[1] ?? {};
  check(Math.abs(Date.now() - modifiedAt) < 60_000, `changed at ${modifiedAt}`);
});

spec('the app writes text, bytes, files, streams and responses, and nothing else', async (context) => {
  const plugin = await openTools(context, { '/data': { memory: { kept: 'as it was' }, maxBytes: 100_000 } });
  const files = await plugin.files();
  const bytes = new TextEncoder().encode('some bytes');
  const streamed = (...parts: (string | Uint8Array<ArrayBuffer>)[]): ReadableStream<string | Uint8Array<ArrayBuffer>> =>
    new ReadableStream({
      start: (controller) => {
        for (const part of parts) controller.enqueue(part);
        controller.close();
      },
    });
  const contents = [
    'text, grüße',
    bytes,
    bytes.buffer,
    new DataView(bytes.buffer, 5),
    new Blob(['a ', 'blob']),
    new File(['a file'], 'name.txt'),
    streamed('a ', new TextEncoder().encode('stream')),
    new Response('a response'),
    new Response(null),
  ];
  for (const [index, content] of contents.entries()) await files.write(`/data/${index}`, content);
  const written: string[] = [];
  for (const index of contents.keys()) written.push(await files.text(`/data/${index}`));
  equal(written, [
    'text, grüße',
    'some bytes',
    'some bytes',
    'bytes',
    'a blob',
    'a file',
    'a stream',
    'a response',
    '',
  ]);
  const used = new Response('used');
  await used.text();
  const locked = streamed('locked');
  locked.getReader();
  const failing = new ReadableStream({ start: (controller) => controller.error(new Error('lost the connection')) });
  const invalid: unknown[] = [undefined, null, 5, {}, [1, 2], new Date(), true, used, locked, streamed(5 as never)];
  for (const content of invalid) await failsWith(files.write('/data/kept', content as string), 'invalid-argument');
  contains((await failsWith(files.write('/data/kept', failing), 'files-failed')).message, 'lost the connection');
  await failsWith(files.write('/data/kept', new Blob([new Uint8Array(100_001)])), 'files-failed');
  equal(await files.text('/data/kept'), 'as it was');
  equal(await (await files.blob('/data/4')).text(), 'a blob');
  await files.write('/data/large', new Uint8Array(90_000).fill(7));
  equal(
    new Uint8Array(await new Response(files.stream('/data/large')).arrayBuffer()).filter((b) => b === 7).length,
    90_000,
  );
  await failsWith(files.stream('/data/missing').getReader().read(), 'files-failed');
});

spec('the app describes, renames and removes files and makes directories', async (context) => {
  const plugin = await openTools(context, {
    '/data': { memory: { a: 'one', 'd/b': 'two' } },
    '/other': { memory: {} },
  });
  const files = await plugin.files();
  await plugin.call('link_symbolically', 'd/b /data/soft');
  const { kind, sizeBytes, target } = (await files.stat('/data/soft')) ?? {};
  equal([kind, sizeBytes, target], ['symlink', 0, 'd/b']);
  equal((await files.stat('/data/d'))?.kind, 'directory');
  equal((await files.stat('/data'))?.kind, 'directory');
  equal((await files.stat('/data/d/b'))?.sizeBytes, 3);
  equal([await files.stat('/data/none'), await files.stat('/nowhere')], [null, null]);
  equal(await files.text('/data/soft'), 'two');
  const listed = async (directory?: string): Promise<string[]> => (await files.list(directory)).map(({ path }) => path);
  await files.makeDirectory('/data/x/y');
  await files.makeDirectory('/data/x/y');
  await files.rename('/data/d', '/data/x/y/moved');
  await files.rename('/data/a', '/data/x/y/moved/b');
  equal(await listed('/data/x'), ['/data/x/y', '/data/x/y/moved', '/data/x/y/moved/b']);
  equal(await listed('/other'), []);
  equal(await call(plugin, 'read_text', '/data/x/y/moved/b'), 'one');
  contains((await failsWith(files.remove('/data/x'), 'files-failed')).message, 'recursive');
  contains((await failsWith(files.rename('/data/x', '/data/x/y/x'), 'files-failed')).message, 'into itself');
  contains((await failsWith(files.rename('/data/soft', '/other/soft'), 'files-failed')).message, 'another directory');
  for (const failing of [
    files.remove('/data/none'),
    files.remove('/data'),
    files.rename('/data/none', '/data/b'),
    files.rename('/data/soft', '/data/x'),
    files.makeDirectory('/data/soft/x'),
    files.list('/data/none'),
    files.list('/nowhere'),
  ]) {
    await failsWith(failing, 'files-failed');
  }
  await files.remove('/data/x', { recursive: true });
  await files.remove('/data/soft');
  equal(await listed(), []);
});

spec('a watcher reports what the plug-in and the app change, until it is closed', async (context) => {
  const plugin = await openTools(context, { '/data': { memory: { a: 'one', gone: '' } }, '/other': { memory: {} } });
  const files = await plugin.files();
  const watcher = await files.watch('/data');
  const seen: string[] = [];
  let seenMore = (): void => {};
  watcher.addEventListener('change', ({ detail }) => {
    seen.push(...detail.map(({ path, change }) => `${change} ${path}`));
    seenMore();
  });
  const until = async (count: number): Promise<string[]> => {
    while (seen.length < count) await new Promise<void>((resolve) => (seenMore = resolve));
    return seen.splice(0);
  };
  await plugin.call('append', '/data/a +more');
  equal(await until(1), ['changed /data/a']);
  await files.write('/data/dir/new', 'x');
  equal(await until(2), ['created /data/dir', 'created /data/dir/new']);
  await files.write('/other/elsewhere', 'x');
  await plugin.call('remove_file', '/data/gone');
  equal(await until(1), ['removed /data/gone']);
  watcher.close();
  await files.remove('/data/a');
  await files.list();
  equal(seen, []);
});

spec(
  'an archive keeps links, times and empty directories, and is imported as a whole or not at all',
  async (context) => {
    const plugin = await openTools(context, { '/data': { memory: { 'dir/file': 'content', 'empty/': '' } } });
    await plugin.call('link_symbolically', 'dir/file /data/soft');
    const paths = ['/data/dir', '/data/dir/file', '/data/empty', '/data/soft'];
    for (const [index, path] of paths.entries()) await plugin.call('set_modified', `${path} ${1_000_000_001 + index}`);
    const look = async (from: Plugin): Promise<unknown> =>
      (await (await from.files()).list()).map(({ path, kind, sizeBytes, modifiedAt, target }) => ({
        path,
        kind,
        sizeBytes,
        modifiedAt,
        target,
      }));
    const done: number[] = [];
    const zip = await (await plugin.files()).exportZip('/', { onProgress: ({ entries }) => done.push(entries) });
    equal(done, [1, 2, 3, 4]);
    const second = await openTools(context, { '/data': { memory: {} } });
    const files = await second.files();
    await files.importZip(zip);
    equal(await look(second), await look(plugin));
    equal(await call(second, 'read_text', '/data/soft'), 'content');
    const before = await look(second);
    const full = await openTools(context, { '/data': { memory: { kept: 'k' }, maxEntries: 4 } });
    contains((await failsWith((await full.files()).importZip(zip), 'files-failed')).message, 'full');
    equal((await (await full.files()).list()).length, 1);
    await files.write('/data/dir/file', 'changed');
    const stop = AbortSignal.abort();
    await failsWith(files.importZip(zip, '/', { signal: stop }), 'aborted');
    await failsWith(files.exportZip('/', { signal: stop }), 'aborted');
    await failsWith(files.exportZip('/data/none'), 'files-failed');
    await failsWith(files.importZip('text' as never), 'files-failed');
    equal(await files.text('/data/dir/file'), 'changed');
    await files.importZip(new Response(zip));
    equal(await look(second), before);
  },
);

spec('stored files are listed and read while a call of the plug-in runs', async (context) => {
  await needPrivateFiles(context);
  const opfs = freshName();
  context.defer(() => removeStoredFiles(opfs));
  const plugin = await openTools(context, { '/data': { opfs } });
  const files = await plugin.files();
  await files.write('/data/dir/file', 'committed');
  await plugin.call('link_symbolically', 'dir/file /data/soft');
  const stop = new AbortController();
  const running = plugin.call('sleep_for', '600000', { signal: stop.signal });
  equal(await files.text('/data/dir/file'), 'committed');
  equal(await files.text('/data/soft'), 'committed');
  equal(await new Response(files.stream('/data/dir/file')).text(), 'committed');
  equal(
    (await files.list()).map(({ path }) => path),
    ['/data/dir', '/data/dir/file', '/data/soft'],
  );
  equal((await files.stat('/data/soft'))?.target, 'dir/file');
  equal(await files.stat('/data/none'), null);
  equal(plugin.state, 'busy');
  stop.abort();
  await failsWith(running, 'aborted');
  await plugin.close();
});

spec("a plug-in's files become a zip archive, and come back from one", async (context) => {
  const plugin = await openTools(context, {
    '/data': { memory: { 'a.txt': 'aaaa'.repeat(5_000), 'b/c.txt': 'ü', 'd/': '' } },
  });
  const zip = await (await plugin.files()).exportZip();
  equal(zip.type, 'application/zip');
  check(zip.size < 2_000, `compressed to ${zip.size} bytes`);
  const second = await openTools(context, { '/data': { memory: {} }, '/into': { memory: {} } });
  const files = await second.files();
  await files.importZip(zip);
  equal(await files.text('/data/a.txt'), 'aaaa'.repeat(5_000));
  await files.importZip(await zip.arrayBuffer(), '/into/dir');
  equal(await call(second, 'read_text', '/into/dir/data/b/c.txt'), 'ü');
  equal(await call(second, 'list', '/data'), 'a.txt b d');
  const inner = await files.exportZip('/into/dir/data');
  const third = await openTools(context, { '/data': { memory: {} } });
  await (await third.files()).importZip(inner, '/data');
  equal(await call(third, 'read_text', '/data/b/c.txt'), 'ü');
});

spec('a file that is not a zip archive, or one that is too large, is refused', async (context) => {
  const plugin = await openTools(context, {
    '/data': { memory: { zeros: new Uint8Array(1_000_000) }, maxBytes: 1_500_000 },
  });
  const files = await plugin.files();
  const zip = await files.exportZip();
  for (const bad of [new Blob([]), new Blob(['no archive at all, only text']), zip.slice(0, -1), zip.slice(50)]) {
    await failsWith(files.importZip(bad), 'files-failed');
  }
  const bytes = new Uint8Array(await zip.arrayBuffer());
  const damaged = bytes.slice();
  // Amid the contents of the file, whichever way the engine compresses them.
  const middle = bytes.length >> 1;
  damaged[middle] = (damaged[middle] ?? 0) ^ 255;
  await failsWith(files.importZip(damaged), 'files-failed');
  contains(
    (await failsWith(files.importZip(zip, '/', { maxBytes: 999_999 }), 'files-failed')).expected ?? '',
    '999999',
  );
  contains((await failsWith(files.importZip(zip, '/data/twice'), 'files-failed')).message, 'full');
  await files.importZip(zip);
});

spec('a plug-in has no files but those it was given', async (context) => {
  const plugin = await openTools(context, { '/data': { memory: { file: 'x' } } });
  for (const path of ['/etc/passwd', '/', '/dat', '/data/../etc/passwd', '../../etc/passwd', '/data/./../../secret']) {
    await failsWith(plugin.call('read_text', path), 'guest-error');
  }
  const bare = await openTools(context, {});
  await failsWith(bare.call('read_text', '/data/file'), 'guest-error');
  equal(await (await bare.files()).list(), []);
});

spec('a full directory is an errno for the plug-in and an event for the app', async (context) => {
  const plugin = await openTools(context, { '/data': { memory: {}, maxBytes: 10, maxEntries: 2 } });
  const events: QuotaReport[] = [];
  plugin.addEventListener('quota', (event) => events.push(event.detail));
  await plugin.call('append', '/data/a 12345');
  equal((await failsWith(plugin.call('append', '/data/a 678901'), 'guest-error')).message, 'errno 19');
  await plugin.call('append', '/data/b 67890');
  equal((await failsWith(plugin.call('append', '/data/c x'), 'guest-error')).message, 'errno 19');
  equal(events, [
    { guestPath: '/data', limit: 'bytes', max: 10 },
    { guestPath: '/data', limit: 'entries', max: 2 },
  ]);
  await plugin.call('remove_file', '/data/a');
  await plugin.call('append', '/data/c x');
});

spec('more files than the quota admits, and paths that no file can have, are refused at once', async (context) => {
  const open = (directory: DirectoryOptions) => openTools(context, { '/data': directory });
  contains((await failsWith(open({ memory: { a: '123' }, maxBytes: 2 }), 'files-failed')).message, 'quota');
  contains((await failsWith(open({ memory: { a: '', b: '' }, maxEntries: 1 }), 'files-failed')).message, 'quota');
  for (const path of ['../a', 'a/../../b', '\0', 'n'.repeat(256), '']) {
    await failsWith(open({ memory: { [path]: '' } }), 'files-failed');
  }
  await failsWith(open({ memory: { a: '', 'a/b': '' } }), 'files-failed');
});

spec(
  'allowedPaths names directories that the app says what is behind, and ro: makes them read-only',
  async (context) => {
    const host = openHost(context);
    const wasm = [{ url: context.url('/wasi/tools.wasm') }];
    const allowed_paths = { '/srv/data': '/data', 'ro:/srv/shared': '/shared' };
    const files: Readonly<Record<string, DirectoryOptions>> = {
      '/srv/data': { memory: {} },
      '/srv/shared': { memory: { given: 'shared' } },
      '/own': { memory: {} },
    };
    const plugin = await host.createPlugin({ wasm, allowed_paths }, { cache: 'off', files });
    await plugin.call('append', '/data/a x');
    await plugin.call('append', '/own/a x');
    equal(await call(plugin, 'read_text', '/shared/given'), 'shared');
    equal((await failsWith(plugin.call('append', '/shared/given x'), 'guest-error')).message, 'errno 69');
    const without = host.createPlugin({ wasm, allowedPaths: { '/srv/data': '/data' } }, { cache: 'off' });
    const error = await failsWith(without, 'invalid-argument');
    equal(error.where, 'allowedPaths["/srv/data"]');
    contains(error.fix ?? '', 'files');
  },
);

spec('directories that are written need an instance of their own', async (context) => {
  const open = (options: object) => openProgram(context, 'tools', { concurrency: 2, ...options });
  await failsWith(open({ files: { '/data': { memory: {} } } }), 'invalid-argument');
  const { plugin } = await open({ files: { '/data': { memory: { a: 'x' }, readOnly: true } } });
  equal(await call(plugin, 'read_text', '/data/a'), 'x');
});

spec('files in memory last from call to call, and start anew with a new instance', async (context) => {
  const { plugin } = await openProgram(context, 'tools', {
    files: { '/data': { memory: { a: 'given' } } },
    timeoutMs: 300,
  });
  await plugin.call('append', '/data/a +more');
  equal(await call(plugin, 'read_text', '/data/a'), 'given+more');
  await failsWith(plugin.call('sleep_for', '60000'), 'timeout');
  equal(await call(plugin, 'read_text', '/data/a'), 'given');
});

spec("files in the private file system outlive the plug-in, and are their owner's alone", async (context) => {
  await needPrivateFiles(context);
  const [mine, yours] = [freshName(), `../${freshName()}`];
  const first = await openTools(context, { '/data': { opfs: mine } });
  await first.call('append', '/data/a one');
  await first.call('make_directory', '/data/dir');
  await first.call('append', '/data/dir/b two');
  await first.call('append', '/data/gone x');
  await first.call('append', '/data/old moved');
  await first.call('rename_file', '/data/old /data/dir/new');
  await first.call('remove_file', '/data/gone');
  await (await first.files()).write('/data/from-the-app', 'three');
  const other = await openTools(context, { '/data': { opfs: yours } });
  equal(await call(other, 'list', '/data'), '');
  await other.call('append', '/data/a other');
  await first.close();
  const second = await openTools(context, { '/data': { opfs: mine } });
  equal(await call(second, 'list', '/data'), 'a dir from-the-app');
  equal(await call(second, 'list', '/data/dir'), 'b new');
  equal(await call(second, 'read_text', '/data/a'), 'one');
  equal(await call(second, 'read_text', '/data/dir/new'), 'moved');
  const readOnly = await openTools(context, { '/data': { opfs: mine, readOnly: true } });
  equal((await failsWith(readOnly.call('append', '/data/a x'), 'guest-error')).message, 'errno 69');
  contains((await failsWith(removeStoredFiles(yours), 'files-in-use')).message, yours);
  await other.close();
  await removeStoredFiles(yours);
  await second.close();
  await removeStoredFiles(mine);
  const anew = await openTools(context, { '/data': { opfs: mine } });
  equal(await call(anew, 'list', '/data'), '');
  await anew.close();
  await removeStoredFiles(mine);
  await removeStoredFiles(mine);
});

spec('files in the private file system are there again after the plug-in was stopped', async (context) => {
  await needPrivateFiles(context);
  const name = freshName();
  const { plugin } = await openProgram(context, 'tools', { files: { '/data': { opfs: name } }, timeoutMs: 2_000 });
  await plugin.call('append', '/data/a kept');
  await failsWith(plugin.call('sleep_for', '600000'), 'timeout');
  equal(await call(plugin, 'read_text', '/data/a'), 'kept');
  await plugin.close();
  await removeStoredFiles(name);
});

spec('a directory handle is read and written like any other', async (context) => {
  await needPrivateFiles(context);
  const name = freshName();
  const root = await navigator.storage.getDirectory();
  context.defer(() => root.removeEntry(name, { recursive: true }));
  const handle = await root.getDirectoryHandle(name, { create: true });
  const file = await handle.getFileHandle('given', { create: true });
  const writable = await file.createWritable();
  await writable.write('by the page');
  await writable.close();
  const plugin = await openTools(context, { '/picked': { handle } });
  equal(await call(plugin, 'read_text', '/picked/given'), 'by the page');
  await plugin.call('append', '/picked/made by the plug-in');
  const made = await (await handle.getFileHandle('made')).getFile();
  equal(await made.text(), 'by the plug-in');
});

spec('what was changed outside in a picked directory is kept, beside what the plug-in wrote', async (context) => {
  await needPrivateFiles(context);
  const root = await navigator.storage.getDirectory();
  const name = freshName();
  context.defer(() => root.removeEntry(name, { recursive: true }));
  const handle = await root.getDirectoryHandle(name, { create: true });
  const put = async (file: string, text: string): Promise<void> => {
    const writable = await (await handle.getFileHandle(file, { create: true })).createWritable();
    await writable.write(text);
    await writable.close();
  };
  const read = async (file: string): Promise<string> => (await (await handle.getFileHandle(file)).getFile()).text();
  for (const file of ['both.txt', 'gone', 'mine', 'theirs']) await put(file, 'given');
  const plugin = await openTools(context, { '/picked': { handle } });
  const conflicts: FilesConflict[] = [];
  plugin.addEventListener('files-conflict', ({ detail }) => conflicts.push(detail));
  await put('both.txt', 'written outside');
  await put('theirs', 'written outside');
  await put('new', 'added outside');
  await plugin.call('append', '/picked/mine +more');
  equal([await read('mine'), await read('theirs'), conflicts.length], ['given+more', 'written outside', 0]);
  await plugin.call('append', '/picked/both.txt +more');
  await plugin.call('append', '/picked/new by the plug-in');
  await plugin.call('append', '/picked/mine +again');
  await put('gone', 'changed outside');
  await plugin.call('remove_file', '/picked/gone');
  equal(conflicts, [
    { guestPath: '/picked', path: '/picked/both.txt', keptAs: '/picked/both (conflict 1).txt' },
    { guestPath: '/picked', path: '/picked/new', keptAs: '/picked/new (conflict 1)' },
    { guestPath: '/picked', path: '/picked/gone', keptAs: null },
  ]);
  const expected = {
    'both.txt': 'written outside',
    'both (conflict 1).txt': 'given+more',
    new: 'added outside',
    'new (conflict 1)': 'by the plug-in',
    mine: 'given+more+again',
    gone: 'changed outside',
  };
  for (const [file, text] of Object.entries(expected)) equal(await read(file), text, file);
  for (const file of ['both.txt', 'new', 'gone'])
    equal(await call(plugin, 'read_text', `/picked/${file}`), await read(file));
  await plugin.close();
});

spec('a plug-in for WASI before preview 1 stats, seeks and reads a file in its own layouts', async (context) => {
  const plugin = await openFixture(context, 'wasi_unstable', {
    files: { '/work': { memory: { 'text.txt': 'abcdefgh' } } },
  });
  const output = (await plugin.call('look')).bytes();
  const view = new DataView(output.buffer, output.byteOffset, output.byteLength);
  const number = (at: number): number => Number(view.getBigUint64(at, true));
  equal(number(160), 0, 'the sum of all errnos');
  equal([view.getUint8(16), view.getUint32(20, true), number(24)], [4, 1, 8], 'type, links and size of the file');
  check(number(40) > 1_600_000_000e9, 'the time of modification is nanoseconds of this century');
  equal(view.getBigUint64(56, true), 0xffff_ffff_ffff_ffffn, 'the bytes behind the filestat');
  equal([number(64), number(72), number(80)], [5, 1, 5], 'positions');
  equal(view.getUint32(88, true), 4, 'bytes read');
  equal(new TextDecoder().decode(output.subarray(96, 100)), 'bcde');
  equal([number(104), view.getUint16(112, true), view.getUint8(114)], [77, 0, 0], 'the event of the clock');
});
