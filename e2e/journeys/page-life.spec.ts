import { fileURLToPath } from 'node:url';
import { expect, type Page, type Request, test } from '@playwright/test';
import { serve, testRoots } from '../server/serve.mjs';
import { untrustedHost } from '../server/spec-site.mjs';
import { launchOptions } from '../setup/browsers.mjs';

declare global {
  interface Window {
    /** Since the page began: when it came back out of the back-forward cache. */
    restoredAt?: number;
    ended?: { readonly code: string; readonly at: number };
    /** What a collector may have taken. */
    made: WeakRef<object>[];
  }
}

/**
 * Waits until the page has fetched its copies of both workers' scripts, and no request is pending: Firefox keeps no page in its
 * back-forward cache that is left while one is.
 */
async function untilNothingIsFetched(page: Page, pending: ReadonlySet<Request>): Promise<void> {
  await page.waitForFunction(() => {
    const entries = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
    const isCopy = ({ initiatorType, name }: PerformanceResourceTiming): boolean =>
      initiatorType === 'fetch' && /\/(?:worker|loader)[^/]*\.js$/u.test(name);
    return entries.filter(isCopy).length >= 2;
  });
  await expect.poll(() => pending.size).toBe(0);
}

/** Collects the requests of a page that have not ended. */
function pendingRequests(page: Page): ReadonlySet<Request> {
  const pending = new Set<Request>();
  page.on('request', (request) => pending.add(request));
  page.on('requestfinished', (request) => pending.delete(request));
  page.on('requestfailed', (request) => pending.delete(request));
  return pending;
}

/** Creates the plug-in that the call is made to, and notes when the page comes back. */
async function openPlugin(page: Page, timeoutMs: number): Promise<void> {
  await page.evaluate(async (timeoutMs) => {
    addEventListener('pageshow', ({ persisted }) => {
      if (persisted) window.restoredAt = performance.now();
    });
    // A spare worker that is still loading its script is a pending request too.
    window.host = window.tenon.createHost({ spareWorkers: 0 });
    window.plugin = await window.host.createPlugin('/plugins/kitchen_sink.wasm', { timeoutMs });
  }, timeoutMs);
}

/** Begins a call that only its clock ends, and notes what happens to it. */
async function beginEndlessCall(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.plugin.call('loop_forever').then(
      () => (window.ended = { code: 'value', at: performance.now() }),
      (error: { code: string }) => (window.ended = { code: error.code, at: performance.now() }),
    );
  });
}

interface Stay {
  readonly origin: string;
  readonly pending: ReturnType<typeof pendingRequests>;
  readonly timeoutMs: number;
}

/** Begins an endless call, leaves the page for twice its time limit, and goes back. */
async function leaveAndReturn(page: Page, { origin, pending, timeoutMs }: Stay): Promise<void> {
  await page.goto(`${origin}/?filter=no-such-spec`);
  await page.waitForFunction(() => window.specResults !== undefined);
  await openPlugin(page, timeoutMs);
  await untilNothingIsFetched(page, pending);
  await beginEndlessCall(page);
  await page.goto(`${origin}/plugins/`);
  await page.waitForTimeout(2 * timeoutMs);
  // A restored page does not load again, which is what Playwright would wait for.
  await page.evaluate(() => history.back()).catch(() => {});
  // A page that was not kept has loaded anew, and has no host.
  await page.waitForFunction(
    () => window.restoredAt !== undefined || (window.specResults !== undefined && !('host' in window)),
  );
}

// Firefox keeps no page that holds a Web Lock, as a secure one does for its workers.
for (const kind of ['plain', 'insecure'] as const) {
  test(`time in the back-forward cache does not count against a call (${kind} page)`, async ({
    playwright,
    browserName,
  }) => {
    test.skip(browserName === 'firefox' && kind === 'plain', 'Firefox keeps no page that holds a Web Lock');
    test.setTimeout(180_000);
    if (browserName === 'webkit') throw new Error('Playwright has no WebKit here');
    const timeoutMs = 2_000;
    const specs = fileURLToPath(new URL('../../build/specs/', import.meta.url));
    // Browsers keep no page that must not be stored.
    const site = await serve({ roots: { '/': specs, ...testRoots }, headers: { 'cache-control': 'no-cache' } });
    const origin = kind === 'insecure' ? `http://${untrustedHost}:${site.port}` : site.origin;
    // Playwright turns it off.
    const ignoreDefaultArgs = browserName === 'chromium' ? ['--disable-back-forward-cache'] : [];
    const browser = await playwright[browserName].launch({ ...launchOptions(browserName), ignoreDefaultArgs });
    try {
      const page = await browser.newPage();
      const pending = pendingRequests(page);
      // A browser under load may decide not to keep a page.
      for (let tries = 1; ; tries += 1) {
        await leaveAndReturn(page, { origin, pending, timeoutMs });
        if ((await page.evaluate(() => window.restoredAt)) !== undefined) break;
        expect(tries, 'tries in which the browser kept the page').toBeLessThan(3);
      }
      await page.waitForFunction(() => window.ended !== undefined);
      const { code, ranMs } = await page.evaluate(() => ({
        code: window.ended?.code,
        ranMs: (window.ended?.at ?? 0) - (window.restoredAt ?? 0),
      }));
      expect(code).toBe('timeout');
      // By the clock on the wall its time was over long before.
      expect(ranMs).toBeGreaterThan(timeoutMs / 4);
      const next = await page.evaluate(async () => (await window.plugin.call('upper_case', 'back')).text());
      expect(next).toBe('BACK');
      await page.evaluate(() => window.host.close());
    } finally {
      await browser.close();
      await site.stop();
    }
  });
}

test('a plug-in that was closed is garbage, with its worker', async ({ page }) => {
  const specs = fileURLToPath(new URL('../../build/specs/', import.meta.url));
  const site = await serve({ roots: { '/': specs, ...testRoots } });
  const faults: Error[] = [];
  page.on('pageerror', (error) => faults.push(error));
  try {
    await page.goto(`${site.origin}/?filter=no-such-spec`);
    await page.waitForFunction(() => window.specResults !== undefined);
    const cycles = 20;
    await page.evaluate(async (cycles) => {
      window.host = window.tenon.createHost({ spareWorkers: 0 });
      window.made = [];
      const module = await window.host.compile('/plugins/count_vowels.wasm');
      window.plugin = await window.host.createPlugin(module);
      for (let cycle = 0; cycle < cycles; cycle += 1) {
        const plugin = await window.host.createPlugin(module);
        await plugin.call('count_vowels', 'Hello');
        await plugin.close();
        window.made.push(new WeakRef(plugin));
      }
    }, cycles);
    // A collector takes its time, and the last ones may be on some stack still.
    await expect
      .poll(
        async () => {
          await page.requestGC();
          return page.evaluate(() => window.made.filter((one) => one.deref() !== undefined).length);
        },
        { timeout: 30_000 },
      )
      .toBeLessThan(cycles / 4);
    // Comlink sends a release message for each, in separate tasks.
    await page.waitForTimeout(500);
    await page.evaluate(() => window.host.close());
    expect(faults).toEqual([]);
  } finally {
    await site.stop();
  }
});

test('plug-ins start and stay alive when the browser grants no lock', async ({ page }) => {
  const specs = fileURLToPath(new URL('../../build/specs/', import.meta.url));
  const site = await serve({ roots: { '/': specs, ...testRoots } });
  try {
    await page.clock.install();
    await page.goto(`${site.origin}/?filter=no-such-spec`);
    await page.waitForFunction(() => window.specResults !== undefined);
    const count = (): Promise<number | undefined> =>
      page.evaluate(async () => (await window.plugin.call('count_in_global')).bytes()[0]);
    await page.evaluate(async () => {
      // Every worker wants the same lock, and someone else has it.
      crypto.randomUUID = () => '00000000-0000-4000-8000-000000000000';
      const name = `tenon-worker-${crypto.randomUUID()}`;
      await new Promise<void>((held) => {
        void navigator.locks.request(name, () => (held(), new Promise<never>(() => {})));
      });
      window.host = window.tenon.createHost();
      window.plugin = await window.host.createPlugin('/fixtures/state.wasm');
    });
    expect(await count()).toBe(1);
    // Longer than a worker may take for its first answer.
    await page.clock.fastForward(20_000);
    expect(await count()).toBe(2);
    await page.evaluate(() => window.host.close());
  } finally {
    await site.stop();
  }
});
