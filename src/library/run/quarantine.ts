import { isPluginError } from '../../contract/errors.js';
import type { PluginRecord } from '../storage/record.js';
import type { Store } from '../storage/store.js';
import { crashedPages } from './crashed-pages.js';
import type { RunMark } from './run-mark.js';
import { type RunEnd, RunMarks } from './run-marks.js';

const reason = 'the page crashed while it ran';

/** What the quarantine needs from the library. */
export interface QuarantineContext {
  /** The library's name. */
  readonly library: string;
  readonly store: Store;
  /** Called when a plug-in was disabled because a page crashed. */
  readonly onQuarantined: (record: PluginRecord) => Promise<void>;
  /** Called when a plug-in ran and the page did not crash, after an earlier crash. */
  readonly onCleared: (record: PluginRecord) => Promise<void>;
}

/** Disables each plug-in that ran on a page when it crashed. What caused the crash is unknown, so all of them are suspects. */
export class Quarantine {
  readonly #context: QuarantineContext;
  readonly #marks: RunMarks;

  constructor(context: QuarantineContext) {
    this.#context = context;
    this.#marks = new RunMarks(context.library, (mark) => void this.#survived(mark));
  }

  /** Marks a run of a plug-in until the returned function is called, and for some time after. */
  begin(record: PluginRecord): Promise<(end: RunEnd) => void> {
    return this.#marks.begin(record);
  }

  /** Disables the plug-ins that ran on pages which have crashed since the last check. */
  async check(): Promise<void> {
    const { library } = this.#context;
    const crashed = await crashedPages(library, this.#marks.key);
    if (crashed === null) return;
    for (const mark of crashed.marks) await this.#crashed(mark);
    // Only now: if this page ends before, the next one reads the marks again.
    crashed.clear();
  }

  forget(id: string): void {
    this.#marks.forget(id);
  }

  close(): void {
    this.#marks.close();
  }

  async #crashed(mark: RunMark): Promise<void> {
    // If another page crashed with this one, its mark has been counted.
    const record = await this.#change(mark, (old) => (old.isQuarantined ? null : afterCrash(old)));
    if (record !== null) await this.#context.onQuarantined(record);
  }

  async #survived(mark: RunMark): Promise<void> {
    if (mark.crashes === 0) return;
    // A failure leaves the number of crashes as it is; the next run tries again.
    const record = await this.#change(mark, (old) => withCrashes(old, 0)).catch(() => null);
    if (record !== null) await this.#context.onCleared(record);
  }

  /** Changes the record if it has the installation and version of the mark, and not more crashes. Returns null if nothing was changed. */
  async #change(mark: RunMark, change: (record: PluginRecord) => PluginRecord | null): Promise<PluginRecord | null> {
    let changed: PluginRecord | null = null;
    try {
      await this.#context.store.commit(mark.id, [], (old) => (changed = isOf(mark, old) ? change(old) : null));
    } catch (error) {
      // A damaged record does not run.
      if (!isPluginError(error, 'record-corrupt') && !isPluginError(error, 'record-newer')) throw error;
    }
    return changed;
  }
}

function isOf({ installation, sha256, crashes }: RunMark, record: PluginRecord | null): record is PluginRecord {
  if (record?.installation !== installation || record.current.sha256 !== sha256) return false;
  return (record.current.crashes ?? 0) <= crashes;
}

function afterCrash(record: PluginRecord): PluginRecord {
  // Not the mark's number: another tab may have run it since without a crash.
  const crashes = (record.current.crashes ?? 0) + 1;
  return { ...withCrashes(record, crashes), isEnabled: false, disabledReason: reason, isQuarantined: true };
}

function withCrashes(record: PluginRecord, crashes: number): PluginRecord {
  return { ...record, current: { ...record.current, crashes } };
}
