import { expect, test } from '@playwright/test';
import { serveSpecs } from '../server/spec-site.mjs';

test('with a full disk a plug-in loads as fast as from the network', async ({ page, browserName }) => {
  test.skip(browserName !== 'chromium', 'only the protocol of Chromium can limit the storage of an origin');
  const { site, url, close } = await serveSpecs('plain');
  try {
    const session = await page.context().newCDPSession(page);
    await session.send('Storage.overrideQuotaForOrigin', { origin: site.origin, quotaSize: 20_000 });
    const quiet = new URL(url);
    quiet.searchParams.set('filter', 'no-such-spec');
    await page.goto(quiet.href);
    await page.waitForFunction(() => window.specResults !== undefined);
    const seen = await page.evaluate(async () => {
      // Writing fails, because the disk is full.
      const room = await new Promise<string>((resolve) => {
        const opening = indexedDB.open('filler');
        opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore('entries'));
        opening.addEventListener('error', () => resolve(opening.error?.name ?? 'no reason'));
        opening.addEventListener('success', () => {
          const change = opening.result.transaction('entries', 'readwrite');
          change.objectStore('entries').put(crypto.getRandomValues(new Uint8Array(65_536)).slice().buffer, 'a');
          change.objectStore('entries').put(new Uint8Array(1_000_000).map((_, index) => index * 7).buffer, 'b');
          change.addEventListener('abort', () => resolve(change.error?.name ?? 'no reason'));
          change.addEventListener('complete', () => resolve('there was room'));
        });
      });
      const host = window.tenon.createHost();
      const startedAt = performance.now();
      const ends: string[] = [];
      for (const name of ['count_vowels', 'count_vowels_c']) {
        const plugin = await host.createPlugin(`/plugins/${name}.wasm`);
        const { count } = (await plugin.call('count_vowels', 'Hello')).json<{ count: number }>();
        ends.push(`${count} ${(await plugin.inspect()).modules[0]?.from}`);
      }
      const tookMs = performance.now() - startedAt;
      await host.close();
      return { room, ends, tookMs };
    });
    expect(seen.room).toBe('QuotaExceededError');
    expect(seen.ends).toEqual(['2 network', '2 network']);
    // 1.5 s for each, in addition to the time of two small local files on a loaded machine.
    expect(seen.tookMs).toBeLessThan(20_000);
  } finally {
    await close();
  }
});
