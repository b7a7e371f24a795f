import { PluginError } from '../contract/errors.js';
import type { Host } from '../page/host.js';
import type { RequestEvent } from '../page/http-settings.js';
import type { LogRecord, PluginOptions } from '../page/options.js';
import type { Consent } from './consent.js';
import type { ExtensionPoint, PointMode, PointResult } from './extension-point.js';
import type { InstallContext, InstallOptions } from './install.js';
import { OpenPlugin } from './open-plugin.js';
import type { InstallSource } from './read-source.js';
import type { PluginRecord } from './record.js';
import type { PointMember, RunOptions } from './run-point.js';
import type { Given, RightDecision } from './rights.js';
import { checkSettings, type SettingValue } from './settings.js';
import { type DamagedRecord, Store } from './store.js';
import type { AvailableUpdate, UpdateCheck } from './updates.js';
import { type InstalledPlugin, viewOf } from './view.js';

export interface LibraryOptions {
  /** Runs the plug-ins. */
  readonly host: Host;
  /** Names the databases: libraries of one name on one site are one library. @default 'default' */
  readonly name?: string;
  /** Asks the user what a plug-in may do: `(request) => sheet.ask(request)` with a `<plugin-consent>`. */
  readonly consent: Consent;
  /** Where the app runs plug-ins: what users are told of them. */
  readonly points?: readonly ExtensionPoint[];
  /** What every plug-in is limited to. @default 4,096 pages, 10 s a call, 1 MiB of vars */
  readonly limits?: Pick<
    PluginOptions,
    'memory' | 'timeoutMs' | 'loadTimeoutMs' | 'metering' | 'fuel' | 'maxQueue' | 'maxOutputBytes' | 'logLevel'
  >;
  /** More options for one plug-in, by what it was allowed to do. Hosts, paths and config are the library's. */
  readonly options?: (plugin: InstalledPlugin) => PluginOptions;
  /** Bytes a source, and what a bundle unpacks to, may have. @default 67_108_864 (64 MiB) */
  readonly maxBytes?: number;
  /** Milliseconds the browser's database may take to open. @default 5_000 */
  readonly storagePatienceMs?: number;
}

/** What `change` tells: which plug-in; null when it is the block list. Another tab's changes are told too. */
export interface ChangeDetail {
  readonly id: string | null;
}

/** What `failure` tells: a plug-in failed at an extension point, and the app went on without it. */
export interface FailureDetail {
  readonly id: string;
  readonly name: string;
  /** The extension point's name. */
  readonly point: string;
  readonly error: PluginError;
  /** Whether it was turned off. */
  readonly isDisabled: boolean;
}

/** What `request` tells: an HTTP request of a plug-in has ended, refused ones included. */
export interface RequestDetail {
  readonly id: string;
  readonly request: RequestEvent;
}

/** What `log` tells. Values of secret settings are left out. */
export interface LogDetail {
  readonly id: string;
  readonly line: LogRecord;
}

/**
 * The plug-ins that users of an app installed, kept in IndexedDB, shared by all tabs of the site.
 *
 * Dispatches `change` (a CustomEvent with a {@link ChangeDetail}), `log` ({@link LogDetail}), `request`
 * ({@link RequestDetail}) and `failure` ({@link FailureDetail}).
 */
export class Library extends EventTarget {
  readonly #options: LibraryOptions;
  readonly #store: Store;
  readonly #limits: PluginOptions;
  readonly #open = new Map<string, OpenPlugin>();
  /** Rights allowed once, by plug-in: as long as this page. */
  readonly #once = new Map<string, Set<string>>();

  constructor(options: LibraryOptions) {
    super();
    const { name = 'default', limits = {}, storagePatienceMs = 5_000 } = options;
    this.#options = options;
    this.#limits = {
      timeoutMs: 10_000,
      ...limits,
      memory: { maxPages: 4_096, maxVarBytes: 1_048_576, ...limits.memory },
    };
    this.#store = new Store(name, storagePatienceMs, (id) => void this.#changed(id));
  }

  /**
   * Installs a plug-in: reads it, checks it without running it, asks the user, keeps it. Of one that is installed already
   * it makes an update.
   * @throws PluginError `consent-denied`, `aborted`, `blocked`, `not-a-plugin`, `bundle-…`, `signature-invalid`, `storage-…`
   * and others: see `ErrorCode`
   */
  async install(source: InstallSource, options: InstallOptions = {}): Promise<InstalledPlugin> {
    const { installFrom } = await import('./install.js');
    return this.#saved(await installFrom(source, null, options, this.#installing()));
  }

  /**
   * Installs another version of a plug-in; without a source, the newest that its update address tells of. Only rights it did
   * not ask for before are asked about. The version before is kept for `rollback`.
   * @throws PluginError `not-installed`, `id-mismatch`, `publisher-changed`, `no-update`, `hash-mismatch`, as `install`
   */
  async update(
    id: string,
    source?: InstallSource | AvailableUpdate,
    options: InstallOptions = {},
  ): Promise<InstalledPlugin> {
    const record = await this.#store.get(id);
    const found = source ?? (await this.#newest(record, options));
    const { installFrom } = await import('./install.js');
    const isPinned = typeof found === 'object' && 'sha256' in found;
    const from = isPinned ? found.url : found;
    const pinned = isPinned ? { ...options, sha256: found.sha256 } : options;
    return this.#saved(await installFrom(from, record, pinned, this.#installing()));
  }

  /** Asks the update addresses of all plug-ins. */
  async checkUpdates(options: { readonly signal?: AbortSignal } = {}): Promise<UpdateCheck> {
    const { checkForUpdates } = await import('./updates.js');
    return checkForUpdates(await this.#store.list(), options.signal ?? null);
  }

  /** @throws PluginError `no-previous-version` */
  async rollback(id: string): Promise<InstalledPlugin> {
    return this.#change(id, (record) => {
      const { current, previous } = record;
      if (previous === null) {
        throw new PluginError('no-previous-version', {
          message: `${current.name} has no version before this one`,
          where: id,
        });
      }
      return { ...record, current: previous, previous: current };
    });
  }

  /** In the user's order. */
  async list(): Promise<InstalledPlugin[]> {
    const [records, blocked] = await Promise.all([this.#store.list(), this.#store.blocked()]);
    return records.map((record) => viewOf(this.#given(record), blocked));
  }

  /** Null when it is not installed. @throws PluginError `record-corrupt`, `record-newer` */
  async get(id: string): Promise<InstalledPlugin | null> {
    const record = await this.#store.find(id);
    return record === null ? null : viewOf(this.#given(record), await this.#store.blocked());
  }

  /** Plug-ins that cannot be read any more. They can be removed. */
  damaged(): Promise<readonly DamagedRecord[]> {
    return this.#store.damaged();
  }

  /** The icon that came with it, to be shown in an `<img>`; null if none did. */
  async icon(id: string): Promise<Blob | null> {
    const { icon } = (await this.#store.get(id)).current;
    return icon === null ? null : new Blob([await this.#store.file(id, icon.sha256)], { type: icon.type });
  }

  enable(id: string): Promise<InstalledPlugin> {
    return this.#change(id, (record) => ({ ...record, isEnabled: true, disabledReason: null }));
  }

  /** What runs of it is ended. `reason` is shown to the user. */
  disable(id: string, reason: string | null = null): Promise<InstalledPlugin> {
    return this.#change(id, (record) => ({ ...record, isEnabled: false, disabledReason: reason }));
  }

  /** Removes a plug-in with its files, vars, grants and settings. Removing what is not there is fine. */
  async remove(id: string): Promise<void> {
    await this.#store.remove(id);
    this.#once.delete(id);
    await this.#changed(id);
  }

  /** The plug-in as a bundle that installs again, without grants, settings and vars. */
  async export(id: string): Promise<File> {
    const { exportPlugin } = await import('./export-plugin.js');
    return exportPlugin(await this.#store.get(id), this.#store);
  }

  /** Puts plug-ins in the user's order: those named come first. */
  async reorder(ids: readonly string[]): Promise<void> {
    const others = (await this.#store.list()).map(({ id }) => id).filter((id) => !ids.includes(id));
    for (const [order, id] of [...ids, ...others].entries()) {
      const record = await this.#store.find(id);
      if (record !== null && record.order !== order) await this.#change(id, (old) => ({ ...old, order }));
    }
  }

  /**
   * Decides about one right; `ask` forgets what was decided. What is taken back stops at once.
   * @param key of one of the plug-in's `rights`
   */
  async decide(id: string, key: string, decision: RightDecision): Promise<InstalledPlugin> {
    this.#once.get(id)?.delete(key);
    if (decision === 'once') this.#allowOnce(id, [key]);
    return this.#change(id, (record) => {
      const grants = new Map(record.grants);
      if (decision === 'always' || decision === 'deny') grants.set(key, decision);
      else grants.delete(key);
      return { ...record, grants };
    });
  }

  /** Sets settings; null takes one back. @throws PluginError `setting-invalid` */
  configure(id: string, values: Readonly<Record<string, SettingValue | null>>): Promise<InstalledPlugin> {
    return this.#change(id, (record) => {
      const settings = new Map(record.settings);
      for (const [key, value] of checkSettings(record.current.settings ?? [], values)) {
        if (value === null) settings.delete(key);
        else settings.set(key, value);
      }
      return { ...record, settings };
    });
  }

  /** Versions or modules with these sha256 hashes do not run, are not installed, and are ended where they run. */
  async block(hashes: readonly string[]): Promise<void> {
    await this.#store.setBlocked(hashes.map((hash) => hash.toLowerCase()));
    await this.#changed(null);
  }

  /**
   * The plug-in, limited to what its user allows. It starts with its first call.
   * @throws PluginError `not-installed`, `record-corrupt`
   */
  async open(id: string): Promise<OpenPlugin> {
    await this.#store.get(id);
    return this.#openFor(id);
  }

  /**
   * Runs every enabled plug-in that exports the point's function, in the user's order. How they share the work and what
   * becomes of one that fails, the point says.
   * @throws PluginError `point-value` for an input that its schema refuses; with `onError: 'fail'`, what a plug-in fails with
   */
  async run<Input, Output, Mode extends PointMode, Value extends Input>(
    point: ExtensionPoint<Input, Output, Mode>,
    value: Value,
    options: RunOptions = {},
  ): Promise<PointResult<Value, Output, Mode>> {
    const [plugins, { runPoint }] = await Promise.all([this.list(), import('./run-point.js')]);
    const { name, export: wanted } = point.definition;
    const ready = plugins.filter(
      ({ isEnabled, isBlocked, functions }) => isEnabled && !isBlocked && functions.includes(wanted),
    );
    const members = ready.map(({ id, name }): PointMember => ({ id, name, open: this.#openFor(id) }));
    return runPoint(point, value, options, {
      members,
      onFailure: async ({ id, name: plugin }, error, isFault) => {
        if (isFault) await this.disable(id, `"${name}" failed: ${error.message}`);
        this.#tell('failure', { id, name: plugin, point: name, error, isDisabled: isFault } satisfies FailureDetail);
      },
    });
  }

  /** Ends what runs. What is kept stays. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#open.values(), (plugin) => plugin.close()));
    this.#store.close();
  }

  #openFor(id: string): OpenPlugin {
    const known = this.#open.get(id);
    if (known !== undefined) return known;
    const { host, options = () => ({}) } = this.#options;
    const open = new OpenPlugin(id, {
      host,
      store: this.#store,
      limits: this.#limits,
      optionsFor: options,
      given: async () => this.#given(await this.#store.get(id)),
      onRequest: (from, request) => this.#tell('request', { id: from, request } satisfies RequestDetail),
      onLog: (from, line) => this.#tell('log', { id: from, line } satisfies LogDetail),
    });
    this.#open.set(id, open);
    return open;
  }

  #installing(): InstallContext {
    const { host, consent, maxBytes = 67_108_864 } = this.#options;
    return {
      host,
      consent,
      maxBytes,
      store: this.#store,
      limits: this.#limits,
      pointsOf: (functions) =>
        (this.#options.points ?? [])
          .filter(({ definition }) => functions.includes(definition.export))
          .map(({ definition }) => definition.name),
      allowOnce: (id, keys) => this.#allowOnce(id, keys),
    };
  }

  async #newest(record: PluginRecord, { signal }: InstallOptions): Promise<AvailableUpdate> {
    const { checkForUpdates } = await import('./updates.js');
    const { available, failed } = await checkForUpdates([record], signal ?? null);
    const [found] = available;
    if (found !== undefined) return found;
    if (failed[0] !== undefined) throw failed[0].error;
    throw new PluginError('no-update', {
      message: `${record.current.name} is as new as can be: ${record.current.updateUrl ?? 'it names no update address'}`,
      where: record.id,
    });
  }

  async #change(id: string, change: (record: PluginRecord) => PluginRecord): Promise<InstalledPlugin> {
    return this.#saved(await this.#store.change(id, change));
  }

  async #saved(record: PluginRecord): Promise<InstalledPlugin> {
    await this.#changed(record.id);
    return viewOf(this.#given(record), await this.#store.blocked());
  }

  #given(record: PluginRecord): Given {
    return { record, once: this.#once.get(record.id) ?? new Set() };
  }

  #allowOnce(id: string, keys: readonly string[]): void {
    this.#once.set(id, new Set([...(this.#once.get(id) ?? []), ...keys]));
  }

  /** Open plug-ins learn of it before anyone else. */
  async #changed(id: string | null): Promise<void> {
    const touched = Array.from(this.#open.values()).filter((plugin) => id === null || plugin.id === id);
    await Promise.all(touched.map((plugin) => plugin.refresh()));
    this.#tell('change', { id } satisfies ChangeDetail);
  }

  #tell(
    name: 'change' | 'log' | 'request' | 'failure',
    detail: ChangeDetail | LogDetail | RequestDetail | FailureDetail,
  ): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
