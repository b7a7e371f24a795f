import type { Descriptor, FileDescriptor } from './descriptors.js';
import { fileOf, toSize } from './descriptor-functions.js';
import { refuse } from './errno.js';
import type { Binding, PageWait, Program, WasiFunctions } from './functions.js';
import type { InputStream } from './streams/input-stream.js';
import type { Layout } from './layouts.js';
import { need, rights } from './rights.js';
import type { OutputStream } from './streams/streams.js';

const flagAppend = 1;
const mostBytes = 0xffff_ffff;

/** Returns the functions that read, write, and move a file's position. */
export function ioFunctions({ program, memory, layout }: Binding): WasiFunctions {
  const { descriptors } = program;
  const { whence } = layout;
  return {
    fd_read: (fd: number, buffers: number, count: number, result: number) => {
      const source = readable(descriptors.get(fd));
      need(source, rights.fdRead);
      const targets = memory.buffers(buffers, count);
      memory.setU32(result, 0);
      if (source.kind === 'input')
        return readInput(program, source.stream, targets, (done) => memory.setU32(result, done));
      const done = readFile(source, targets, source.position);
      source.position += done;
      return memory.setU32(result, done);
    },
    fd_pread: (fd: number, buffers: number, count: number, offset: bigint, result: number) => {
      const file = fileOf(descriptors.get(fd));
      need(file, rights.fdRead | rights.fdSeek);
      memory.setU32(result, readFile(file, memory.buffers(buffers, count), toSize(offset)));
    },
    fd_write: (fd: number, buffers: number, count: number, result: number) => {
      const sink = writable(descriptors.get(fd));
      need(sink, rights.fdWrite);
      const sources = memory.buffers(buffers, count);
      memory.setU32(result, 0);
      const total = totalOf(sources);
      if (sink.kind === 'output') {
        memory.setU32(result, print(sink.stream, sources, total));
        return program.afterPrinting();
      }
      if ((sink.flags & flagAppend) !== 0) sink.position = sink.node.contents.size;
      writeFile(sink, sources, sink.position, total);
      sink.position += total;
      return memory.setU32(result, total);
    },
    fd_pwrite: (fd: number, buffers: number, count: number, offset: bigint, result: number) => {
      const file = fileOf(descriptors.get(fd));
      need(file, rights.fdWrite | rights.fdSeek);
      const sources = memory.buffers(buffers, count);
      const total = totalOf(sources);
      memory.setU32(result, 0);
      writeFile(file, sources, toSize(offset), total);
      memory.setU32(result, total);
    },
    fd_seek: (fd: number, offset: bigint, from: number, result: number) => {
      const file = fileOf(descriptors.get(fd));
      need(file, offset === 0n && from === whence.current ? rights.fdTell : rights.fdSeek);
      file.position = placeAfterSeek(file, offset, from, whence);
      memory.setU64(result, BigInt(file.position));
    },
    fd_tell: (fd: number, result: number) => {
      const file = fileOf(descriptors.get(fd));
      need(file, rights.fdTell);
      memory.setU64(result, BigInt(file.position));
    },
  };
}

function readable(descriptor: Descriptor): Exclude<Descriptor, { kind: 'directory' | 'output' }> {
  if (descriptor.kind === 'directory') refuse('isdir');
  return descriptor.kind === 'output' ? refuse('badf') : descriptor;
}

function writable(descriptor: Descriptor): Exclude<Descriptor, { kind: 'directory' | 'input' }> {
  if (descriptor.kind === 'directory') refuse('isdir');
  return descriptor.kind === 'input' ? refuse('badf') : descriptor;
}

/** Fills the buffers in order, until one is not filled because the source has ended. Returns the number of bytes read. */
function fill(targets: readonly Uint8Array[], read: (target: Uint8Array) => number): number {
  let done = 0;
  for (const target of targets) {
    const count = read(target);
    done += count;
    if (count < target.length) break;
  }
  return done;
}

/** Reads standard input, after asking the page if nothing is left. What the program printed before, a prompt, is sent first. */
function readInput(
  { canWait, flush }: Program,
  stream: InputStream,
  targets: readonly Uint8Array[],
  onDone: (count: number) => void,
): PageWait | void {
  const read = (): void => onDone(fill(targets, (target) => stream.read(target)));
  if (!canWait || !stream.mustAsk || totalOf(targets) === 0) return read();
  flush();
  return {
    question: ['stdin', stream.isNew, null],
    finish: (answer) => {
      stream.feed(answer as Uint8Array | null);
      read();
    },
  };
}

function readFile({ node }: FileDescriptor, targets: readonly Uint8Array[], position: number): number {
  let at = position;
  return fill(targets, (target) => {
    const count = node.contents.read(target, at);
    at += count;
    return count;
  });
}

/** Writes as many bytes as the stream takes, and returns how many. */
function print(stream: OutputStream, sources: readonly Uint8Array[], total: number): number {
  let done = 0;
  for (const source of sources) {
    const taken = stream.write(source);
    done += taken;
    if (taken < source.length) break;
  }
  stream.pace();
  return done === 0 && total > 0 ? refuse('nospc') : done;
}

/** Writes all buffers, or nothing if they do not fit. */
function writeFile({ node }: FileDescriptor, sources: readonly Uint8Array[], position: number, total: number): void {
  const { volume } = node;
  volume.mustBeWritable();
  if (total === 0) return;
  if (position + total > Number.MAX_SAFE_INTEGER) refuse('fbig');
  node.contents.prepare(position, total);
  volume.reserve(node, position + total);
  let at = position;
  for (const source of sources) {
    volume.write(node, source, at);
    at += source.length;
  }
}

function totalOf(buffers: readonly Uint8Array[]): number {
  const total = buffers.reduce((sum, { length }) => sum + length, 0);
  return total > mostBytes ? refuse('inval') : total;
}

function placeAfterSeek(file: FileDescriptor, offset: bigint, from: number, whence: Layout['whence']): number {
  const bases = new Map([
    [whence.start, 0],
    [whence.current, file.position],
    [whence.end, file.node.contents.size],
  ]);
  const base = bases.get(from) ?? refuse('inval');
  const place = BigInt(base) + offset;
  if (place < 0n) refuse('inval');
  return place > BigInt(Number.MAX_SAFE_INTEGER) ? refuse('overflow') : Number(place);
}
