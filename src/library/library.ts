import { PluginError } from '../contract/errors.js';
import type { PluginOptions } from '../page/base/options.js';
import type { ExtensionPoint, PointMode, PointResult } from './run/extension-point.js';
import type { InstallContext, InstallOptions } from './install/install.js';
import type { ChangeDetail, FailureDetail, LogDetail, RequestDetail } from './library-events.js';
import type { LibraryOptions } from './library-options.js';
import type { OpenPlugin } from './run/open-plugin.js';
import type { InstallSource } from './install/read-source.js';
import type { PluginRecord } from './storage/record.js';
import type { PointMember, RunOptions } from './run/run-point.js';
import { Running } from './run/running.js';
import { filesOwner, type RightDecision } from './permissions/rights.js';
import { checkSettings, type SettingValue } from './settings.js';
import { type DamagedRecord, Store } from './storage/store.js';
import type { StoredFile } from './storage/stored-files.js';
import type { AvailableUpdate, UpdateCheck } from './install/updates.js';
import { type InstalledPlugin, viewOf } from './view.js';

/**
 * The plug-ins that users of an app installed, kept in IndexedDB, shared by all tabs of the site.
 *
 * Dispatches `change` (a CustomEvent with a {@link ChangeDetail}), `log` ({@link LogDetail}), `request`
 * ({@link RequestDetail}) and `failure` ({@link FailureDetail}).
 */
export class Library extends EventTarget {
  readonly #options: LibraryOptions;
  readonly #name: string;
  readonly #store: Store;
  readonly #limits: PluginOptions;
  readonly #running: Running;

  constructor(options: LibraryOptions) {
    super();
    const { name = 'default', limits = {}, storagePatienceMs = 5_000 } = options;
    this.#options = options;
    this.#name = name;
    this.#limits = {
      timeoutMs: 10_000,
      ...limits,
      memory: { maxPages: 4_096, maxVarBytes: 1_048_576, ...limits.memory },
    };
    this.#store = new Store(name, storagePatienceMs, (id) => void this.#changed(id));
    this.#running = new Running({
      options,
      library: name,
      limits: this.#limits,
      store: this.#store,
      decide: (id, key, decision) => this.decide(id, key, decision),
      pointsOf: (functions) => this.#pointsOf(functions),
      onLog: (detail) => this.#tell('log', detail),
      onRequest: (detail) => this.#tell('request', detail),
    });
  }

  /**
   * Installs a plug-in: reads it, checks it without running it, asks the user, keeps it. Of one that is installed already
   * it makes an update.
   * @throws PluginError `consent-denied`, `aborted`, `blocked`, `not-a-plugin`, `bundle-…`, `signature-invalid`, `storage-…`
   * and others: see `ErrorCode`
   */
  async install(source: InstallSource, options: InstallOptions = {}): Promise<InstalledPlugin> {
    const { installFrom } = await import('./install/install.js');
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
    const [{ installFrom }, { newestUpdate }] = await Promise.all([
      import('./install/install.js'),
      import('./install/updates.js'),
    ]);
    const found = source ?? (await newestUpdate(record, options.signal ?? null));
    const isPinned = typeof found === 'object' && 'sha256' in found;
    const from = isPinned ? found.url : found;
    const pinned = isPinned ? { ...options, sha256: found.sha256 } : options;
    return this.#saved(await installFrom(from, record, pinned, this.#installing()));
  }

  /** Asks the update addresses of all plug-ins. */
  async checkUpdates(options: { readonly signal?: AbortSignal } = {}): Promise<UpdateCheck> {
    const { checkForUpdates } = await import('./install/updates.js');
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
    return records.map((record) => viewOf(this.#running.given(record), blocked));
  }

  /** Null when it is not installed. @throws PluginError `record-corrupt`, `record-newer` */
  async get(id: string): Promise<InstalledPlugin | null> {
    const record = await this.#store.find(id);
    return record === null ? null : viewOf(this.#running.given(record), await this.#store.blocked());
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
    this.#running.forget(id);
    await this.#changed(id);
    // Which files a damaged or newer record needs, nobody knows.
    if ((await this.#store.damaged()).length > 0) return;
    const { sweepFiles } = await import('./storage/stored-files.js');
    await sweepFiles(this.#name, new Set((await this.#store.list()).map(({ installation }) => installation)));
  }

  /** The files that a plug-in keeps in the folders it was allowed. */
  async files(id: string): Promise<readonly StoredFile[]> {
    const { installation } = await this.#store.get(id);
    const { listFiles } = await import('./storage/stored-files.js');
    return listFiles(filesOwner(this.#name, installation));
  }

  /**
   * Removes one file that a plug-in keeps, by its path, or all of them. What runs of it is ended.
   * @throws PluginError `files-failed`
   */
  async removeFiles(id: string, path: string | null = null): Promise<void> {
    const { removeFiles } = await import('./storage/stored-files.js');
    const { installation } = await this.#store.change(id, (record) => ({
      ...record,
      filesEpoch: (record.filesEpoch ?? 0) + 1,
    }));
    await this.#running.end(id);
    await removeFiles(filesOwner(this.#name, installation), path);
    await this.#changed(id);
  }

  /** The plug-in as a bundle that installs again, without grants, settings and vars. */
  async export(id: string): Promise<File> {
    const { exportPlugin } = await import('./install/export-plugin.js');
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
    this.#running.forget(id, key);
    if (decision === 'once') this.#running.allowOnce(id, [key]);
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
    return this.#running.open(id);
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
    const [plugins, { runPoint }] = await Promise.all([this.list(), import('./run/run-point.js')]);
    const { name, export: wanted } = point.definition;
    const ready = plugins.filter(
      ({ isEnabled, isBlocked, functions }) => isEnabled && !isBlocked && functions.includes(wanted),
    );
    const members = ready.map(({ id, name }): PointMember => ({ id, name, open: this.#running.open(id) }));
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
    await this.#running.close();
    this.#store.close();
  }

  #installing(): InstallContext {
    const { host, consent, maxBytes = 67_108_864 } = this.#options;
    return {
      host,
      consent,
      maxBytes,
      store: this.#store,
      limits: this.#limits,
      pointsOf: (functions) => this.#pointsOf(functions),
      allowOnce: (id, keys) => this.#running.allowOnce(id, keys),
    };
  }

  /** Names of the extension points that a plug-in with these functions runs at. */
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

  /** Open plug-ins learn of it before anyone else. */
  async #changed(id: string | null): Promise<void> {
    await this.#running.refresh(id);
    this.#tell('change', { id } satisfies ChangeDetail);
  }

  #tell(
    name: 'change' | 'log' | 'request' | 'failure',
    detail: ChangeDetail | LogDetail | RequestDetail | FailureDetail,
  ): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
