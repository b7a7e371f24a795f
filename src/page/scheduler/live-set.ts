import { PluginError } from '../../contract/errors.js';

/** Holds, or waits for, the memories of a live instance. */
export interface LiveMember {
  /** WebAssembly memories the instance takes: its own and the kernel's. */
  readonly memories: number;
  /** Whether it may give up its instance for another member. */
  readonly mayHibernate: boolean;
  /** Why it needs no instance any more; null while it does. */
  readonly closed: PluginError | null;
  /** Ends its instance and calls `release` if it is idle. Returns false if it is not. */
  hibernate(): boolean;
}

export interface LiveLimits {
  readonly maxMemories: number;
  /** Instances. */
  readonly maxLive: number;
  /** How long a worker that was terminated in a loop goes on using a core. */
  readonly dyingMs: number;
  readonly cores: number;
}

/**
 * Admits live instances: an engine holds only so many memories a page (measured: Chromium about 125 over all workers, Firefox
 * 998, WebKit thousands), and fails in ways of its own past that. Least recently used members give way first.
 */
export class LiveSet {
  readonly #limits: LiveLimits;
  /** Least recently used first. */
  readonly #live = new Set<LiveMember>();
  /** Members that wait for room, in the order in which they came. */
  readonly #queue = new Map<LiveMember, () => void>();
  readonly #dying = new Set<ReturnType<typeof setTimeout>>();
  #memories = 0;

  constructor(limits: LiveLimits) {
    this.#limits = limits;
  }

  /**
   * Resolves when there is room for `member`. A replacement also waits while more workers are dying than there are cores to
   * spare.
   * @throws PluginError `resources-exhausted` when no member can make room; the reason of `member.closed`, if it was closed
   */
  async admit(member: LiveMember, replaces: boolean): Promise<void> {
    const cores = replaces ? this.#limits.cores : Number.POSITIVE_INFINITY;
    while (member.closed === null && (this.#dying.size >= cores || (this.#isFull(member) && !this.evict()))) {
      if (this.#dying.size === 0 && !Array.from(this.#live).some(({ mayHibernate }) => mayHibernate)) {
        throw this.#exhausted();
      }
      await new Promise<void>((resolve) => this.#queue.set(member, resolve));
    }
    if (member.closed !== null) {
      // The next member may use the room that this one was woken for.
      this.wakeFirst();
      throw member.closed;
    }
    this.#live.add(member);
    this.#memories += member.memories;
    // There may be room for another.
    this.wakeFirst();
  }

  /** Marks `member` as the most recently used. */
  touch(member: LiveMember): void {
    if (this.#live.delete(member)) this.#live.add(member);
  }

  /** Frees the room of `member`, and wakes it if it waits for room, so that it can give up. */
  release(member: LiveMember): void {
    this.#resume(member);
    if (!this.#live.delete(member)) return;
    this.#memories -= member.memories;
    this.wakeFirst();
  }

  /** Wakes the first member that waits, which checks again whether there is room. */
  wakeFirst(): void {
    const [first] = this.#queue.keys();
    if (first !== undefined) this.#resume(first);
  }

  /** Makes the least recently used idle member hibernate. Returns false if there is none. */
  evict(): boolean {
    return Array.from(this.#live).some((member) => member.mayHibernate && member.hibernate());
  }

  /** Counts a worker that was terminated in the middle of its work. */
  died(): void {
    if (this.#limits.dyingMs === 0) return;
    const timer = setTimeout(() => {
      this.#dying.delete(timer);
      this.wakeFirst();
    }, this.#limits.dyingMs);
    this.#dying.add(timer);
  }

  close(): void {
    for (const timer of this.#dying) clearTimeout(timer);
    this.#dying.clear();
    for (const member of Array.from(this.#queue.keys())) this.#resume(member);
  }

  #resume(member: LiveMember): void {
    const resume = this.#queue.get(member);
    this.#queue.delete(member);
    resume?.();
  }

  #isFull(member: LiveMember): boolean {
    return this.#live.size >= this.#limits.maxLive || this.#memories + member.memories > this.#limits.maxMemories;
  }

  #exhausted(): PluginError {
    const { maxLive, maxMemories } = this.#limits;
    return new PluginError('resources-exhausted', {
      message: `${this.#live.size} plug-in instances with ${this.#memories} WebAssembly memories are live, and there is no room for another`,
      expected: `at most ${Math.min(maxLive, maxMemories)} live instances, ${maxMemories} memories`,
      actual: 'one more',
      fix: 'Close plug-ins that are not in use, create them with hibernate: true, or raise maxLive.',
    });
  }
}

/** Returns the limits of an engine, by its user agent. `navigator` is absent where pages are rendered on a server. */
export function liveLimits(navigator: Navigator | undefined, maxLive: number | undefined): LiveLimits {
  const userAgent = navigator?.userAgent ?? '';
  const chromium = userAgent.includes('Chrome/');
  const maxMemories = chromium ? 120 : userAgent.includes('Firefox/') ? 950 : 2_000;
  return {
    maxMemories,
    maxLive: maxLive ?? maxMemories,
    dyingMs: chromium ? 2_000 : 0,
    cores: navigator?.hardwareConcurrency ?? 1,
  };
}
