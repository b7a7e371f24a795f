import { describeThrown } from '../../contract/error-wire.js';
import type { PluginError } from '../../contract/errors.js';
import type { Host } from '../../page/host/host.js';
import type { PluginOptions } from '../../page/base/options.js';
import type { LogDetail, RequestDetail } from '../library-events.js';
import { OpenPlugin } from './open-plugin.js';
import type { Quarantine } from './quarantine.js';
import type { PluginRecord } from '../storage/record.js';
import type { Consent } from '../permissions/consent.js';
import type { Given, PageDecision, RightDecision } from '../permissions/rights.js';
import type { RunTimeConsent } from '../permissions/run-time-consent.js';
import type { Store } from '../storage/store.js';
import type { InstalledPlugin } from '../view.js';
import { lazyChunk } from '../../page/base/lazy-chunk.js';

/** What running plug-ins needs from the library. */
export interface RunningContext {
  readonly host: Host;
  readonly consent: Consent;
  readonly optionsFor: (plugin: InstalledPlugin) => PluginOptions;
  readonly library: string;
  readonly limits: PluginOptions;
  readonly maxPagesOnRequest: number;
  readonly store: Store;
  readonly quarantine: Quarantine;
  readonly decide: (id: string, key: string, decision: RightDecision) => Promise<unknown>;
  readonly pointsOf: (functions: readonly string[]) => readonly string[];
  readonly onLog: (detail: LogDetail) => void;
  readonly onRequest: (detail: RequestDetail) => void;
  /** Called after a call has used rights that were granted once. */
  readonly onSpent: (id: string) => void;
}

/** State that lasts as long as the page: open plug-ins, rights that this page grants, and pending consent requests. */
export class Running {
  readonly #context: RunningContext;
  readonly #open = new Map<string, OpenPlugin>();
  /** Decisions by the keys of rights, by plug-in. */
  readonly #onPage = new Map<string, Map<string, PageDecision>>();
  /** Created when a plug-in first needs a right that is not decided. */
  #consent: RunTimeConsent | null = null;

  constructor(context: RunningContext) {
    this.#context = context;
  }

  open(id: string): OpenPlugin {
    const known = this.#open.get(id);
    if (known !== undefined) return known;
    const { host, optionsFor, library, store, quarantine, limits, maxPagesOnRequest, onLog, onRequest } = this.#context;
    /** Addresses that were requested while a right was granted once. */
    const urls: string[] = [];
    const open = new OpenPlugin(id, {
      host,
      library,
      store,
      quarantine,
      limits,
      maxPagesOnRequest,
      optionsFor,
      given: async () => this.given(await store.get(id)),
      onRequest: (request) => {
        if (this.#hasOnce(id)) urls.push(request.url);
        onRequest({ id, request });
      },
      onCalled: () => this.#spend(id, urls.splice(0)),
      onLog: (line) => onLog({ id, line }),
      onMissing: (error) => void this.#ask(id, error),
    });
    this.#open.set(id, open);
    return open;
  }

  given(record: PluginRecord): Given {
    return { record, onPage: this.#onPage.get(record.id) ?? new Map() };
  }

  allowOnPage(id: string, decisions: ReadonlyMap<string, PageDecision>): void {
    this.#onPage.set(id, new Map([...(this.#onPage.get(id) ?? []), ...decisions]));
  }

  /** Revokes rights that this page grants: one of them, or all of a plug-in. */
  forget(id: string, key: string | null = null): void {
    if (key === null) this.#onPage.delete(id);
    else this.#onPage.get(id)?.delete(key);
  }

  #hasOnce(id: string): boolean {
    return [...(this.#onPage.get(id)?.values() ?? [])].includes('once');
  }

  /** Revokes what was granted once and a call has used. Calls that had started by then keep it. */
  async #spend(id: string, urls: readonly string[]): Promise<void> {
    if (!this.#hasOnce(id)) return;
    const { spentKeys } = await lazyChunk(() => import('../permissions/spent.js'));
    const spent = spentKeys(this.#onPage.get(id) ?? new Map(), urls);
    for (const key of spent) this.forget(id, key);
    if (spent.length > 0) this.#context.onSpent(id);
  }

  /** Applies a change of a plug-in or, with null, of the block list. */
  async refresh(id: string | null): Promise<void> {
    const touched = Array.from(this.#open.values()).filter((plugin) => id === null || plugin.id === id);
    await Promise.all(touched.map((plugin) => plugin.refresh()));
    if (id !== null) await this.#consent?.refresh(id);
  }

  /** Stops a plug-in if it runs. */
  async end(id: string): Promise<void> {
    await this.#open.get(id)?.close();
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#open.values(), (plugin) => plugin.close()));
    this.#consent?.close();
  }

  async #ask(id: string, error: PluginError | null): Promise<void> {
    const { consent, store, decide, pointsOf, onLog } = this.#context;
    try {
      const { RunTimeConsent } = await lazyChunk(() => import('../permissions/run-time-consent.js'));
      this.#consent ??= new RunTimeConsent({
        consent,
        given: async (plugin) => this.given(await store.get(plugin)),
        decide,
        pointsOf,
      });
      await this.#consent.missing(id, error);
    } catch (thrown) {
      onLog({ id, line: { plugin: id, level: 'error', message: describeThrown(thrown), at: Date.now() } });
    }
  }
}
