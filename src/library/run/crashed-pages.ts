import { decodeMarks, markPrefix, markStorage, type RunMark } from './run-mark.js';

/** A page that ends removes its marks and then releases its lock. Another process may see this in the other order, this much apart. */
const settlingMs = 100;

/** The marks of pages that crashed. */
export interface CrashedPages {
  readonly marks: readonly RunMark[];
  /** Removes the marks from storage. */
  readonly clear: () => void;
}

/**
 * Returns the marks of pages that do not hold their lock any more. Those pages crashed: others remove their marks when they end. Null
 * if there are none.
 * @param ownKey the key of this page's marks
 */
export async function crashedPages(library: string, ownKey: string): Promise<CrashedPages | null> {
  const storage = markStorage();
  if (storage === null) return null;
  const prefix = markPrefix(library);
  const keys = Object.keys(storage).filter((key) => key.startsWith(prefix) && key !== ownKey);
  const crashed = keys.length === 0 ? [] : await withoutLock(keys);
  if (crashed.length === 0) return null;
  await new Promise((resolve) => setTimeout(resolve, settlingMs));
  return {
    marks: crashed.flatMap((key) => decodeMarks(storage.getItem(key) ?? '')),
    clear: () => crashed.forEach((key) => storage.removeItem(key)),
  };
}

async function withoutLock(keys: readonly string[]): Promise<readonly string[]> {
  const locks = await navigator.locks.query().catch(() => null);
  if (locks === null) return []; // Rejects while the page is being unloaded.
  const { held = [] } = locks;
  return keys.filter((key) => !held.some(({ name }) => name === key));
}
