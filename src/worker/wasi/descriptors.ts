import { refuse } from './errno.js';
import type { InputStream } from './streams/input-stream.js';
import { allRights, directoryRights, inputRights, outputRights } from './rights.js';
import type { OutputStream } from './streams/streams.js';
import type { DirectoryNode, FileNode, Volume } from './tree.js';

interface DescriptorBase {
  rights: number;
  inheriting: number;
  /** https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fdflags */
  flags: number;
}

export interface FileDescriptor extends DescriptorBase {
  readonly kind: 'file';
  readonly node: FileNode;
  position: number;
}

export interface DirectoryDescriptor extends DescriptorBase {
  readonly kind: 'directory';
  readonly node: DirectoryNode;
  /** The guest path of a preopened directory; null for directories that the plug-in opened. */
  readonly preopened: string | null;
}

export interface InputDescriptor extends DescriptorBase {
  readonly kind: 'input';
  readonly stream: InputStream;
}

export interface OutputDescriptor extends DescriptorBase {
  readonly kind: 'output';
  readonly stream: OutputStream;
}

export type StreamDescriptor = InputDescriptor | OutputDescriptor;
export type Descriptor = FileDescriptor | DirectoryDescriptor | StreamDescriptor;

export interface Mount {
  readonly guestPath: string;
  readonly volume: Volume;
}

/** The streams behind descriptors 0 to 2. */
export interface Streams {
  readonly input: InputStream;
  readonly output: OutputStream;
  readonly errors: OutputStream;
}

const firstOwn = 3;
const maxDescriptors = 8_192;

/** The open descriptors of an instance. */
export class Descriptors {
  readonly #open = new Map<number, Descriptor>();
  /** All numbers from `firstOwn` up to this one are in use. */
  #lowestFree = firstOwn;

  constructor({ input, output, errors }: Streams, mounts: readonly Mount[]) {
    this.#open.set(0, { kind: 'input', stream: input, rights: inputRights, inheriting: 0, flags: 0 });
    this.#open.set(1, { kind: 'output', stream: output, rights: outputRights, inheriting: 0, flags: 0 });
    this.#open.set(2, { kind: 'output', stream: errors, rights: outputRights, inheriting: 0, flags: 0 });
    for (const { guestPath, volume } of mounts) {
      this.open({
        kind: 'directory',
        node: volume.root,
        preopened: guestPath,
        rights: directoryRights,
        inheriting: allRights,
        flags: 0,
      });
    }
  }

  get(fd: number): Descriptor {
    return this.#open.get(fd) ?? refuse('badf');
  }

  directory(fd: number): DirectoryDescriptor {
    const descriptor = this.get(fd);
    return descriptor.kind === 'directory' ? descriptor : refuse('notdir');
  }

  /** Adds a descriptor and returns its number. Callers check `mustHaveRoom` before they create or change anything. */
  open(descriptor: Descriptor): number {
    let fd = this.#lowestFree;
    while (this.#open.has(fd)) fd += 1;
    this.#open.set(fd, descriptor);
    this.#lowestFree = fd + 1;
    if (descriptor.kind === 'file') descriptor.node.volume.open(descriptor.node);
    return fd;
  }

  mustHaveRoom(): void {
    if (this.#open.size >= maxDescriptors) refuse('mfile');
  }

  close(fd: number): void {
    const descriptor = this.get(fd);
    this.#open.delete(fd);
    if (fd >= firstOwn) this.#lowestFree = Math.min(this.#lowestFree, fd);
    if (descriptor.kind === 'file') descriptor.node.volume.close(descriptor.node);
  }

  /** Moves descriptor `from` to the number `to`, which is closed first. */
  renumber(from: number, to: number): void {
    const descriptor = this.get(from);
    this.get(to);
    if (from === to) return;
    this.close(to);
    this.#open.delete(from);
    this.#open.set(to, descriptor);
    if (from >= firstOwn) this.#lowestFree = Math.min(this.#lowestFree, from);
  }

  /** Closes every descriptor, because the instance has ended. */
  closeAll(): void {
    for (const fd of this.#open.keys()) this.close(fd);
  }
}
