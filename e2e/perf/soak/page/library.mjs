// Installs, updates and removes plug-ins continuously, and checks that stored plug-ins are complete.
import { createHost } from 'tenon';
import { createLibrary } from 'tenon/library';

const name = 'soak';
const ids = ['first', 'second', 'third', 'fourth'];

/** @param {import('tenon/library').ConsentRequest} _request */
const consent = (_request) => ({
  allowed: /** @type {const} */ (true),
  rights: {},
  replace: true,
  downgrade: true,
});

/** @returns {import('tenon/library').Library} */
const makeLibrary = () => createLibrary({ host: createHost(), name, consent, installHosts: [location.host] });

/**
 * Returns a plug-in whose version determines its module.
 * @param {string} id
 * @param {number} version
 */
function manifestOf(id, version) {
  const manifest = { wasm: [{ url: `/modules/${version}.wasm` }], plugin: { id, version: String(version) } };
  return new File([JSON.stringify(manifest)], `${id}.json`);
}

/** Installs and updates, one after the other and without end. Does not wait for it. @param {number} from */
export function churnLibrary(from) {
  const library = makeLibrary();
  const churn = async () => {
    for (let version = from; ; version += 1) {
      const id = ids[version % ids.length] ?? '';
      await library.install(manifestOf(id, version));
      if (version % 11 === 10) await library.remove(id);
    }
  };
  void churn();
}

/**
 * Checks that every plug-in is one complete version: its module is that of the version, its bytes are right, and it runs. The same
 * holds for its previous version.
 * @returns {Promise<{ plugins: string[], faults: string[] }>}
 */
export async function checkLibrary() {
  const library = makeLibrary();
  /** @type {string[]} */
  const faults = [];
  const plugins = await library.list();
  for (const { id, error } of await library.damaged()) faults.push(`${id} is damaged: ${error.message}`);
  for (const plugin of plugins) {
    try {
      await checkPlugin(library, plugin);
      if (plugin.previous === null) continue;
      await checkPlugin(library, await library.rollback(plugin.id));
      await library.rollback(plugin.id);
    } catch (error) {
      faults.push(`${plugin.id} ${plugin.version}: ${String(error)}`);
    }
  }
  await library.close();
  return { plugins: plugins.map(({ id, version }) => `${id} ${version}`), faults };
}

/**
 * @param {import('tenon/library').Library} library
 * @param {import('tenon/library').InstalledPlugin} plugin
 */
async function checkPlugin(library, { id, version, modules }) {
  const bytes = await (await fetch(`/modules/${version}.wasm`)).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (modules[0]?.sha256 !== sha256) throw new TypeError(`its module is ${modules[0]?.sha256}, not ${sha256}`);
  const open = await library.open(id);
  const { count } = /** @type {{ count: number }} */ ((await open.call('count_vowels', 'Hello')).json());
  if (count !== 2) throw new TypeError(`it counts ${count} vowels in Hello`);
}

/**
 * Installs, updates and removes plug-ins at random, as one of several tabs. A conflict with another tab is no fault.
 * @param {number} rounds
 * @param {number} from The first of this tab's own versions.
 * @returns {Promise<string[]>} Faults.
 */
export async function hammerLibrary(rounds, from) {
  const library = makeLibrary();
  /** @type {string[]} */
  const faults = [];
  for (let round = 0; round < rounds; round += 1) {
    const id = ids[Math.floor(Math.random() * ids.length)] ?? '';
    const dice = Math.random();
    try {
      if (dice < 0.2) await library.remove(id);
      else if (dice < 0.6) await library.install(manifestOf(id, from + round));
      else await library.update(id, manifestOf(id, from + round));
    } catch (error) {
      const { code } = /** @type {{ code?: string }} */ (error);
      if (code !== 'not-installed') faults.push(String(error));
    }
  }
  await library.close();
  return faults;
}
