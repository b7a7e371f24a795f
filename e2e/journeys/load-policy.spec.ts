import { expect, test } from '@playwright/test';
import { servePolicy } from '../server/sealed-site.mjs';

for (const policy of ['sealed', 'normal'] as const) {
  const tag = policy === 'normal' ? '@any-engine' : '@every-engine';
  test(`plug-ins load and run under the ${policy} policy`, { tag }, async ({ page }) => {
    const { site, url, close } = await servePolicy(policy);
    try {
      const refused: string[] = [];
      page.on('console', (message) => refused.push(message.text()));
      const quiet = new URL(url);
      quiet.searchParams.set('filter', 'no-such-spec');
      await page.goto(quiet.href);
      await page.waitForFunction(() => window.specResults !== undefined);
      const path = '/etag/plugins/count_vowels.wasm';
      const loads = await page.evaluate(async (path) => {
        const host = window.tenon.createHost();
        const use = async (source: string): Promise<unknown> => {
          const plugin = await host.createPlugin(source, { cache: 'off' });
          const { count } = (await plugin.call('count_vowels', 'Hello')).json<{ count: number }>();
          return [count, (await plugin.inspect()).modules[0]?.from];
        };
        const ends = [
          await use(path),
          await use('/plugins/count_vowels.wasm'),
          await use(`{"wasm": [{"url": "${path}"}]}`),
        ];
        const missing = await host.createPlugin('/nowhere.wasm').catch((error: { code: string }) => error.code);
        await host.close();
        return [...ends, missing];
      }, path);
      expect(loads).toEqual([[2, 'network'], [2, 'network'], [2, 'network'], 'http-status']);
      // Each once: after the page has read what a worker could not, workers do not try again.
      expect(site.requests.get(path)).toBe(2);
      if (policy === 'normal') expect(refused.filter((text) => text.includes('connect-src'))).toEqual([]);
    } finally {
      await close();
    }
  });

  test(
    `a plug-in that must be metered loads or reports what prevents it, under the ${policy} policy`,
    { tag },
    async ({ page }) => {
      const { url, close } = await servePolicy(policy);
      try {
        const quiet = new URL(url);
        quiet.searchParams.set('filter', 'no-such-spec');
        await page.goto(quiet.href);
        await page.waitForFunction(() => window.specResults !== undefined);
        const [asked, without] = await page.evaluate(async () => {
          const host = window.tenon.createHost();
          const use = async (metering: boolean): Promise<unknown> => {
            const plugin = await host.createPlugin('/plugins/count_vowels.wasm', { cache: 'off', metering });
            await plugin.call('count_vowels', 'Hello');
            return plugin.stats().metering;
          };
          const asked = await use(true).catch(({ code, fix }: { code: string; fix: string }) => ({ code, fix }));
          const without = await use(false);
          await host.close();
          return [asked, without];
        });
        if (policy === 'normal') expect(asked).toBe('interrupt');
        else
          expect(asked).toEqual({ code: 'asset-failed', fix: expect.stringContaining('metering: false') as unknown });
        expect(without).toBeNull();
      } finally {
        await close();
      }
    },
  );
}
