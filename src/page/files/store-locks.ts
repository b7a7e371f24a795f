import { filesInUse } from '../../contract/storage/files-in-use.js';
import type { DirectorySetup, WasiSetup } from '../../contract/wasi.js';

/** How long a lock is waited for before a plug-in that holds it is reported: one that was just closed has it for a moment longer. */
export const graceMs = 1_000;

/**
 * Takes the Web Locks of all stored directories that a plug-in writes to. They are held until `signal` is aborted. Returns the setup, in
 * which directories that another plug-in has open are read-only, if their `whenShared` says so. This module is a lazy chunk.
 *
 * @param timeoutMs how long `whenShared: 'wait'` waits
 * @throws PluginError `files-in-use`
 */
export async function lockStores(wasi: WasiSetup, timeoutMs: number | null, signal: AbortSignal): Promise<WasiSetup> {
  const directories: DirectorySetup[] = [];
  // One after the other and in one order, so that two plug-ins never wait for each other.
  for (const id of Array.from(new Set(wasi.directories.flatMap(writableStore))).sort()) {
    const backing = wasi.directories.find((one) => writableStore(one)[0] === id)?.backing;
    const whenShared = backing?.kind === 'opfs' ? backing.whenShared : null;
    const isHeld = await holdStore(id, whenShared === 'wait' ? timeoutMs : graceMs, signal);
    if (!isHeld && whenShared !== 'read-only') throw filesInUse(id);
    if (!isHeld) directories.push(...wasi.directories.filter((one) => writableStore(one)[0] === id));
  }
  return {
    ...wasi,
    directories: wasi.directories.map((one) => (directories.includes(one) ? { ...one, readOnly: true } : one)),
  };
}

/** Returns the name of the stored directory that a plug-in writes to, or nothing. */
export function writableStore({ backing, readOnly }: DirectorySetup): string[] {
  return backing.kind === 'opfs' && !readOnly ? [backing.id] : [];
}

/**
 * Takes the lock of a stored directory, and holds it until `signal` is aborted. Returns false if a plug-in still has it after `waitMs`,
 * or `signal` is aborted before. Where there are no locks, there is no private file system either.
 */
export function holdStore(id: string, waitMs: number | null, signal: AbortSignal): Promise<boolean> {
  if (!('locks' in navigator)) return Promise.resolve(true);
  const name = `tenon-files ${id}`;
  return new Promise((settle, fail) => {
    const giveUp = new AbortController();
    const end = (): void => giveUp.abort();
    signal.addEventListener('abort', end);
    // A browser may grant a free lock late: only a lock that is held is given up.
    const check = async (): Promise<void> => {
      const { held = [] } = await navigator.locks.query();
      if (held.some((lock) => lock.name === name)) end();
      else timer = setTimeout(() => void check(), graceMs);
    };
    let timer = waitMs === null ? undefined : setTimeout(() => void check(), waitMs);
    const hold = (): Promise<void> => {
      clearTimeout(timer);
      settle(true);
      return new Promise((release) => {
        if (signal.aborted) release();
        else signal.addEventListener('abort', () => release());
      });
    };
    navigator.locks.request(name, { signal: giveUp.signal }, hold).catch((thrown: unknown) => {
      clearTimeout(timer);
      if (giveUp.signal.aborted) settle(false);
      else fail(thrown instanceof Error ? thrown : filesInUse(id));
    });
  });
}
