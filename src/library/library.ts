import { isPluginError, PluginError, traitsOf } from '../contract/errors.js';
import { maxReasonChars } from '../manifest/caps.js';
import { lazyChunk } from '../page/base/lazy-chunk.js';
import type { PluginOptions } from '../page/base/options.js';
import type { ExtensionPoint, PointMode, PointResult } from './run/extension-point.js';
import type { InstallContext, InstallOptions } from './install/install.js';
import type {
  ChangeDetail,
  FailureDetail,
  LibraryEvents,
  LogDetail,
  QuarantineDetail,
  RequestDetail,
} from './library-events.js';
import type { LibraryOptions } from './library-options.js';
import type { OpenPlugin } from './run/open-plugin.js';
import { Quarantine } from './run/quarantine.js';
import { blockedError, isBlockedByCrashes } from './permissions/blocked.js';
import type { InstallSource } from './install/read-source.js';
import { filesOwner, type PluginRecord, shownIcon } from './storage/record.js';
import type { PointMember, RunOptions } from './run/run-point.js';
import { Running } from './run/running.js';
import { type RightDecision, settingsOf } from './permissions/rights.js';
import { checkSettings, type SettingValue } from './settings.js';
import { type DamagedRecord, Store } from './storage/store.js';
import type { StoredFile } from './storage/stored-files.js';
import type { AvailableUpdate, UpdateCheck } from './install/updates.js';
import { type InstalledPlugin, viewOf } from './view.js';
import type { TypedTargetClass } from '../page/base/typed-target.js';

const LibraryTarget: TypedTargetClass<LibraryEvents> = EventTarget;

/**
 * The installed plug-ins of an app, stored in IndexedDB and shared by all tabs of the site.
 *
 * Dispatches CustomEvents: `change` ({@link ChangeDetail}), `log` ({@link LogDetail}), `request` ({@link RequestDetail}),
 * `failure` ({@link FailureDetail}) and `quarantine` ({@link QuarantineDetail}).
 */
export class Library extends LibraryTarget {
  readonly #options: LibraryOptions;
  readonly #name: string;
  readonly #store: Store;
  readonly #limits: PluginOptions;
  readonly #maxPagesOnRequest: number;
  readonly #running: Running;
  readonly #quarantine: Quarantine;
  /** The failures of Tenon that were logged. */
  readonly #logged = new Set<string>();

  constructor(options: LibraryOptions) {
    super();
    const { name = 'default', limits = {}, storageTimeoutMs = 5_000 } = options;
    this.#options = options;
    this.#name = name;
    const { maxPagesOnRequest = 16_384, ...memory } = limits.memory ?? {};
    this.#maxPagesOnRequest = maxPagesOnRequest;
    this.#limits = {
      timeoutMs: 10_000,
      maxHostCalls: 1_000_000,
      maxRequests: 100,
      ...limits,
      memory: { maxPages: 4_096, maxVarBytes: 1_048_576, ...memory },
    };
    this.#store = new Store(name, storageTimeoutMs, (id) => void this.#changed(id));
    this.#quarantine = new Quarantine({
      library: name,
      store: this.#store,
      onQuarantined: (record) => this.#quarantined(record),
      onCleared: ({ id }) => this.#changed(id),
    });
    this.#running = new Running({
      host: options.host,
      consent: options.consent,
      optionsFor: options.options ?? (() => ({})),
      library: name,
      limits: this.#limits,
      maxPagesOnRequest,
      store: this.#store,
      quarantine: this.#quarantine,
      decide: (id, key, decision) => this.decide(id, key, decision),
      pointsOf: (functions) => this.#pointsOf(functions),
      onLog: (detail) => this.#dispatch('log', detail),
      onRequest: (detail) => this.#dispatch('request', detail),
      onSpent: (id) => this.#dispatch('change', { id } satisfies ChangeDetail),
    });
  }

  /**
   * Installs a plug-in: reads it, checks it without running it, asks the user and stores it. Updates an installed plug-in with
   * the same declared id that has the same publisher key or, if it is unsigned, comes from the same URL. Any other plug-in gets
   * an id of its own.
   * @throws PluginError `consent-denied`, `aborted`, `blocked`, `host-not-allowed`, `not-a-plugin`, `bundle-…`, `signature-invalid`, `storage-…`
   * and others: see `ErrorCode`
   */
  async install(source: InstallSource, options: InstallOptions = {}): Promise<InstalledPlugin> {
    const { installFrom } = await lazyChunk(() => import('./install/install.js'));
    return this.#saved(await installFrom(source, null, options, this.#installing()));
  }

  /**
   * Installs another version of a plug-in; without a source, the newest at its update address. The user is asked only for new
   * rights, an older version, another name or another publisher. The previous version is kept for `rollback`.
   * @throws PluginError `not-installed`, `id-mismatch`, `publisher-changed`, `no-update`, `hash-mismatch`, as `install`
   */
  async update(
    id: string,
    source?: InstallSource | AvailableUpdate,
    options: InstallOptions = {},
  ): Promise<InstalledPlugin> {
    const record = await this.#store.get(id);
    const { updatePlugin } = await lazyChunk(() => import('./install/update-plugin.js'));
    return this.#saved(await updatePlugin(record, source, options, this.#installing()));
  }

  /** Looks for updates of all plug-ins at their update addresses. */
  async checkUpdates(options: { readonly signal?: AbortSignal } = {}): Promise<UpdateCheck> {
    const { checkForUpdates } = await lazyChunk(() => import('./install/updates.js'));
    const { installHosts } = this.#installing();
    return checkForUpdates(await this.#store.list(), { signal: options.signal ?? null, installHosts });
  }

  /** Returns to the previous version. @throws PluginError `no-previous-version` */
  async rollback(id: string): Promise<InstalledPlugin> {
    return this.#change(id, (record) => {
      const { current, previous } = record;
      if (previous === null) {
        throw new PluginError('no-previous-version', {
          message: `${current.name} has no previous version`,
          where: id,
        });
      }
      return { ...record, current: previous, previous: current };
    });
  }

  /** Returns all readable plug-ins in the user's order. */
  async list(): Promise<InstalledPlugin[]> {
    await this.#quarantine.check();
    const [records, blocked] = await Promise.all([this.#store.list(), this.#store.blocked()]);
    return records.map((record) => viewOf(this.#running.given(record), blocked));
  }

  /** Returns a plug-in, or null if it is not installed. @throws PluginError `record-corrupt`, `record-newer` */
  async get(id: string): Promise<InstalledPlugin | null> {
    await this.#quarantine.check();
    const record = await this.#store.find(id);
    return record === null ? null : viewOf(this.#running.given(record), await this.#store.blocked());
  }

  /** Returns the plug-ins whose records cannot be read. They can be removed. */
  damaged(): Promise<readonly DamagedRecord[]> {
    return this.#store.damaged();
  }

  /** Returns the plug-in's icon, a PNG of at most 128 x 128 pixels, or null. */
  async icon(id: string): Promise<Blob | null> {
    const icon = shownIcon((await this.#store.get(id)).current);
    return icon === null ? null : new Blob([await this.#store.file(id, icon.sha256)], { type: icon.type });
  }

  /** Enables a plug-in. @throws PluginError `blocked` if two pages in a row crashed while this version ran */
  enable(id: string): Promise<InstalledPlugin> {
    return this.#change(id, (record) => {
      if (isBlockedByCrashes(record.current)) throw blockedError(record.current);
      return { ...record, isEnabled: true, disabledReason: null, isQuarantined: false };
    });
  }

  /** Disables a plug-in and stops it. `reason` is shown to the user. */
  disable(id: string, reason: string | null = null): Promise<InstalledPlugin> {
    return this.#change(id, (record) => ({
      ...record,
      isEnabled: false,
      disabledReason: reason?.slice(0, maxReasonChars) ?? null,
      isQuarantined: false,
    }));
  }

  /** Removes a plug-in with its files, vars, grants and settings. Does nothing if it is not installed. */
  async remove(id: string): Promise<void> {
    await this.#store.remove(id);
    this.#running.forget(id);
    this.#quarantine.forget(id);
    await this.#changed(id);
    // The files that a damaged or newer record needs are unknown.
    if ((await this.#store.damaged()).length > 0) return;
    const { sweepFiles } = await lazyChunk(() => import('./storage/stored-files.js'));
    await sweepFiles(this.#name, new Set((await this.#store.list()).map(({ installation }) => installation)));
  }

  /** Lists the files that a plug-in stores in its allowed paths. */
  async files(id: string): Promise<readonly StoredFile[]> {
    const { installation } = await this.#store.get(id);
    const { listFiles } = await lazyChunk(() => import('./storage/stored-files.js'));
    return listFiles(filesOwner(this.#name, installation));
  }

  /**
   * Removes one stored file of a plug-in, or all of them, and stops the plug-in.
   * @throws PluginError `files-failed`
   */
  async removeFiles(id: string, path: string | null = null): Promise<void> {
    const { removeFiles } = await lazyChunk(() => import('./storage/stored-files.js'));
    const { installation } = await this.#store.change(id, (record) => ({
      ...record,
      filesEpoch: (record.filesEpoch ?? 0) + 1,
    }));
    await this.#running.end(id);
    await removeFiles(filesOwner(this.#name, installation), path);
    await this.#changed(id);
  }

  /** Returns the plug-in as a bundle that can be installed, without grants, settings and vars. */
  async export(id: string): Promise<File> {
    const { exportPlugin } = await lazyChunk(() => import('./install/export-plugin.js'));
    return exportPlugin(await this.#store.get(id), this.#store);
  }

  /** Sets the order of the plug-ins. Those not named come last, in their present order. */
  async reorder(ids: readonly string[]): Promise<void> {
    const others = (await this.#store.list()).map(({ id }) => id).filter((id) => !ids.includes(id));
    for (const [order, id] of [...ids, ...others].entries()) {
      const record = await this.#store.find(id);
      if (record !== null && record.order !== order) await this.#change(id, (old) => ({ ...old, order }));
    }
  }

  /**
   * Sets the decision about one right; `ask` clears it. Revoking a right stops the plug-in at once.
   * @param key the key of one of the plug-in's `rights`; for a plug-in without a manifest also `host:` and a host
   */
  async decide(id: string, key: string, decision: RightDecision): Promise<InstalledPlugin> {
    this.#running.forget(id, key);
    if (decision === 'once' || decision === 'page') this.#running.allowOnPage(id, new Map([[key, decision]]));
    return this.#change(id, (record) => {
      const grants = new Map(record.grants);
      if (decision === 'always' || decision === 'deny') grants.set(key, decision);
      else grants.delete(key);
      return { ...record, grants };
    });
  }

  /**
   * Sets settings; null resets one to its default. A plug-in without a manifest that reads its config takes any keys.
   * @throws PluginError `setting-invalid`
   */
  configure(id: string, values: Readonly<Record<string, SettingValue | null>>): Promise<InstalledPlugin> {
    return this.#change(id, (record) => {
      const settings = new Map(record.settings);
      for (const [key, value] of checkSettings(settingsOf(record, Object.keys(values)), values)) {
        if (value === null) settings.delete(key);
        else settings.set(key, value);
      }
      return { ...record, settings };
    });
  }

  /** Blocks versions and modules by their sha256 hashes: they are stopped, do not run, and cannot be installed. */
  async block(hashes: readonly string[]): Promise<void> {
    await this.#store.setBlocked(hashes.map((hash) => hash.toLowerCase()));
    await this.#changed(null);
  }

  /**
   * Opens a plug-in, limited to what its user allows. It starts with its first call.
   * @throws PluginError `not-installed`, `record-corrupt`
   */
  async open(id: string): Promise<OpenPlugin> {
    await this.#store.get(id);
    return this.#running.open(id);
  }

  /**
   * Runs every enabled plug-in that exports the point's function, in the user's order. The point defines how results are
   * combined and what happens to a plug-in that fails.
   * @throws PluginError `point-value` for an input that does not match its schema; with `onError: 'fail'`, a plug-in's error; whatever
   * `onError` says, a failure of Tenon itself (`asset-failed`, `worker-start`, `storage-failed`, `bug`), which is also logged once
   */
  async run<Input, Output, Mode extends PointMode, Value extends Input>(
    point: ExtensionPoint<Input, Output, Mode>,
    value: Value,
    options: RunOptions = {},
  ): Promise<PointResult<Value, Output, Mode>> {
    try {
      return await this.#run(point, value, options);
    } catch (error) {
      this.#logFailure(error);
      throw error;
    }
  }

  /** Stops all plug-ins and closes the library. Stored data remains. */
  async close(): Promise<void> {
    await this.#running.close();
    this.#quarantine.close();
    this.#store.close();
  }

  async #run<Input, Output, Mode extends PointMode, Value extends Input>(
    point: ExtensionPoint<Input, Output, Mode>,
    value: Value,
    options: RunOptions,
  ): Promise<PointResult<Value, Output, Mode>> {
    const [plugins, { runPoint }] = await Promise.all([this.list(), lazyChunk(() => import('./run/run-point.js'))]);
    const { name, export: wanted } = point.definition;
    const ready = plugins.filter(
      ({ isEnabled, isBlocked, functions }) => isEnabled && !isBlocked && functions.includes(wanted),
    );
    const members = ready.map(({ id, name }): PointMember => ({ id, name, open: this.#running.open(id) }));
    return runPoint(point, value, options, {
      members,
      onFailure: async ({ id, name: plugin }, error, isFault) => {
        if (isFault) await this.disable(id, `"${name}" failed: ${error.message}`);
        this.#dispatch('failure', {
          id,
          name: plugin,
          point: name,
          error,
          isDisabled: isFault,
        } satisfies FailureDetail);
      },
    });
  }

  /** Logs a failure of Tenon itself, each once: an app may ignore the rejection, and nothing else shows that no plug-in runs. */
  #logFailure(error: unknown): void {
    if (!isPluginError(error) || !traitsOf(error).isTenonFailure) return;
    const key = `${error.code} ${error.where}`;
    if (this.#logged.has(key)) return;
    this.#logged.add(key);
    console.error(error);
  }

  #installing(): InstallContext {
    const { host, consent, maxBytes = 67_108_864, installHosts = ['*'] } = this.#options;
    return {
      host,
      consent,
      maxBytes,
      installHosts,
      store: this.#store,
      limits: this.#limits,
      maxPagesOnRequest: this.#maxPagesOnRequest,
      pointsOf: (functions) => this.#pointsOf(functions),
      allowOnPage: (id, decisions) => this.#running.allowOnPage(id, decisions),
      forget: (id) => this.#running.forget(id),
    };
  }

  /** Returns the names of the extension points that a plug-in with these functions runs at. */
  #pointsOf(functions: readonly string[]): readonly string[] {
    const points = (this.#options.points ?? []).map(({ definition }) => definition);
    return points.filter((point) => functions.includes(point.export)).map(({ name }) => name);
  }

  async #change(id: string, change: (record: PluginRecord) => PluginRecord): Promise<InstalledPlugin> {
    return this.#saved(await this.#store.change(id, change));
  }

  async #saved(record: PluginRecord): Promise<InstalledPlugin> {
    await this.#changed(record.id);
    return viewOf(this.#running.given(record), await this.#store.blocked());
  }

  async #quarantined({ id, current }: PluginRecord): Promise<void> {
    await this.#changed(id);
    const { name, crashes = 0 } = current;
    const isBlocked = isBlockedByCrashes(current);
    this.#dispatch('quarantine', { id, name, crashes, isBlocked } satisfies QuarantineDetail);
  }

  /** Applies a change to open plug-ins, then dispatches `change`. */
  async #changed(id: string | null): Promise<void> {
    await this.#running.refresh(id);
    this.#dispatch('change', { id } satisfies ChangeDetail);
  }

  #dispatch(
    name: 'change' | 'log' | 'request' | 'failure' | 'quarantine',
    detail: ChangeDetail | LogDetail | RequestDetail | FailureDetail | QuarantineDetail,
  ): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
