import { describeThrown } from '../../contract/error-wire.js';
import { isPluginError, PluginError } from '../../contract/errors.js';
import type { DirectorySetup, FilesConflict, QuotaReport } from '../../contract/wasi.js';
import { importAsset } from '../import-asset.js';
import type { Mount } from './descriptors.js';
import { errno, Refusal, refuse } from './errno.js';
import { isNamed } from './dom-error.js';
import { putFile } from './access/put-entry.js';
import type { openStored, StoredVolume, StoreRequest } from './store/store-chunk.js';
import { type TreeNode, Volume } from './tree.js';
import { walk } from './walk.js';

/** A directory of a running plug-in. */
export interface MountedVolume extends Mount {
  /** Stores what has changed; null for a directory in memory only. */
  readonly store: (() => Promise<void> | void) | null;
  /** Whether the app may change it: anything but a stored directory that was opened for reading. */
  readonly acceptsEdits: boolean;
  /** All entries when the instance started, by path. Used to detect changes. */
  readonly initial: ReadonlyMap<string, { readonly node: TreeNode; readonly version: number }>;
}

export interface VolumeContext {
  readonly now: () => bigint;
  readonly onQuota: (report: QuotaReport) => void;
  readonly onConflict: (conflict: FilesConflict) => void;
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
    const acceptsEdits = setup.backing.kind === 'memory' || !volume.limits.readOnly;
    return { guestPath, volume, store, acceptsEdits, initial: snapshot(volume) };
  } catch (thrown) {
    throw cannotMount(setup, thrown);
  }
}

interface StoreChunk {
  readonly openStored: typeof openStored;
}

async function open(setup: DirectorySetup, make: StoreRequest['make'], context: VolumeContext): Promise<StoredVolume> {
  const { backing, readOnly, guestPath } = setup;
  if (backing.kind !== 'memory') {
    const store = await importAsset<StoreChunk>(context.storeUrl);
    const full = (path: string): string => (guestPath.endsWith('/') ? guestPath + path : `${guestPath}/${path}`);
    return store.openStored({
      backing,
      readOnly,
      make,
      storage: context.storage,
      onConflict: (path, keptAs) =>
        context.onConflict({ guestPath, path: full(path), keptAs: keptAs === null ? null : full(keptAs) }),
    });
  }
  const volume = make({});
  for (const [path, content] of backing.files) {
    const bytes = content instanceof Uint8Array ? content : new Uint8Array(await content.arrayBuffer());
    putFile(volume, path, bytes);
  }
  return { volume, store: null, sync: null };
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

function versionOf(node: TreeNode): number {
  return node.kind === 'file' ? node.version : 0;
}

function snapshot(volume: Volume): MountedVolume['initial'] {
  return new Map(Array.from(walk(volume.root), ([path, node]) => [path, { node, version: versionOf(node) }]));
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
