// Writes many modules to the cache, and checks the cache after the browser was killed.
import { createHost, isPluginError } from 'tenon';

const together = 4;

/** @param {number} index */
const urlOf = (index) => `/modules/${index}.wasm`;

/** Loads that many modules, and so writes them to the cache. Does not wait for it. @param {number} from @param {number} count */
export function writeToCache(from, count) {
  const host = createHost();
  let next = from;
  const loadOn = async () => {
    while (next < from + count) await host.compile(urlOf(next++));
  };
  for (let lane = 0; lane < together; lane += 1) void loadOn();
}

/**
 * @template Result
 * @param {string} database
 * @param {(store: IDBObjectStore) => IDBRequest<Result>} ask
 * @returns {Promise<Result | null>} Null when the database does not exist.
 */
async function inStore(database, ask) {
  const known = await indexedDB.databases();
  if (!known.some(({ name }) => name === database)) return null;
  const db = await settled(indexedDB.open(database));
  try {
    if (!db.objectStoreNames.contains('entries')) return null;
    return await settled(ask(db.transaction('entries', 'readonly').objectStore('entries')));
  } finally {
    db.close();
  }
}

/**
 * @template Result
 * @param {IDBRequest<Result>} request
 * @returns {Promise<Result>}
 */
function settled(request) {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () =>
      reject(request.error ?? new Error('IndexedDB: expected a reason, found none')),
    );
  });
}

/** @param {unknown} record */
async function sha256Of(record) {
  const bytes = record instanceof Blob ? await record.arrayBuffer().catch(() => null) : null;
  if (bytes === null) return 'unreadable';
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Returns how many cached modules match the hash in their key. */
async function countRecords() {
  const keys = (await inStore('tenon-bytes', (store) => store.getAllKeys())) ?? [];
  let right = 0;
  for (const key of keys) {
    const record = await inStore('tenon-bytes', (store) => store.get(key));
    if ((await sha256Of(record)) === key) right += 1;
  }
  return { right, wrong: keys.length - right };
}

/** @param {import('tenon').Host} host @param {number} index */
async function start(host, index) {
  const plugin = await host.createPlugin(urlOf(index));
  const { count } = /** @type {{ count: number }} */ ((await plugin.call('count_vowels', 'Hello')).json());
  const { modules } = await plugin.inspect();
  await plugin.close();
  if (count !== 2) throw new Error(`Module ${index}: expected 2 vowels in "Hello", found ${count}`);
  return modules[0]?.from ?? 'network';
}

/**
 * Checks the records after a kill, and whether modules start. Without the network, a module that is not cached must fail with its error.
 * @param {{ from: number, count: number, network: boolean }} wanted
 */
export async function checkCache({ from, count, network }) {
  const host = createHost();
  /** @type {string[]} */
  const faults = [];
  const started = { cache: 0, network: 0, missing: 0 };
  for (let index = from; index < from + count; index += 1) {
    try {
      started[(await start(host, index)) === 'cache' ? 'cache' : 'network'] += 1;
    } catch (error) {
      if (!network && isPluginError(error, 'fetch-failed')) started.missing += 1;
      else faults.push(`module ${index}: ${String(error)}`);
    }
  }
  await host.close();
  return { records: await countRecords(), started, faults };
}
