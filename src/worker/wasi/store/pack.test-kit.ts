import fc from 'fast-check';
import type { SyncFile } from './pack.js';
import { Pack, type PackFiles } from './pack.js';
import { type DirectoryNode, type TreeNode, Volume } from '../tree.js';

/** Thrown at the storage step at which a run is stopped. */
export class Stopped extends Error {}

/** Counts the storage steps of a pack, and stops at one of them: half of a write is done, and nothing after it. */
export class Steps {
  done = 0;
  stopAt: number;

  constructor(stopAt: number = Number.POSITIVE_INFINITY) {
    this.stopAt = stopAt;
  }

  get isStopped(): boolean {
    return this.done > this.stopAt;
  }

  wrap(file: SyncFile): SyncFile {
    return {
      getSize: () => file.getSize(),
      read: (bytes, options) => file.read(bytes, options),
      write: (bytes, options) => {
        if (!this.#isLast()) return file.write(bytes, options);
        file.write(bytes.slice(0, bytes.length / 2), options);
        throw new Stopped();
      },
      truncate: (size) => this.#step(() => file.truncate(size)),
      flush: () => this.#step(() => file.flush()),
    };
  }

  #step(run: () => void): void {
    if (this.#isLast()) throw new Stopped();
    run();
  }

  #isLast(): boolean {
    if (this.isStopped) throw new Stopped();
    this.done += 1;
    return this.isStopped;
  }
}

/** A file of which a loss of power may lose each write since the last flush, or a part of it. */
export class DiskFile implements SyncFile {
  #flushed = new Uint8Array(0);
  #bytes = new Uint8Array(0);
  #unflushed: ((bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>)[] = [];

  getSize(): number {
    return this.#bytes.length;
  }

  read(bytes: Uint8Array<ArrayBuffer>, { at }: { at: number }): number {
    const found = this.#bytes.subarray(at, at + bytes.length);
    bytes.set(found);
    return found.length;
  }

  write(bytes: Uint8Array<ArrayBuffer>, { at }: { at: number }): number {
    const copy = bytes.slice();
    this.#do((before) => {
      const after = new Uint8Array(Math.max(before.length, at + copy.length));
      after.set(before);
      after.set(copy, at);
      return after;
    });
    return bytes.length;
  }

  truncate(size: number): void {
    this.#do((before) => {
      const after = new Uint8Array(size);
      after.set(before.subarray(0, size));
      return after;
    });
  }

  flush(): void {
    this.#flushed = this.#bytes;
    this.#unflushed = [];
  }

  /** Keeps each unflushed change only if `keeps` says so. */
  losePower(keeps: () => boolean): void {
    this.#bytes = this.#unflushed.filter(keeps).reduce((bytes, change) => change(bytes), this.#flushed);
    this.flush();
  }

  #do(change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>): void {
    this.#bytes = change(this.#bytes);
    this.#unflushed.push(change);
  }
}

/** A step of a program that changes files. */
export type Act =
  | { readonly do: 'write'; readonly path: string; readonly at: number; readonly length: number }
  | { readonly do: 'resize'; readonly path: string; readonly size: number }
  | { readonly do: 'rename'; readonly path: string; readonly to: string }
  | { readonly do: 'link'; readonly path: string; readonly to: string }
  | { readonly do: 'symlink' | 'directory' | 'remove' | 'times'; readonly path: string }
  | { readonly do: 'commit' }
  | { readonly do: 'compact' };

const names = ['a', 'b', 'd', 'd/a', 'd/b', 'd/e', 'd/e/a', 'ünï\\côdé ', '."*:<>?|\u0001'];
const path = fc.constantFrom(...names);
const chunk = 262_144;
const place = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(chunk - 3, chunk));

export const acts: fc.Arbitrary<readonly Act[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('write' as const), path, at: place, length: fc.nat(60) }) },
    fc.record({ do: fc.constant('resize' as const), path, size: place }),
    { weight: 2, arbitrary: fc.record({ do: fc.constant('rename' as const), path, to: path }) },
    fc.record({ do: fc.constant('link' as const), path, to: path }),
    fc.record({
      do: fc.constantFrom('symlink' as const, 'directory' as const, 'remove' as const, 'times' as const),
      path,
    }),
    { weight: 2, arbitrary: fc.constantFrom<Act>({ do: 'commit' }, { do: 'compact' }) },
  ),
  { minLength: 1, maxLength: 30 },
);

/** A pack with the volume that a plug-in would use. */
export class Session {
  readonly pack: Pack;
  readonly volume: Volume;
  #clock = 0n;

  constructor(files: PackFiles, maxBytes = 1e9) {
    this.pack = new Pack(files);
    this.volume = new Volume({
      device: 1,
      limits: { maxBytes, maxEntries: 1e5, readOnly: false, symlinks: true },
      now: () => this.#clock,
      onQuota: () => {},
      store: { chunks: this.pack, changes: this.pack.changes },
    });
    this.pack.fill(this.volume);
  }

  /** Does what it can: what is impossible changes nothing. `number` makes the bytes differ. */
  act(act: Act, number: number): void {
    this.#clock += 1_000_000_007n;
    const { volume } = this;
    if (act.do === 'commit' || act.do === 'compact') {
      this.pack.commit(volume);
      if (act.do === 'compact') this.pack.compact(volume);
      return;
    }
    this.#change(act, number);
  }

  #change(act: Exclude<Act, { readonly do: 'commit' } | { readonly do: 'compact' }>, number: number): void {
    const { volume } = this;
    const { parent, name, node } = this.#find(act.path);
    if (parent === null) return;
    if (act.do === 'write') {
      const file = node ?? volume.makeFile();
      if (file.kind !== 'file') return;
      if (node === null) volume.add(parent, name, file);
      file.contents.prepare(act.at, act.length);
      volume.reserve(file, act.at + act.length);
      volume.write(file, new Uint8Array(act.length).fill(number), act.at);
    } else if (act.do === 'resize') {
      if (node?.kind === 'file') volume.resize(node, act.size);
    } else if (act.do === 'rename' || act.do === 'link') {
      this.#relink(act.do, { parent, name, node }, this.#find(act.to));
    } else if (act.do === 'remove') {
      if (node !== null && (node.kind !== 'directory' || node.entries.size === 0)) volume.remove(parent, name);
    } else if (act.do === 'times') {
      if (node !== null) node.times.modified = BigInt(number) * 86_400_000_000_007n;
      if (node !== null) volume.touch(node);
    } else if (node === null) {
      volume.add(parent, name, act.do === 'directory' ? volume.makeDirectory() : volume.makeSymlink(`to/${number}`));
    }
  }

  #relink(what: 'rename' | 'link', from: Found, to: Found): void {
    if (from.node === null || from.parent === null || to.parent === null || from.node === to.node) return;
    if (what === 'link') {
      if (from.node.kind !== 'directory' && to.node === null) this.volume.add(to.parent, to.name, from.node);
      return;
    }
    for (let at: DirectoryNode | null = to.parent; at !== null; at = at.parent) if (at === from.node) return;
    if (to.node?.kind === 'directory' && (from.node.kind !== 'directory' || to.node.entries.size > 0)) return;
    if (from.node.kind === 'directory' && to.node !== null && to.node.kind !== 'directory') return;
    this.volume.move({ parent: from.parent, name: from.name }, { parent: to.parent, name: to.name });
  }

  #find(text: string): Found {
    const steps = text.split('/');
    const name = steps.pop() ?? '';
    let parent: TreeNode | undefined = this.volume.root;
    for (const step of steps) parent = parent?.kind === 'directory' ? parent.entries.get(step)?.node : undefined;
    if (parent?.kind !== 'directory') return { parent: null, name, node: null };
    return { parent, name, node: parent.entries.get(name)?.node ?? null };
  }
}

interface Found {
  readonly parent: DirectoryNode | null;
  readonly name: string;
  readonly node: TreeNode | null;
}

/** Describes all that a program can see of a volume. */
export function describe(volume: Volume): string {
  const lines: string[] = [];
  const visit = (directory: DirectoryNode, prefix: string): void => {
    for (const [name, { node }] of directory.entries) {
      const { inode, links, times } = node;
      const what = node.kind === 'file' ? digest(node.contents.bytes()) : node.kind === 'symlink' ? node.target : '';
      lines.push([prefix + name, node.kind, inode, links, times.modified, times.changed, what].join(' '));
      if (node.kind === 'directory') visit(node, `${prefix}${name}/`);
    }
  };
  visit(volume.root, '');
  return [`root ${volume.root.times.modified}`, ...lines.sort()].join('\n');
}

function digest(bytes: Uint8Array): string {
  let sum = 17;
  for (const byte of bytes) sum = (Math.imul(sum, 31) + byte) | 0;
  return `${bytes.length} ${sum}`;
}

/** Reads a pack again, into a new volume. */
export function describeStored(files: PackFiles): string {
  return describe(new Session(files).volume);
}
