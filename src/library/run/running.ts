import { describeThrown } from '../../contract/error-wire.js';
import type { PluginError } from '../../contract/errors.js';
import type { PluginOptions } from '../../page/base/options.js';
import type { LogDetail, RequestDetail } from '../library-events.js';
import type { LibraryOptions } from '../library-options.js';
import { OpenPlugin } from './open-plugin.js';
import type { PluginRecord } from '../storage/record.js';
import type { Given, RightDecision } from '../permissions/rights.js';
import type { RunTimeConsent } from '../permissions/run-time-consent.js';
import type { Store } from '../storage/store.js';

/** What running plug-ins need of the library. */
export interface RunningContext {
  readonly options: LibraryOptions;
  readonly library: string;
  readonly limits: PluginOptions;
  readonly store: Store;
  readonly decide: (id: string, key: string, decision: RightDecision) => Promise<unknown>;
  readonly pointsOf: (functions: readonly string[]) => readonly string[];
  readonly onLog: (detail: LogDetail) => void;
  readonly onRequest: (detail: RequestDetail) => void;
}

/** What lasts as long as this page: plug-ins that run, what their users allowed once, and what they are asked meanwhile. */
export class Running {
  readonly #context: RunningContext;
  readonly #open = new Map<string, OpenPlugin>();
  /** Keys of rights, by plug-in. */
  readonly #once = new Map<string, Set<string>>();
  /** Loads when a plug-in is refused something for the first time. */
  #consent: RunTimeConsent | null = null;

  constructor(context: RunningContext) {
    this.#context = context;
  }

  open(id: string): OpenPlugin {
    const known = this.#open.get(id);
    if (known !== undefined) return known;
    const { options, library, store, limits, onLog, onRequest } = this.#context;
    const open = new OpenPlugin(id, {
      host: options.host,
      library,
      store,
      limits,
      optionsFor: options.options ?? (() => ({})),
      given: async () => this.given(await store.get(id)),
      onRequest: (request) => onRequest({ id, request }),
      onLog: (line) => onLog({ id, line }),
      onRefused: (error) => void this.#ask(id, error),
    });
    this.#open.set(id, open);
    return open;
  }

  given(record: PluginRecord): Given {
    return { record, once: this.#once.get(record.id) ?? new Set() };
  }

  allowOnce(id: string, keys: readonly string[]): void {
    this.#once.set(id, new Set([...(this.#once.get(id) ?? []), ...keys]));
  }

  /** Takes back what was allowed once: one right, or all of a plug-in's. */
  forget(id: string, key: string | null = null): void {
    if (key === null) this.#once.delete(id);
    else this.#once.get(id)?.delete(key);
  }

  /** Something about a plug-in changed; null: the block list. */
  async refresh(id: string | null): Promise<void> {
    const touched = Array.from(this.#open.values()).filter((plugin) => id === null || plugin.id === id);
    await Promise.all(touched.map((plugin) => plugin.refresh()));
    if (id !== null) await this.#consent?.look(id);
  }

  /** Ends what runs of one plug-in. */
  async end(id: string): Promise<void> {
    await this.#open.get(id)?.close();
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#open.values(), (plugin) => plugin.close()));
    this.#consent?.close();
  }

  async #ask(id: string, error: PluginError): Promise<void> {
    const { options, store, decide, pointsOf, onLog } = this.#context;
    try {
      const { RunTimeConsent } = await import('../permissions/run-time-consent.js');
      this.#consent ??= new RunTimeConsent({
        consent: options.consent,
        given: async (plugin) => this.given(await store.get(plugin)),
        decide,
        pointsOf,
      });
      await this.#consent.refused(id, error);
    } catch (thrown) {
      onLog({ id, line: { plugin: id, level: 'error', message: describeThrown(thrown), at: Date.now() } });
    }
  }
}
