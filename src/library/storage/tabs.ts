import { secureOnly } from '../hash.js';

/** A message between tabs. It only names what changed; the receiver reads the database. */
export type TabMessage = { readonly tenon: 'changed'; readonly id: string } | { readonly tenon: 'blocked' };

/** A lock that the tabs of one site share, and a channel for messages about changes. */
export class Tabs {
  readonly #lockName: string;
  readonly #channel: BroadcastChannel;

  constructor(name: string, onMessage: (message: TabMessage) => void) {
    this.#lockName = name;
    this.#channel = new BroadcastChannel(name);
    this.#channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      const message = parseMessage(data);
      if (message !== null) onMessage(message);
    });
  }

  /**
   * Runs `work` while no other tab holds the lock.
   * @throws PluginError `unsupported` on an insecure page
   */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    return secureOnly(navigator.locks).request(this.#lockName, work);
  }

  post(message: TabMessage): void {
    this.#channel.postMessage(message);
  }

  close(): void {
    this.#channel.close();
  }
}

function parseMessage(data: unknown): TabMessage | null {
  if (typeof data !== 'object' || data === null || !('tenon' in data)) return null;
  if (data.tenon === 'blocked') return { tenon: 'blocked' };
  if (data.tenon === 'changed' && 'id' in data && typeof data.id === 'string') return { tenon: 'changed', id: data.id };
  return null;
}
