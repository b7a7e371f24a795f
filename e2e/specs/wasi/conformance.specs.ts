/** Every function of WASI preview 1: programs in C, Rust and WAT check what each answers and does (e2e/specs/wasi, e2e/fixtures). */
import { isPluginError, type DirectoryOptions, type Plugin, removeStoredFiles } from 'tenon';
import { check, contains, equal } from '../assert.js';
import { openFixture } from '../fixtures.js';
import { spec } from '../harness.js';
import { freshName, needPrivateFiles, openProgram } from './wasi-kit.js';

const empty: DirectoryOptions = { memory: {} };

const sections: Readonly<Record<string, Readonly<Record<string, DirectoryOptions>>>> = {
  descriptors: { '/work': empty },
  streams: { '/work': empty },
  reading: { '/work': empty },
  opening: { '/work': empty },
  paths: { '/work': empty },
  entries: { '/work': empty },
  renaming: { '/work': empty, '/other': empty },
  links: { '/work': empty, '/other': empty },
  listing: { '/work': empty },
  status: { '/work': empty },
  rights: { '/work': empty },
  polling: { '/work': empty },
  'read-only': { '/work': { memory: { file: 'given', 'dir/': '' }, readOnly: true } },
  quota: { '/work': { memory: {}, maxBytes: 1_000, maxEntries: 4 } },
};

for (const [section, files] of Object.entries(sections)) {
  spec(`a C program finds WASI preview 1 as it is specified: ${section}`, async (context) => {
    const { plugin, lines } = await openProgram(context, 'conformance_c', {
      files,
      wasi: { args: ['conformance', section], stdin: 'typed\n' },
    });
    await run(plugin, lines);
    contains(lines.at(-1)?.message ?? '', ' 0 failed');
    if (section === 'streams') equal(lines[0]?.message, 'through another number');
  });
}

/** Of the sections that pass in memory, those that depend on how files are stored. */
for (const section of ['reading', 'opening', 'paths', 'entries', 'renaming', 'links', 'listing', 'status']) {
  spec(`a C program finds WASI preview 1 as it is specified, with stored files: ${section}`, async (context) => {
    await needPrivateFiles(context);
    const [name, other] = [freshName(), freshName()];
    const files = { '/work': { opfs: name }, '/other': { opfs: other } };
    const { plugin, lines } = await openProgram(context, 'conformance_c', {
      files: section in { renaming: 0, links: 0 } ? files : { '/work': files['/work'] },
      wasi: { args: ['conformance', section], stdin: 'typed\n' },
    });
    await run(plugin, lines);
    contains(lines.at(-1)?.message ?? '', ' 0 failed');
    await plugin.close();
    for (const one of [name, other]) await removeStoredFiles(one);
  });
}

spec('a C program finds WASI preview 1 as it is specified: system', async (context) => {
  const { plugin, lines } = await openProgram(context, 'conformance_c', {
    files: { '/work': empty },
    wasi: { args: ['conformance', 'system', 'two words', ''], env: { NAME: 'value', EMPTY: '' } },
  });
  await run(plugin, lines);
  contains(lines.at(-1)?.message ?? '', ' 0 failed');
});

spec('a Rust program finds files, time, arguments and streams as its standard library expects', async (context) => {
  const { plugin, lines } = await openProgram(context, 'conformance_rust', {
    files: { '/work': empty },
    wasi: { args: ['rust', 'grüße'], env: { NAME: 'value' }, stdin: 'first\nsecond\n' },
  });
  await run(plugin, lines);
  contains(lines.at(-1)?.message ?? '', ' 0 failed');
  equal(
    lines.filter(({ stream }) => stream === 'stderr').map(({ message }) => message),
    ['said on standard error'],
  );
});

/** What the program printed is what is to be read when it fails. */
async function run(plugin: Plugin, lines: readonly { readonly message: string }[]): Promise<void> {
  try {
    await plugin.call('_start');
  } catch (error) {
    throw new Error(`${String(error)}\n${lines.map(({ message }) => message).join('\n')}`, { cause: error });
  }
}

/** In the order of the fixture's imports: the errno for bad descriptors, for bad pointers, for ranges that end outside. */
const edges: readonly (readonly [name: string, ...errnos: readonly [number, number, number]])[] = [
  ['args_get', 0, 21, 21],
  ['args_sizes_get', 0, 21, 21],
  ['environ_get', 0, 21, 21],
  ['environ_sizes_get', 0, 21, 21],
  ['clock_res_get', 0, 21, 21],
  ['clock_time_get', 0, 21, 21],
  ['fd_advise', 8, 0, 0],
  ['fd_allocate', 8, 0, 0],
  ['fd_close', 8, 0, 0],
  ['fd_datasync', 8, 0, 0],
  ['fd_fdstat_get', 8, 21, 21],
  ['fd_fdstat_set_flags', 8, 0, 0],
  ['fd_fdstat_set_rights', 8, 0, 0],
  ['fd_filestat_get', 8, 21, 21],
  ['fd_filestat_set_size', 8, 0, 0],
  ['fd_filestat_set_times', 8, 0, 0],
  ['fd_pread', 8, 21, 21],
  ['fd_prestat_get', 8, 21, 21],
  ['fd_prestat_dir_name', 8, 21, 21],
  ['fd_pwrite', 8, 21, 21],
  ['fd_read', 8, 21, 21],
  ['fd_readdir', 8, 21, 21],
  ['fd_renumber', 8, 0, 0],
  ['fd_seek', 8, 21, 21],
  ['fd_sync', 8, 0, 0],
  ['fd_tell', 8, 21, 21],
  ['fd_write', 8, 21, 21],
  ['path_create_directory', 8, 21, 21],
  ['path_filestat_get', 8, 21, 21],
  ['path_filestat_set_times', 8, 21, 21],
  ['path_link', 8, 21, 21],
  ['path_open', 8, 21, 21],
  ['path_readlink', 8, 21, 21],
  ['path_remove_directory', 8, 21, 21],
  ['path_rename', 8, 21, 21],
  ['path_symlink', 8, 21, 21],
  ['path_unlink_file', 8, 21, 21],
  // What stands at the good pointer is no kind of event.
  ['poll_oneoff', 28, 21, 21],
  ['proc_exit', 0, 0, 0],
  ['proc_raise', 58, 58, 58],
  ['sched_yield', 0, 0, 0],
  ['random_get', 0, 21, 21],
  ['sock_accept', 8, 57, 57],
  ['sock_recv', 8, 57, 57],
  ['sock_send', 8, 57, 57],
  ['sock_shutdown', 8, 57, 57],
];

spec(
  'WASI answers an errno for each bad descriptor and each bad pointer, and never ends the worker',
  async (context) => {
    const plugin = await openFixture(context, 'wasi_edges', { files: { '/work': empty }, wasi: { env: { A: 'b' } } });
    const faults: string[] = [];
    for (const [which, [name, ...expected]] of edges.entries()) {
      for (const [how, errno] of expected.entries()) {
        const got = await codeOf(plugin, Uint8Array.of(which, how));
        if (got !== errno) faults.push(`${name}, ${how}: expected ${errno}, found ${got}`);
      }
    }
    equal(faults, []);
    equal(edges.length, 46, 'functions');
    equal(plugin.generation, 1, 'generation');
  },
);

async function codeOf(plugin: Plugin, input: Uint8Array): Promise<number> {
  try {
    await plugin.call('call', input);
    return 0;
  } catch (error) {
    check(isPluginError(error, 'guest-exit'), String(error));
    return Number(error.details['exitCode']);
  }
}
