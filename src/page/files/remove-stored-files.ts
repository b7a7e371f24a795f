import { describeThrown } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';
import { storedHome, storedName } from '../../contract/wasi.js';

/**
 * Removes the directory `{ opfs: name }` of plug-ins with all its content. Resolves if there is none.
 *
 * @throws PluginError `files-failed` if the browser cannot remove it, for example because a plug-in has one of its files open
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
      message: `Cannot remove the directory "${name}": ${describeThrown(cause)}`,
      where: name,
      fix: 'Close the plug-ins that use it, and try again.',
      cause,
    });
  }
}
