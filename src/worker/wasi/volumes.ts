import { describeThrown } from '../../contract/error-wire.js';
import { isPluginError, PluginError } from '../../contract/errors.js';
import type { DirectorySetup, QuotaReport } from '../../contract/wasi.js';
import type { Mount } from './descriptors.js';
import { errno, Refusal, refuse } from './errno.js';
import { isNamed } from './dom-error.js';
import { resolve } from './resolve.js';
import type { openStored, StoredVolume, StoreRequest } from './store/store-chunk.js';
import { type DirectoryNode, type TreeNode, Volume, walk } from './tree.js';

/** A directory of a running plug-in. */
export interface MountedVolume extends Mount {
  /** Stores what has changed; null for a directory in memory only. */
  readonly store: (() => Promise<void> | void) | null;
  /** All entries when the instance started, by path. Used to detect changes. */
  readonly initial: ReadonlyMap<string, { readonly node: TreeNode; readonly version: number }>;
}

export interface VolumeContext {
  readonly now: () => bigint;
  readonly onQuota: (report: QuotaReport) => void;
  /** The storage of the origin; null where there is none. */
  readonly storage: StorageManager | null;
  /** Absolute URL of `store.js`. */
  readonly storeUrl: string;
}

/** Creates the volume for a directory, and reads its files or its index. @throws PluginError `files-failed`, `files-in-use` */
export async function mountVolume(
  setup: DirectorySetup,
  device: number,
  context: VolumeContext,
): Promise<MountedVolume> {
  const { guestPath, readOnly, maxBytes, maxEntries } = setup;
  const make: StoreRequest['make'] = ({ isReadOnly = readOnly, symlinks = true, stored = null }) =>
    new Volume({
      device,
      limits: { maxBytes, maxEntries, readOnly: isReadOnly, symlinks },
      now: context.now,
      onQuota: (limit, max) => context.onQuota({ guestPath, limit, max }),
      store: stored,
    });
  try {
    const { volume, store, sync } = await open(setup, make, context);
    if (sync !== null) volume.sync = () => syncing(volume, sync);
    volume.touched = false;
    return { guestPath, volume, store, initial: snapshot(volume) };
  } catch (thrown) {
    throw cannotMount(setup, thrown);
  }
}

async function open(setup: DirectorySetup, make: StoreRequest['make'], context: VolumeContext): Promise<StoredVolume> {
  const { backing, readOnly } = setup;
  if (backing.kind !== 'memory') {
    const store = await importStore(context.storeUrl);
    return store.openStored({ backing, readOnly, make, storage: context.storage });
  }
  const volume = make({});
  for (const [path, content] of backing.files) {
    const bytes = content instanceof Uint8Array ? content : new Uint8Array(await content.arrayBuffer());
    putFile(volume, path, bytes);
  }
  return { volume, store: null, sync: null };
}

interface StoreChunk {
  readonly openStored: typeof openStored;
}

async function importStore(url: string): Promise<StoreChunk> {
  try {
    return (await import(/* @vite-ignore */ url)) as StoreChunk;
  } catch (cause) {
    throw new PluginError('unsupported', {
      message: `Stored directories are not available: store.js could not be loaded: ${describeThrown(cause)}`,
      where: url,
      fix: "Serve store.js next to the library, under a Content-Security-Policy of worker.js that allows it (script-src 'self').",
      cause,
    });
  }
}

/** Commits while the guest runs. A failure is an errno of the function that the guest called. */
function syncing(volume: Volume, sync: () => void): void {
  if (!volume.touched) return;
  try {
    sync();
    volume.touched = false;
  } catch (thrown) {
    refuse(isPluginError(thrown) || isNamed(thrown, 'QuotaExceededError') ? 'nospc' : 'io');
  }
}

/**
 * Creates a file and its parent directories, replacing a file of that name. Takes ownership of `bytes`. A path that ends in a slash
 * creates a directory only.
 */
export function putFile(volume: Volume, path: string, bytes: Uint8Array<ArrayBuffer>): void {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  const name = path.endsWith('/') ? null : names.pop();
  if (name === undefined) throw notAPlace(path);
  let directory: DirectoryNode = volume.root;
  for (const step of names) {
    let next = resolve(directory, step, 'entry').node;
    if (next === null) {
      next = volume.makeDirectory();
      volume.add(directory, step, next);
    }
    if (next.kind !== 'directory') throw notAPlace(path);
    directory = next;
  }
  if (name === null) return;
  const present = resolve(directory, name, 'entry').node;
  if (present?.kind === 'directory') throw notAPlace(path);
  if (present !== null) volume.remove(directory, name);
  volume.add(directory, name, volume.makeFile(bytes));
}

export function versionOf(node: TreeNode): number {
  return node.kind === 'file' ? node.version : 0;
}

function snapshot(volume: Volume): MountedVolume['initial'] {
  return new Map(Array.from(walk(volume.root), ([path, node]) => [path, { node, version: versionOf(node) }]));
}

function notAPlace(path: string): PluginError {
  return new PluginError('files-failed', {
    message: `Cannot create file "${path}": it names a directory, or one of its parents is not a directory`,
    where: path,
  });
}

function cannotMount({ guestPath, maxBytes, maxEntries }: DirectorySetup, thrown: unknown): PluginError {
  if (isPluginError(thrown)) return thrown;
  const where = `directory "${guestPath}"`;
  if (thrown instanceof Refusal && thrown.errno === errno.dquot) {
    return new PluginError('files-failed', {
      message: `Cannot read directory "${guestPath}": its contents exceed the quota`,
      where,
      expected: `at most ${maxBytes} bytes in ${maxEntries} entries`,
      fix: 'Raise maxBytes or maxEntries, or store less.',
    });
  }
  const what = thrown instanceof Refusal ? 'it contains an invalid path' : describeThrown(thrown);
  return new PluginError('files-failed', {
    message: `Cannot read directory "${guestPath}": ${what}`,
    where,
    cause: thrown instanceof Refusal ? undefined : thrown,
  });
}
