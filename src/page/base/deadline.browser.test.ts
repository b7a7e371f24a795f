import { afterEach, describe, expect, test, vi } from 'vitest';
import { Deadline } from './deadline.js';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function deadline(): { readonly clock: Deadline; readonly expired: ReturnType<typeof vi.fn> } {
  const expired = vi.fn();
  const clock = new Deadline(expired);
  clocks.push(clock);
  return { clock, expired };
}
const clocks: Deadline[] = [];

afterEach(() => {
  for (const clock of clocks.splice(0)) clock.stop();
});

/** The events of a page that enters and leaves the back-forward cache, and of one that the browser freezes. */
const freezes = [
  ['pagehide', 'pageshow'],
  ['freeze', 'resume'],
] as const;

describe('a clock', () => {
  test('runs out once', async () => {
    const { clock, expired } = deadline();
    clock.start(20);
    await sleep(100);
    expect(expired).toHaveBeenCalledTimes(1);
    dispatchEvent(new Event('pagehide'));
    dispatchEvent(new Event('pageshow'));
    await sleep(50);
    expect(expired).toHaveBeenCalledTimes(1);
  });

  test.each([null, 2 ** 31])('has no limit with %s', async (limitMs) => {
    const { clock, expired } = deadline();
    clock.start(limitMs);
    await sleep(50);
    expect(expired).not.toHaveBeenCalled();
  });

  test.each(freezes)('stands still between %s and %s', async (freeze, thaw) => {
    const { clock, expired } = deadline();
    clock.start(200);
    await sleep(20);
    dispatchEvent(new Event(freeze));
    await sleep(400);
    expect(expired).not.toHaveBeenCalled();
    const thawedAt = performance.now();
    dispatchEvent(new Event(thaw));
    await vi.waitFor(() => expect(expired).toHaveBeenCalledTimes(1), { timeout: 5_000, interval: 5 });
    // What was left, and no more than a busy machine adds.
    expect(performance.now() - thawedAt).toBeGreaterThan(80);
  });

  test.each(freezes)('that is stopped between %s and %s stays stopped', async (freeze, thaw) => {
    const { clock, expired } = deadline();
    clock.start(30);
    dispatchEvent(new Event(freeze));
    clock.stop();
    dispatchEvent(new Event(thaw));
    await sleep(100);
    expect(expired).not.toHaveBeenCalled();
  });
});
