import { expect, test } from 'vitest';
import { PluginError } from '../../contract/errors.js';
import { type LiveMember, LiveSet } from './live-set.js';

/** One that never makes room while it is `busy`. */
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

  /** As a slot does it. */
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

test('room that comes for one who was closed meanwhile goes to the next who waits', async () => {
  const { live, first, second, third } = members();
  await live.admit(first, false);
  const given = live.admit(second, false);
  const next = live.admit(third, false);
  live.release(first);
  second.close();
  await expect(given).rejects.toBe(second.closed);
  await next;
});

test('while as many workers die as there are cores, a replacement waits; a new plug-in does not', async () => {
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
