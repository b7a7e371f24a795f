import { filesInUse } from '../../../contract/storage/files-in-use.js';
import { packFolder } from '../../../contract/storage/stored-journal.js';
import type { DirectoryBacking } from '../../../contract/wasi.js';
import { importPlain, openPack, openStoredFolder, readPack } from './open-pack.js';
import { fillVolume } from './pack.js';
import { type OnConflict, PlainDirectory } from './plain-directory.js';
import type { Volume, VolumeStore } from '../tree.js';

/** How a volume differs from one in memory. */
export interface VolumeParts {
  readonly isReadOnly?: boolean;
  readonly symlinks?: boolean;
  readonly stored?: VolumeStore | null;
}

export interface StoredVolume {
  readonly volume: Volume;
  /** Stores what has changed; null for a directory that is only read. */
  readonly store: (() => Promise<void> | void) | null;
  /** Stores what has changed while the guest runs; null if that is not possible. */
  readonly sync: (() => void) | null;
}

export interface StoreRequest {
  readonly backing: Exclude<DirectoryBacking, { readonly kind: 'memory' }>;
  readonly readOnly: boolean;
  readonly make: (parts: VolumeParts) => Volume;
  /** The storage of the origin; null where there is none. */
  readonly storage: StorageManager | null;
  /** Called when a file of a picked directory was changed outside and by the plug-in. See `PlainDirectory`. */
  readonly onConflict: OnConflict;
}

/**
 * Opens a directory that outlives the plug-in. It is a lazy chunk (`store.js`) of its own. No class of `wasi.js` is used by value here: it
 * would be another one.
 *
 * @throws PluginError `files-failed`, `files-in-use`
 */
export async function openStored(request: StoreRequest): Promise<StoredVolume> {
  const { backing, readOnly, make, storage, onConflict } = request;
  if (backing.kind === 'handle') {
    const volume = make({ symlinks: false });
    const plain = new PlainDirectory(backing.handle, { onConflict });
    await plain.load(volume);
    return { volume, store: () => plain.store(volume), sync: null };
  }
  const folder = await openStoredFolder(backing.id, storage);
  return readOnly ? openSnapshot(folder, make) : openWritable(folder, backing.id, make);
}

async function openWritable(
  folder: FileSystemDirectoryHandle,
  id: string,
  make: StoreRequest['make'],
): Promise<StoredVolume> {
  const pack = await openPack(folder);
  if (pack === null) throw filesInUse(id);
  const volume = make({ stored: { chunks: pack, changes: pack.changes } });
  pack.fill(volume);
  const plain = new PlainDirectory(folder, { except: packFolder });
  const importAll = async (): Promise<void> => {
    await plain.load(volume);
    pack.commit(volume);
  };
  await importPlain(folder, pack.isNew, importAll, () => plain.clear());
  const store = (): void => {
    pack.commit(volume);
    volume.touched = false;
    pack.compact(volume);
  };
  return { volume, store, sync: () => pack.commit(volume) };
}

/** Opens a directory for reading, as it is now, whether or not a plug-in changes it. */
async function openSnapshot(folder: FileSystemDirectoryHandle, make: StoreRequest['make']): Promise<StoredVolume> {
  const found = await readPack(folder);
  const volume = make({ isReadOnly: true, stored: found && { chunks: found.chunks, changes: null } });
  if (found === null) await new PlainDirectory(folder, { except: packFolder }).load(volume);
  else fillVolume(volume, found.nodes);
  return { volume, store: null, sync: null };
}
