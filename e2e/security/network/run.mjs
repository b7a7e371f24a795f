// Runs the network cases with real plug-ins in an open page.
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';
import { serve, testRoots } from '../../server/serve.mjs';
import { startNetwork } from './servers.mjs';

/** @typedef {import('./cases.js').NetworkCase} NetworkCase */
/** @typedef {import('./run-cases.js').Outcome} Outcome */
/** @typedef {import('./run-cases.js').CaseResult} CaseResult */
/** @typedef {'tenon' | 'peer'} Subject */
/** @typedef {(subject: Subject, one: NetworkCase) => Promise<Outcome>} Perform In the page: `window.performCase`. */

/** @param {string} path */
const fromHere = (path) => fileURLToPath(new URL(path, import.meta.url));

/** @template Module @param {string} path @returns {Promise<Module>} */
async function load(path) {
  const { module } = await runnerImport(fromHere(path), { configFile: false });
  return /** @type {Module} */ (module);
}

/** Serves the page, cross-origin isolated because the peer requires it, and the network. */
export async function serveNetworkPage() {
  const roots = {
    '/': fromHere('page/'),
    '/peer/': fromHere('../../../node_modules/@extism/extism/dist/browser/'),
    ...testRoots,
  };
  const site = await serve({ roots, isolated: true });
  const network = await startNetwork();
  /** @type {typeof import('./cases.js')} */
  const { networkCases } = await load('./cases.ts');
  /** @type {typeof import('./run-cases.js')} */
  const { runCase } = await load('./run-cases.ts');
  const cases = networkCases(network.addresses, site.origin);
  // The requests of plug-ins to the page's own server.
  const ownPaths = ['/text', '/plugins/index.json', '/no-such-path-for-plug-ins'];
  const take = async () => {
    const own = ownPaths.flatMap((url) => Array.from({ length: site.requests.get(url) ?? 0 }, () => url));
    for (const url of ownPaths) site.requests.delete(url);
    const { host } = new URL(site.origin);
    return [...network.take(), ...own.map((url) => ({ server: host, host, method: 'GET', url }))];
  };
  return {
    site,
    cases,
    ports: [network.addresses.port, network.addresses.port2],
    /**
     * @param {Subject} subject
     * @param {NetworkCase} one
     * @param {Perform} perform
     * @returns {Promise<CaseResult>}
     */
    run: (subject, one, perform) =>
      runCase(one, { listed: network.addresses.listed, perform: () => perform(subject, one), take }),
    async stop() {
      network.stop();
      await site.stop();
    },
  };
}
