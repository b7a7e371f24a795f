import { lazyChunk } from '../base/lazy-chunk.js';
/**
 * Removes the directory `{ opfs: name }` of plug-ins with all its content. Resolves if there is none.
 *
 * @throws PluginError `files-in-use` if a plug-in, on this page or in another tab, has it open for writing; `files-failed` if the browser
 * has no private file system, or cannot remove it
 * @example await removeStoredFiles('notes');
 */
export async function removeStoredFiles(name: string): Promise<void> {
  const { removeStore } = await lazyChunk(() => import('./remove-store.js'));
  await removeStore(name);
}
