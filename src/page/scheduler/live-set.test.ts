import { expect, test } from 'vitest';
import { PluginError } from '../../contract/errors.js';
import { type LiveMember, LiveSet } from './live-set.js';

/** A member that does not hibernate while it is `busy`. */
class Member implements LiveMember {
  readonly memories = 2;
  readonly mayHibernate = true;
  closed: PluginError | null = null;
  busy = true;
  readonly #live: LiveSet;

  constructor(live: LiveSet) {
    this.#live = live;
  }

  hibernate(): boolean {
    if (!this.busy) this.#live.release(this);
    return !this.busy;
  }

  /** Closes the member in the same way as `Slot.close`. */
  close(): void {
    this.closed = new PluginError('aborted', { message: 'given up' });
    this.#live.release(this);
  }
}

function members(): { live: LiveSet; first: Member; second: Member; third: Member } {
  const live = new LiveSet({ maxMemories: 100, maxLive: 1, dyingMs: 0, cores: 1 });
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
  const live = new LiveSet({ maxMemories: 100, maxLive: 10, dyingMs: 60, cores: 1 });
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
