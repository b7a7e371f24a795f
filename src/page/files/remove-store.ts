import { describeThrown } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';
import { filesInUse } from '../../contract/storage/files-in-use.js';
import { storedHome, storedName } from '../../contract/storage/stored-name.js';
import { graceMs, holdStore } from './store-locks.js';

/** How often removal is retried: a terminated worker may still have the files open. */
const retries = 200;
const retryMs = 25;

/** Does what `removeStoredFiles` says. This module is a lazy chunk. */
export async function removeStore(name: string): Promise<void> {
  if (typeof navigator.storage?.getDirectory !== 'function') {
    throw new PluginError('files-failed', {
      message: `Cannot remove the directory "${name}": this page has no origin private file system`,
      where: name,
      fix: 'Use a secure page (https or localhost) and a browser with an origin private file system.',
    });
  }
  const use = new AbortController();
  if (!(await holdStore(name, graceMs, use.signal))) throw filesInUse(name);
  try {
    await removeFolder(name);
  } finally {
    use.abort();
  }
}

async function removeFolder(name: string): Promise<void> {
  for (let left = retries; ; left -= 1) {
    try {
      const root = await navigator.storage.getDirectory();
      const home = await root.getDirectoryHandle(storedHome);
      await home.removeEntry(storedName(name), { recursive: true });
      return;
    } catch (cause) {
      const reason = cause instanceof DOMException ? cause.name : '';
      if (reason === 'NotFoundError') return;
      if (reason !== 'NoModificationAllowedError' || left === 0) throw cannotRemove(name, cause);
    }
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
}

function cannotRemove(name: string, cause: unknown): PluginError {
  return new PluginError('files-failed', {
    message: `Cannot remove the directory "${name}": ${describeThrown(cause)}`,
    where: name,
    fix: 'Close the plug-ins that use it, and try again.',
    cause,
  });
}
