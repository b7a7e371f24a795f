import { expect, test } from 'vitest';
import { PluginError } from '../../contract/errors.js';
import { type LiveLimits, liveLimits, type LiveMember, LiveSet } from './live-set.js';

/** A member that does not hibernate while it is `busy`. */
class Member implements LiveMember {
  readonly memories = 2;
  bytes = 10;
  mayHibernate = true;
  closed: PluginError | null = null;
  busy = true;
  onHibernate: () => void = () => {};
  readonly #live: LiveSet;

  constructor(live: LiveSet) {
    this.#live = live;
  }

  hibernate(): boolean {
    if (!this.busy) {
      this.#live.release(this);
      this.onHibernate();
    }
    return !this.busy;
  }

  /** Closes the member in the same way as `Slot.close`. */
  close(): void {
    this.closed = new PluginError('aborted', { message: 'given up' });
    this.#live.release(this);
  }
}

function members(limits: Partial<LiveLimits> = {}): { live: LiveSet; first: Member; second: Member; third: Member } {
  const live = new LiveSet({ maxMemories: 100, maxMemoryBytes: 1_000, maxLive: 1, dyingMs: 0, cores: 1, ...limits });
  return { live, first: new Member(live), second: new Member(live), third: new Member(live) };
}

test('closing while waiting for room rejects the wait at once', async () => {
  const { live, first, second } = members();
  await live.admit(first, false);
  const waiting = live.admit(second, false);
  second.close();
  await expect(waiting).rejects.toBe(second.closed);
});

test('if a member is closed after room was freed for it, the next waiting member is admitted', async () => {
  const { live, first, second, third } = members();
  await live.admit(first, false);
  const given = live.admit(second, false);
  const next = live.admit(third, false);
  live.release(first);
  second.close();
  await expect(given).rejects.toBe(second.closed);
  await next;
});

test('a replacement waits while terminated workers use all cores; a new plug-in does not', async () => {
  const live = new LiveSet({ maxMemories: 100, maxMemoryBytes: 1_000, maxLive: 10, dyingMs: 60, cores: 1 });
  const [replaced, fresh] = [new Member(live), new Member(live)];
  const startedAt = performance.now();
  live.died();
  let waitedMs = 0;
  const replacing = live.admit(replaced, true).then(() => (waitedMs = performance.now() - startedAt));
  await live.admit(fresh, false);
  expect(waitedMs).toBe(0);
  await replacing;
  expect(waitedMs).toBeGreaterThan(50);
});

test('members that hold maxMemoryBytes leave no room; one more byte waits until an idle one has hibernated', async () => {
  const { live, first, second } = members({ maxLive: 10, maxMemoryBytes: 20 });
  await live.admit(first, false);
  second.bytes = 11;
  let admitted = false;
  const waiting = live.admit(second, false).then(() => (admitted = true));
  await Promise.resolve();
  expect(admitted).toBe(false);
  first.busy = false;
  live.wakeFirst();
  await waiting;
  const exactly = members({ maxLive: 10, maxMemoryBytes: 20 });
  await exactly.live.admit(exactly.first, false);
  await exactly.live.admit(exactly.second, false);
});

test('as many idle members hibernate as the room takes, and if that is not enough the new one is refused', async () => {
  const { live, first, second, third } = members({ maxLive: 10, maxMemoryBytes: 100 });
  second.bytes = 10;
  third.bytes = 90;
  for (const member of [first, second]) {
    await live.admit(member, false);
    member.busy = false;
  }
  let hibernated = 0;
  for (const member of [first, second]) member.onHibernate = () => (hibernated += 1);
  await live.admit(third, false);
  expect(hibernated).toBe(1);
  third.mayHibernate = false;
  const fourth = new Member(live);
  fourth.bytes = 50;
  await expect(live.admit(fourth, false)).rejects.toMatchObject({ code: 'resources-exhausted' });
  expect(hibernated).toBe(2);
});

test('a member with more than maxMemoryBytes is refused at once, and nobody hibernates for it', async () => {
  const { live, first, second } = members({ maxLive: 10, maxMemoryBytes: 20 });
  await live.admit(first, false);
  first.busy = false;
  second.bytes = 21;
  await expect(live.admit(second, false)).rejects.toMatchObject({ code: 'resources-exhausted' });
  second.bytes = 10;
  await live.admit(second, false);
});

test('when a member has grown beyond maxMemoryBytes, idle ones hibernate until the rest fits', async () => {
  const { live, first, second, third } = members({ maxLive: 10, maxMemoryBytes: 30 });
  for (const member of [first, second, third]) await live.admit(member, false);
  const hibernated: Member[] = [];
  for (const member of [first, second]) {
    member.busy = false;
    member.onHibernate = () => hibernated.push(member);
  }
  live.shrink();
  expect(hibernated).toEqual([]);
  third.bytes = 20;
  live.shrink();
  expect(hibernated).toEqual([first]);
});

test.each([
  ['half of the memory that the browser reports', { deviceMemory: 8 }, 4 * 2 ** 30],
  ['2 GiB where it reports none', {}, 2 * 2 ** 30],
  ['2 GiB without a browser', undefined, 2 * 2 ** 30],
])('the default limit of memory is %s', (_title, navigator, bytes) => {
  const device = navigator as Parameters<typeof liveLimits>[0];
  expect(liveLimits(device, undefined, undefined).maxMemoryBytes).toBe(bytes);
  expect(liveLimits(device, undefined, 5).maxMemoryBytes).toBe(5);
});
