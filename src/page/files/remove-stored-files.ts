import { describeThrown } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';
import { storedHome, storedName } from '../../contract/wasi.js';

/**
 * Removes the directory that plug-ins were given as `{ opfs: name }`, with all that is in it. There being none is fine.
 *
 * @throws PluginError `files-failed` when the browser refuses, because a plug-in has one of its files open say
 * @example await removeStoredFiles('notes');
 */
export async function removeStoredFiles(name: string): Promise<void> {
  try {
    const root = await navigator.storage.getDirectory();
    const home = await root.getDirectoryHandle(storedHome);
    await home.removeEntry(storedName(name), { recursive: true });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'NotFoundError') return;
    throw new PluginError('files-failed', {
      message: `the directory "${name}" could not be removed: ${describeThrown(cause)}`,
      where: name,
      fix: 'Close the plug-ins that use it first.',
      cause,
    });
  }
}
