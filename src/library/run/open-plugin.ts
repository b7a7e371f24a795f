import { asPluginError } from '../../contract/as-plugin-error.js';
import { isPluginError, PluginError, traitsOf } from '../../contract/errors.js';
import type { Host } from '../../page/host/host.js';
import type { RequestEvent } from '../../page/base/http-settings.js';
import type { Inspection } from '../../page/host/inspection.js';
import type { LogRecord, PluginOptions } from '../../page/base/options.js';
import type { PluginOutput } from '../../page/base/output.js';
import type { CallOptions, CallSource } from '../../page/base/call-options.js';
import type { Plugin } from '../../page/host/plugin.js';
import { KeptVars } from '../storage/kept-vars.js';
import { blockedError, isBlocked } from '../permissions/blocked.js';
import type { PluginRecord } from '../storage/record.js';
import {
  asksForHosts,
  decisionOf,
  type Given,
  grantedOptions,
  grantedPages,
  grantedRights,
  isUsable,
  rightKey,
  settingsOf,
  takesAnySettings,
} from '../permissions/rights.js';
import { redactor, toConfig } from '../settings.js';
import type { Store } from '../storage/store.js';
import type { Quarantine } from './quarantine.js';
import { type InstalledPlugin, viewOf } from '../view.js';

/** What an open plug-in needs from the library. */
export interface OpenContext {
  readonly host: Host;
  /** The library's name. */
  readonly library: string;
  readonly store: Store;
  readonly quarantine: Quarantine;
  readonly limits: PluginOptions;
  readonly maxPagesOnRequest: number;
  readonly optionsFor: (plugin: InstalledPlugin) => PluginOptions;
  readonly given: () => Promise<Given>;
  readonly onLog: (line: LogRecord) => void;
  readonly onRequest: (request: RequestEvent) => void;
  /** Called after each call. */
  readonly onCalled: () => Promise<void>;
  /** Called when a call failed because a host is not allowed; with null when it starts without a right that is not decided. */
  readonly onMissing: (error: PluginError | null) => void;
}

interface Live {
  readonly plugin: Plugin;
  readonly vars: KeptVars;
  /** Version, rights and config that the instance was started with, as JSON. If they have changed, the next call starts another instance. */
  readonly terms: string;
  calls: number;
}

/**
 * An installed plug-in, limited to its grants. It starts with its first call. A change by its user applies from the next call;
 * revoking a right applies at once.
 */
export class OpenPlugin {
  readonly id: string;
  readonly #context: OpenContext;
  #starting: Promise<Live> | null = null;
  #live: Live | null = null;
  #lost: PluginError | null = null;
  /** The vars of the last instance that was stopped. */
  #written: Promise<void> = Promise.resolve();

  constructor(id: string, context: OpenContext) {
    this.id = id;
    this.#context = context;
  }

  /**
   * Calls an exported function, as `Plugin.call` does.
   * @throws PluginError also `not-installed`, `plugin-disabled`, `blocked`, `record-corrupt`; `grant-revoked` if a right was
   * revoked during the call
   */
  async call(name: string, input?: CallSource, options?: CallOptions): Promise<PluginOutput> {
    return this.#using(async (plugin) => {
      try {
        return await plugin.call(name, input, options);
      } finally {
        await this.#context.onCalled();
      }
    });
  }

  /** Starts the plug-in if necessary, and returns the result of `Plugin.inspect`. */
  async inspect(): Promise<Inspection> {
    return this.#using((plugin) => plugin.inspect());
  }

  /** Whether it is started. */
  get isLive(): boolean {
    return this.#live !== null;
  }

  /** Stops the plug-in. The next call starts it again. */
  async close(): Promise<void> {
    await this.#starting?.catch(() => {});
    await this.#end(
      this.#live,
      new PluginError('closed', { message: `The plug-in ${this.id} was closed`, where: this.id }),
    );
    await this.#written;
  }

  /** Applies a change of the plug-in's record: stops the plug-in if it lost a right. */
  async refresh(): Promise<void> {
    await this.#starting?.catch(() => {});
    const live = this.#live;
    if (live === null) return;
    try {
      const { terms, rights } = await this.#terms();
      const had = JSON.parse(live.terms) as { readonly rights: readonly string[] };
      if (terms === live.terms || had.rights.every((right) => rights.includes(right))) return;
    } catch (error) {
      await this.#end(live, asPluginError(error, 'a plug-in could not be read'));
      return;
    }
    await this.#end(
      live,
      new PluginError('grant-revoked', {
        message: `${live.plugin.name} was stopped: one of its rights was revoked`,
        where: this.id,
        fix: 'Call it again. It then runs without that right.',
      }),
    );
  }

  async #using<Value>(work: (plugin: Plugin) => Promise<Value>): Promise<Value> {
    try {
      return await this.#attempt(work);
    } catch (error) {
      if (isPluginError(error, 'host-not-allowed')) this.#context.onMissing(error);
      throw error;
    }
  }

  async #attempt<Value>(work: (plugin: Plugin) => Promise<Value>): Promise<Value> {
    // It may have crashed another page since. Not in #start: disabling a plug-in waits until its start has ended.
    if (this.#live === null) await this.#context.quarantine.check();
    const terms = await this.#terms();
    if (isUndecided(terms.given)) this.#context.onMissing(null);
    // From here on the plug-in loads and runs, and could crash the page.
    const end = await this.#context.quarantine.begin(terms.given.record);
    try {
      const value = await this.#run(terms, work);
      end('ended');
      return value;
    } catch (error) {
      end(isPluginError(error) && !traitsOf(error).leavesCode ? 'ended' : 'stopped');
      throw error;
    }
  }

  async #run<Value>(terms: Terms, work: (plugin: Plugin) => Promise<Value>): Promise<Value> {
    const live = await this.#take(terms);
    try {
      return await work(live.plugin);
    } catch (error) {
      // The plug-in was stopped during the call: report why.
      throw isPluginError(error, 'closed') && this.#lost !== null && live !== this.#live ? this.#lost : error;
    } finally {
      live.calls -= 1;
      if (live !== this.#live && live.calls === 0) await live.plugin.close();
    }
  }

  /** Returns the instance with the current terms, started if necessary, and counts the caller's call. */
  async #take({ terms }: Terms): Promise<Live> {
    if (this.#live?.terms === terms) {
      this.#live.calls += 1;
      return this.#live;
    }
    // Concurrent calls start one instance. Each then checks the terms again.
    if (this.#starting !== null) {
      await this.#starting;
      return this.#take(await this.#terms());
    }
    this.#starting = this.#start();
    try {
      return await this.#starting;
    } finally {
      this.#starting = null;
    }
  }

  async #start(): Promise<Live> {
    const context = this.#context;
    const { given, options, terms } = await this.#terms();
    const { record } = given;
    const { runs, modules } = record.current;
    const wasm = await Promise.all(
      modules.map(async ({ name, sha256 }) => ({
        ...(name === null ? {} : { name }),
        data: await context.store.file(this.id, sha256),
        hash: sha256,
      })),
    );
    const { maxPages, maxHttpResponseBytes, maxVarBytes } = runs.memory;
    const memory = {
      ...(maxPages === null ? {} : { maxPages }),
      ...(maxHttpResponseBytes === null ? {} : { maxHttpResponseBytes }),
      ...(maxVarBytes === null ? {} : { maxVarBytes }),
    };
    // The new instance reads the vars that the previous one wrote.
    await this.#written;
    await this.#live?.vars.flush();
    const vars = new KeptVars(context.store, record, ({ message }) => {
      context.onLog({ plugin: record.current.name, level: 'error', message, at: Date.now() });
    });
    const redact = redactor(settingsOf(record), record.settings);
    const plugin = await context.host.createPlugin(
      { wasm, memory, timeoutMs: runs.timeoutMs },
      {
        ...options,
        vars: await vars.read(),
        onVars: (changes) => vars.take(changes),
        onRequest: (request) => {
          context.onRequest(request);
          options.onRequest?.(request);
        },
        onLog: (line) => context.onLog({ ...line, message: redact(line.message) }),
      },
    );
    const previous = this.#live;
    this.#live = { plugin, vars, terms, calls: 1 };
    if (previous?.calls === 0) await previous.plugin.close();
    return this.#live;
  }

  /** Returns what the plug-in is to be started with. @throws PluginError `blocked`, `plugin-disabled` */
  async #terms(): Promise<Terms> {
    const { given: readGiven, store, limits, maxPagesOnRequest, optionsFor, library } = this.#context;
    const given = await readGiven();
    const { record } = given;
    const blocked = await store.blocked();
    if (isBlocked(record.current, blocked)) throw blockedError(record.current);
    if (!record.isEnabled) throw disabled(record);
    const { runs, name } = record.current;
    const own = optionsFor(viewOf(given, blocked));
    const config = {
      ...Object.fromEntries(runs.config),
      ...(takesAnySettings(record.current) ? own.config : {}),
      ...toConfig(settingsOf(record), record.settings),
    };
    const maxPages = grantedPages(given, maxPagesOnRequest);
    // A limit that the app sets for this plug-in wins.
    const memory = { ...limits.memory, ...(maxPages === null ? {} : { maxPages }), ...own.memory };
    const chosen = { ...limits, ...own, memory };
    const { metering = 'auto' } = chosen;
    const granted = grantedOptions(given, library, chosen.files);
    // The app may grant hosts to a plug-in that has no manifest to ask for them. Its user's denial wins.
    const appHosts = (asksForHosts(record.current) ? (own.allowedHosts ?? []) : []).filter(
      (value) => decisionOf(given, rightKey({ kind: 'host', value })) !== 'deny',
    );
    const options: PluginOptions = {
      name,
      hibernate: true,
      afterHostFailure: 'replace',
      ...chosen,
      // The app's author did not write this code, so it must be stoppable in every engine unless the app decides otherwise.
      metering: metering === 'auto' ? true : metering,
      ...granted,
      allowedHosts: [...granted.allowedHosts, ...appHosts],
      config,
    };
    const rights = [...grantedRights(given).map(rightKey), ...appHosts];
    const { installation, filesEpoch = 0, current } = record;
    const terms = JSON.stringify({ rights, version: current.sha256, installation, filesEpoch, config });
    return { given, options, terms, rights };
  }

  async #end(live: Live | null, reason: PluginError): Promise<void> {
    if (live === null) return;
    if (this.#live === live) this.#live = null;
    this.#lost = reason;
    this.#written = live.vars.flush();
    await live.plugin.close();
  }
}

interface Terms {
  readonly given: Given;
  readonly options: PluginOptions;
  readonly terms: string;
  /** Keys of all granted rights. */
  readonly rights: readonly string[];
}

/** Returns whether the plug-in starts without a right that its user may still grant. Hosts are asked for when they are requested. */
function isUndecided(given: Given): boolean {
  const { current } = given.record;
  return current.rights.some(
    (right) => right.kind !== 'host' && isUsable(current, right) && decisionOf(given, rightKey(right)) === 'ask',
  );
}

function disabled({ id, current, disabledReason }: PluginRecord): PluginError {
  return new PluginError('plugin-disabled', {
    message: `${current.name} is disabled${disabledReason === null ? '' : `: ${disabledReason}`}`,
    where: id,
    fix: 'Enable it first.',
  });
}
