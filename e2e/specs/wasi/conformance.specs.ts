/** Every function of WASI preview 1: programs in C, Rust and WAT check what each answers and does (e2e/specs/wasi, e2e/fixtures). */
import { isPluginError, type DirectoryOptions, type MemoryDirectory, type Plugin, removeStoredFiles } from 'tenon';
import { check, contains, equal } from '../assert.js';
import { openFixture } from '../fixtures.js';
import { spec, type SpecContext } from '../harness.js';
import { freshName, needPrivateFiles, openProgram } from './wasi-kit.js';

const empty: DirectoryOptions = { memory: {} };

interface Section {
  readonly files: Readonly<Record<string, DirectoryOptions>>;
  /** Arguments after the name of the section. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const work = { files: { '/work': empty } };
const both = { files: { '/work': empty, '/other': empty } };

const sections: Readonly<Record<string, Section>> = {
  descriptors: work,
  streams: work,
  reading: work,
  opening: work,
  paths: work,
  entries: work,
  renaming: both,
  links: both,
  listing: work,
  status: work,
  rights: work,
  polling: work,
  'read-only': { files: { '/work': { memory: { file: 'given', 'dir/': '' }, readOnly: true } } },
  quota: { files: { '/work': { memory: {}, maxBytes: 1_000, maxEntries: 4 } } },
  system: { ...work, args: ['two words', ''], env: { NAME: 'value', EMPTY: '' } },
};

for (const [section, { files, args = [], env = {} }] of Object.entries(sections)) {
  const checkSection = async (context: SpecContext, directories: Section['files']): Promise<void> => {
    const { plugin, lines } = await openProgram(context, 'conformance_c', {
      files: directories,
      wasi: { args: ['conformance', section, ...args], env, stdin: 'typed\n' },
    });
    await run(plugin, lines);
    contains(lines.at(-1)?.message ?? '', ' 0 failed');
    if (section === 'streams') equal(lines[0]?.message, 'through another number');
    await plugin.close();
  };
  spec(`a C program finds WASI preview 1 as it is specified: ${section}`, (context) => checkSection(context, files));
  spec(`a C program finds WASI preview 1 as it is specified, with stored files: ${section}`, async (context) =>
    checkSection(context, await stored(context, files)),
  );
}

const rust = async (context: SpecContext, files: Section['files']): Promise<void> => {
  const { plugin, lines } = await openProgram(context, 'conformance_rust', {
    files,
    wasi: { args: ['rust', 'grüße'], env: { NAME: 'value' }, stdin: 'first\nsecond\n' },
  });
  await run(plugin, lines);
  contains(lines.at(-1)?.message ?? '', ' 0 failed');
  equal(
    lines.filter(({ stream }) => stream === 'stderr').map(({ message }) => message),
    ['said on standard error'],
  );
  await plugin.close();
};

spec('a Rust program finds files, time, arguments and streams as its standard library expects', (context) =>
  rust(context, work.files),
);

spec('a Rust program finds stored files as its standard library expects', async (context) =>
  rust(context, await stored(context, work.files)),
);

/** Returns stored directories with the same files, which are removed after the spec. */
async function stored(context: SpecContext, files: Section['files']): Promise<Section['files']> {
  await needPrivateFiles(context);
  const made: Record<string, DirectoryOptions> = {};
  for (const [path, options] of Object.entries(files)) {
    const opfs = freshName();
    context.defer(() => removeStoredFiles(opfs));
    const { memory, ...rest } = options as DirectoryOptions & MemoryDirectory;
    made[path] = { opfs, ...rest };
    if (rest.readOnly === true) await fill(context, opfs, memory);
  }
  return made;
}

async function fill(context: SpecContext, opfs: string, memory: MemoryDirectory['memory']): Promise<void> {
  const { plugin } = await openProgram(context, 'tools', { files: { '/data': { opfs } } });
  const files = await plugin.files();
  for (const [path, content] of Object.entries(memory)) await files.write(`/data/${path}`, content);
  await plugin.close();
}

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
