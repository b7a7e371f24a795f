import type { Plugin } from 'vite';
import { startNetwork } from '../security/network/servers.mjs';

type Network = Awaited<ReturnType<typeof startNetwork>>;

/**
 * Serves the test network (e2e/security/network/servers.mjs) to browser tests; each name has a network of its own:
 * `/network/<name>/addresses`, `/network/<name>/take`, `/network/<name>/open`.
 */
export function serveNetwork(): Plugin {
  const networks = new Map<string, Promise<Network>>();
  const networkOf = (name: string): Promise<Network> => {
    const network = networks.get(name) ?? startNetwork();
    networks.set(name, network);
    return network;
  };
  return {
    name: 'tenon:network',
    configureServer(server) {
      server.middlewares.use('/network', (request, response) => {
        const [, name = '', what = ''] = (request.url ?? '').split('/');
        void networkOf(name).then((network) => {
          response.setHeader('content-type', 'application/json');
          response.end(JSON.stringify(answerOf(network, what)));
        });
      });
      server.httpServer?.once('close', () => {
        for (const network of networks.values()) void network.then((one) => one.stop());
      });
    },
  };
}

function answerOf(network: Network, what: string): unknown {
  if (what === 'addresses') return network.addresses;
  return what === 'take' ? network.take() : network.answering.paths;
}
