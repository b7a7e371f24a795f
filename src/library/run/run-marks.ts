import type { PluginRecord } from '../storage/record.js';
import { encodeMarks, markPrefix, markStorage, type RunMark } from './run-mark.js';

/**
 * How long a mark stays after a call. The optimizing compiler goes on after the call's result, and a burst of calls writes one mark. More
 * may be left of a call that was stopped: a compiler cannot be interrupted, and can crash the page long after the time limit.
 */
const lingerMs = { ended: 2_000, stopped: 30_000 };
/** How long a call waits for the page's lock. If the browser takes longer, the plug-in runs unmarked until the page has the lock. */
const lockTimeoutMs = 1_000;

/** How a run ended: by itself, also with an error, or because it was stopped. */
export type RunEnd = keyof typeof lingerMs;

interface MarkedRun {
  readonly mark: RunMark;
  calls: number;
  /** By `performance.now()`. */
  endsAt: number;
  timer: ReturnType<typeof setTimeout> | null;
}

/**
 * Marks the plug-ins that load or run on this page in `localStorage`, which survives a crash of the page. A page that ended, was
 * hidden or entered the back-forward cache has no marks. Before its first mark, the page takes a Web Lock with the name of its key.
 */
export class RunMarks {
  readonly key: string;
  readonly #storage = markStorage();
  readonly #onSurvived: (mark: RunMark) => void;
  /** By the JSON of their marks. */
  readonly #runs = new Map<string, MarkedRun>();
  readonly #listening = new AbortController();
  #holding: Promise<void> | null = null;
  #release: (() => void) | null = null;
  #isShown = true;

  /** @param onSurvived called when a run is over and the page has survived it */
  constructor(library: string, onSurvived: (mark: RunMark) => void) {
    // Insecure pages have no `randomUUID`, and no storage for marks.
    this.key = markPrefix(library) + (this.#storage === null ? '' : crypto.randomUUID());
    this.#onSurvived = onSurvived;
    const { signal } = this.#listening;
    // `freeze` and `resume` are dispatched on the document.
    const options = { signal, capture: true };
    for (const type of ['pagehide', 'freeze']) addEventListener(type, () => this.#show(false), options);
    for (const type of ['pageshow', 'resume']) addEventListener(type, () => this.#show(true), options);
    // A hidden page may be discarded without an event, so its marks would say nothing.
    addEventListener('visibilitychange', () => this.#write(), options);
  }

  /** Marks a run of the record's current version until the returned function is called, and for some time after. */
  async begin({ id, installation, current }: PluginRecord): Promise<(end: RunEnd) => void> {
    await this.#hold();
    const mark: RunMark = { id, installation, sha256: current.sha256, crashes: current.crashes ?? 0 };
    const name = JSON.stringify(mark);
    const run = this.#runs.get(name) ?? { mark, calls: 0, endsAt: 0, timer: null };
    run.calls += 1;
    clearTimeout(run.timer ?? undefined);
    if (this.#runs.get(name) !== run) {
      this.#runs.set(name, run);
      this.#write();
    }
    return (end) => {
      run.calls -= 1;
      run.endsAt = Math.max(run.endsAt, performance.now() + lingerMs[end]);
      if (run.calls > 0 || this.#runs.get(name) !== run) return;
      run.timer = setTimeout(() => this.#end(name, run), run.endsAt - performance.now());
    };
  }

  /** Removes the marks of a plug-in. */
  forget(id: string): void {
    for (const [name, { mark, timer }] of this.#runs) {
      if (mark.id !== id) continue;
      clearTimeout(timer ?? undefined);
      this.#runs.delete(name);
    }
    this.#write();
  }

  close(): void {
    this.#listening.abort();
    for (const { timer } of this.#runs.values()) clearTimeout(timer ?? undefined);
    this.#show(false);
    this.#runs.clear();
  }

  #end(name: string, { mark }: MarkedRun): void {
    this.#runs.delete(name);
    this.#write();
    this.#onSurvived(mark);
  }

  /** Adds or removes marks and lock when the page is shown or hidden. A lock would keep the page out of Firefox's back-forward cache. */
  #show(isShown: boolean): void {
    this.#isShown = isShown;
    this.#write();
    if (isShown && this.#runs.size > 0) void this.#hold();
    if (isShown) return;
    this.#release?.();
    this.#release = null;
    this.#holding = null;
  }

  /** Requests the page's lock. Resolves when the page holds it, after `lockTimeoutMs` at the latest. */
  #hold(): Promise<void> {
    if (this.#storage === null) return Promise.resolve();
    this.#holding ??= new Promise((resolve) => {
      const timer = setTimeout(resolve, lockTimeoutMs);
      const hold = (): Promise<void> | undefined => {
        clearTimeout(timer);
        resolve();
        if (!this.#isShown) return undefined;
        const held = new Promise<void>((release) => (this.#release = release));
        this.#write();
        return held;
      };
      // Rejects when the page is being unloaded.
      navigator.locks.request(this.key, hold).catch(resolve);
    });
    return this.#holding;
  }

  /** Writes the marks that this page has now. Before it holds the lock, another page would take them for those of a crashed one. */
  #write(): void {
    const isMarked = this.#release !== null && this.#isShown && document.visibilityState === 'visible';
    const marks = isMarked ? Array.from(this.#runs.values(), ({ mark }) => mark) : [];
    try {
      if (marks.length > 0) this.#storage?.setItem(this.key, encodeMarks(marks));
      else this.#storage?.removeItem(this.key);
    } catch {
      // Storage is full by now: these runs are not marked.
    }
  }
}
