import { PluginError } from '../../contract/errors.js';

/** A place for one instance, which holds or waits for room in the `LiveSet`. `Slot` implements it. */
export interface LiveMember {
  /** Number of WebAssembly memories that an instance needs. */
  readonly memories: number;
  /** Bytes of these memories, as far as they are known: what they have at the start, or had after the last call. */
  readonly bytes: number;
  /** Whether its instance may be evicted when another member needs room. */
  readonly mayHibernate: boolean;
  /** The reason why it was closed; null while it is open. */
  readonly closed: PluginError | null;
  /** If its instance is idle, ends it and calls `release`. Otherwise returns false. */
  hibernate(): boolean;
}

export interface LiveLimits {
  readonly maxMemories: number;
  /** Maximum number of bytes of all memories of live instances. */
  readonly maxMemoryBytes: number;
  /** Maximum number of live instances. */
  readonly maxLive: number;
  /** Milliseconds for which a terminated worker is counted by `died`, because its loop still uses a core. 0: it is not counted. */
  readonly dyingMs: number;
  readonly cores: number;
}

/**
 * Limits the live instances of a host, because engines limit the WebAssembly memories of a page (measured: Chromium about 125, Firefox
 * 998, WebKit thousands, over all workers) and fail in different ways above that. Evicts the least recently used idle member first.
 */
export class LiveSet {
  readonly #limits: LiveLimits;
  /** Least recently used first. */
  readonly #live = new Set<LiveMember>();
  /** Members that wait in `admit`, in the order in which they are resumed. One that still finds no room goes to the end. */
  readonly #queue = new Map<LiveMember, () => void>();
  readonly #dying = new Set<ReturnType<typeof setTimeout>>();
  #memories = 0;

  constructor(limits: LiveLimits) {
    this.#limits = limits;
  }

  /**
   * Resolves when there is room for `member`. A replacement also waits while `cores` or more terminated workers still use a
   * core.
   * @throws PluginError `resources-exhausted` if there is no room, no live member may hibernate and no terminated worker is counted; `member.closed`, if it was closed
   */
  async admit(member: LiveMember, replaces: boolean): Promise<void> {
    const cores = replaces ? this.#limits.cores : Number.POSITIVE_INFINITY;
    // No room that others make would be enough.
    if (member.bytes > this.#limits.maxMemoryBytes) throw this.#exhausted(member);
    while (member.closed === null && (this.#dying.size >= cores || this.#isFull(member))) {
      // One that hibernates may have been too small.
      if (this.#dying.size < cores && this.evict()) continue;
      if (this.#dying.size === 0 && !Array.from(this.#live).some(({ mayHibernate }) => mayHibernate)) {
        throw this.#exhausted(member);
      }
      await new Promise<void>((resolve) => this.#queue.set(member, resolve));
    }
    if (member.closed !== null) {
      // The room for which this member was resumed is free for the next one.
      this.wakeFirst();
      throw member.closed;
    }
    this.#live.add(member);
    this.#memories += member.memories;
    // There may be room for another waiting member.
    this.wakeFirst();
  }

  /** Marks `member` as the most recently used. */
  touch(member: LiveMember): void {
    if (this.#live.delete(member)) this.#live.add(member);
  }

  /** Frees the room of `member`. If it waits in `admit`, resumes it, so that `admit` can reject if it was closed. */
  release(member: LiveMember): void {
    this.#resume(member);
    if (!this.#live.delete(member)) return;
    this.#memories -= member.memories;
    this.wakeFirst();
  }

  /** Resumes the first member that waits in `admit`, which checks again whether there is room. */
  wakeFirst(): void {
    const [first] = this.#queue.keys();
    if (first !== undefined) this.#resume(first);
  }

  /** Makes the least recently used idle member hibernate. Returns false if there is none. */
  evict(): boolean {
    return Array.from(this.#live).some((member) => member.mayHibernate && member.hibernate());
  }

  /** Makes idle members hibernate while all members together hold more than `maxMemoryBytes`. Called when one has grown. */
  shrink(): void {
    while (this.#bytes > this.#limits.maxMemoryBytes && this.evict());
  }

  /** Counts a worker that was terminated while a call ran, for `dyingMs`. */
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
    const { maxLive, maxMemories, maxMemoryBytes } = this.#limits;
    return (
      this.#live.size >= maxLive ||
      this.#memories + member.memories > maxMemories ||
      this.#bytes + member.bytes > maxMemoryBytes
    );
  }

  get #bytes(): number {
    return Array.from(this.#live).reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #exhausted({ bytes }: LiveMember): PluginError {
    const { maxLive, maxMemories, maxMemoryBytes } = this.#limits;
    return new PluginError('resources-exhausted', {
      message: `No room for another plug-in instance: ${this.#live.size} instances with ${this.#memories} WebAssembly memories of ${this.#bytes} bytes are live`,
      expected: `at most ${Math.min(maxLive, maxMemories)} live instances with ${maxMemories} memories of ${maxMemoryBytes} bytes in total`,
      actual: `one more with ${bytes} bytes`,
      fix: 'Close plug-ins that are not in use, create them with hibernate: true, or raise maxLive or maxMemoryBytes.',
    });
  }
}

/** Returns the limits of an engine, by its user agent. `navigator` is absent where pages are rendered on a server. */
export function liveLimits(
  navigator: (Navigator & { readonly deviceMemory?: number }) | undefined,
  maxLive: number | undefined,
  maxMemoryBytes: number | undefined,
): LiveLimits {
  const userAgent = navigator?.userAgent ?? '';
  const chromium = userAgent.includes('Chrome/');
  const maxMemories = chromium ? 120 : userAgent.includes('Firefox/') ? 950 : 2_000;
  return {
    maxMemories,
    // Half of the device's memory. Only Chromium reports it, in GiB, and only to secure pages.
    maxMemoryBytes: maxMemoryBytes ?? (navigator?.deviceMemory ?? 4) * 2 ** 29,
    maxLive: maxLive ?? maxMemories,
    dyingMs: chromium ? 2_000 : 0,
    cores: navigator?.hardwareConcurrency ?? 1,
  };
}
