import type { WaitingWay } from '../../contract/host-function.js';
import { hasJspi, possibleWays } from '../base/waiting.js';
import type { Host } from './host.js';
import type { WorkerNetwork } from './worker-network.js';
import { lazyChunk } from '../base/lazy-chunk.js';

/** The features of this page and engine that plug-ins depend on. */
export interface Features {
  /** False on plain http that is not localhost. */
  readonly secureContext: boolean;
  /** Whether the page was served with COOP and COEP headers. No feature requires them. */
  readonly crossOriginIsolated: boolean;
  /** Whether the engine has JavaScript Promise Integration. */
  readonly jspi: boolean;
  /** How a plug-in can wait for the page, fastest first. If empty, plug-ins cannot use host functions on the page or HTTP. */
  readonly waiting: readonly WaitingWay[];
  readonly hashing: 'webcrypto' | 'javascript';
  readonly cache: boolean;
  /**
   * Whether a library can disable a plug-in that ran when the page crashed: it needs Web Locks, which insecure pages lack, and
   * `localStorage` with room left.
   */
  readonly crashQuarantine: boolean;
  /**
   * Tests what the workers of plug-ins can import: whether a policy closes the network to a `hostModule`.
   * @param host whose workers are tested. @default one without options
   */
  readonly workerNetwork: (host?: Host) => Promise<WorkerNetwork>;
  /** One sentence for each missing feature and its consequence. */
  readonly notes: readonly string[];
}

const probeKey = 'tenon-probe';

/** Detects the features of this page and engine. */
export function features(): Features {
  const secureContext = globalThis.isSecureContext;
  const jspi = hasJspi();
  const waiting = possibleWays();
  const cache = typeof indexedDB !== 'undefined';
  const crashQuarantine = canMark();
  const notes: string[] = [];
  if (!secureContext) {
    notes.push(
      'The page is not a secure context (https or localhost): hashes are computed in JavaScript, about ten times slower, and service workers are not available.',
    );
  }
  if (waiting.length === 0) {
    notes.push(
      'Plug-ins cannot wait for the page: host functions on the page and HTTP need JSPI, isolation headers, or a service worker that calls serveLongPolledRequests.',
    );
  }
  if (!cache) notes.push('IndexedDB is not available: plug-ins are fetched again at each visit.');
  if (secureContext && !crashQuarantine) {
    notes.push('localStorage is missing, denied or full: plug-ins that run when a page crashes are not detected.');
  }
  return {
    secureContext,
    crossOriginIsolated: globalThis.crossOriginIsolated,
    jspi,
    waiting,
    hashing: secureContext ? 'webcrypto' : 'javascript',
    cache,
    crashQuarantine,
    workerNetwork: async (host) =>
      (await lazyChunk(() => import('./worker-network.js'))).testWorkerNetwork(host ?? null),
    notes,
  };
}

/** Writes more than the marks of a few running plug-ins, because storage may be full. */
function canMark(): boolean {
  try {
    localStorage.setItem(probeKey, probeKey.padEnd(2_000));
    localStorage.removeItem(probeKey);
    return 'locks' in navigator;
  } catch {
    return false;
  }
}
