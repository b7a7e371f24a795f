import type { Descriptor, FileDescriptor } from './descriptors.js';
import { refuse } from './errno.js';
import type { Binding, WasiFunctions } from './functions.js';
import { unsigned } from './guest-memory.js';
import { listDirectory } from './listing.js';
import { need, rights, toRights } from './rights.js';
import { fileTypeOf, setTimes, writeFilestat } from './stat.js';

/** https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fdflags */
const allFlags = 31;
const maxAdvice = 5;

/** Returns the functions that act on a descriptor, except reading and writing. */
export function descriptorFunctions(binding: Binding): WasiFunctions {
  const { program, memory } = binding;
  const { descriptors, clocks } = program;
  return {
    fd_advise: (fd: number, _offset: bigint, _length: bigint, advice: number) => {
      need(fileOf(descriptors.get(fd)), rights.fdAdvise);
      if (unsigned(advice) > maxAdvice) refuse('inval');
    },
    fd_allocate: (fd: number, offset: bigint, length: bigint) => {
      const file = fileOf(descriptors.get(fd));
      need(file, rights.fdAllocate);
      const size = toSize(offset) + toSize(length);
      if (toSize(length) === 0) refuse('inval');
      file.node.volume.mustBeWritable();
      if (size > file.node.contents.size) file.node.volume.resize(file.node, size);
    },
    fd_close: (fd: number) => descriptors.close(fd),
    fd_datasync: (fd: number) => sync(descriptors.get(fd), rights.fdDatasync),
    fd_sync: (fd: number) => sync(descriptors.get(fd), rights.fdSync),
    fd_readdir: (fd: number, buffer: number, length: number, cookie: bigint, used: number) => {
      const directory = descriptors.directory(fd);
      need(directory, rights.fdReaddir);
      memory.setU32(used, listDirectory(directory.node, memory.bytes(buffer, length), cookie));
    },
    fd_renumber: (from: number, to: number) => descriptors.renumber(from, to),
    ...statusFunctions(binding),
    ...preopenFunctions(binding),
    fd_filestat_get: (fd: number, result: number) => {
      const descriptor = descriptors.get(fd);
      need(descriptor, rights.fdFilestatGet);
      writeFilestat(binding, result, 'node' in descriptor ? descriptor.node : null, fileTypeOf(descriptor));
    },
    fd_filestat_set_size: (fd: number, size: bigint) => {
      const file = fileOf(descriptors.get(fd));
      need(file, rights.fdFilestatSetSize);
      file.node.volume.resize(file.node, toSize(size));
    },
    fd_filestat_set_times: (fd: number, accessed: bigint, modified: bigint, flags: number) => {
      const descriptor = descriptors.get(fd);
      if (!('node' in descriptor)) refuse('badf');
      need(descriptor, rights.fdFilestatSetTimes);
      setTimes(descriptor.node, clocks, accessed, modified, flags);
    },
  };
}

function statusFunctions({ program, memory }: Binding): WasiFunctions {
  const { descriptors } = program;
  return {
    fd_fdstat_get: (fd: number, result: number) => {
      const descriptor = descriptors.get(fd);
      memory.bytes(result, 24).fill(0);
      memory.setU8(result, fileTypeOf(descriptor));
      memory.setU16(unsigned(result) + 2, descriptor.flags);
      memory.setU64(unsigned(result) + 8, BigInt(descriptor.rights));
      memory.setU64(unsigned(result) + 16, BigInt(descriptor.inheriting));
    },
    fd_fdstat_set_flags: (fd: number, flags: number) => {
      const descriptor = descriptors.get(fd);
      need(descriptor, rights.fdFdstatSetFlags);
      if (unsigned(flags) > allFlags) refuse('inval');
      descriptor.flags = flags;
    },
    fd_fdstat_set_rights: (fd: number, base: bigint, inheriting: bigint) => {
      const descriptor = descriptors.get(fd);
      const [own, passedOn] = [toRights(base), toRights(inheriting)];
      if ((own & ~descriptor.rights) !== 0 || (passedOn & ~descriptor.inheriting) !== 0) refuse('notcapable');
      descriptor.rights = own;
      descriptor.inheriting = passedOn;
    },
  };
}

const encoder = new TextEncoder();

function preopenFunctions({ program, memory }: Binding): WasiFunctions {
  const nameOf = (fd: number): Uint8Array => {
    const descriptor = program.descriptors.get(fd);
    if (descriptor.kind !== 'directory' || descriptor.preopened === null) refuse('badf');
    return encoder.encode(descriptor.preopened);
  };
  return {
    fd_prestat_get: (fd: number, result: number) => {
      const { length } = nameOf(fd);
      memory.setU32(result, 0);
      memory.setU32(unsigned(result) + 4, length);
    },
    fd_prestat_dir_name: (fd: number, path: number, length: number) => {
      const name = nameOf(fd);
      if (unsigned(length) < name.length) refuse('nametoolong');
      memory.bytes(path, name.length).set(name);
    },
  };
}

/** Returns the descriptor of a file; refuses a directory with `isdir` and a stream with `spipe`. */
/** Makes the whole volume durable: a commit is the unit that is never torn. */
function sync(descriptor: Descriptor, right: number): void {
  need(descriptor, right);
  if ('node' in descriptor) descriptor.node.volume.sync();
}

export function fileOf(descriptor: Descriptor): FileDescriptor {
  if (descriptor.kind === 'file') return descriptor;
  return refuse(descriptor.kind === 'directory' ? 'isdir' : 'spipe');
}

/** Returns an offset or length in a file as a number; refuses one that is not a safe integer. */
export function toSize(given: bigint): number {
  const size = BigInt.asUintN(64, given);
  return size > BigInt(Number.MAX_SAFE_INTEGER) ? refuse('fbig') : Number(size);
}
