// What JavaScript in a plug-in's worker can reach, and whether features() reports it.
import { expect, type Page, test } from '@playwright/test';
import { servePolicy } from '../server/sealed-site.mjs';
import { serveSpecs } from '../server/spec-site.mjs';

interface Reached {
  /** What `features()` reports. */
  readonly network: string;
  /** The outcome of a plug-in whose host module imports a script of the page's origin and one of another origin. */
  readonly plugin: string;
}

async function reach(page: Page, url: string): Promise<Reached> {
  const quiet = new URL(url);
  quiet.searchParams.set('filter', 'no-such-spec');
  await page.goto(quiet.href);
  await page.waitForFunction(() => window.specResults !== undefined);
  return page.evaluate(async () => {
    const host = window.tenon.createHost();
    const hostModule = '/imports-more.mjs';
    const plugin = await host.createPlugin('/plugins/count_vowels.wasm', { cache: 'off', hostModule }).then(
      () => 'runs',
      ({ code }: { readonly code: string }) => code,
    );
    const network = await window.tenon.features().workerNetwork(host);
    await host.close();
    return { network, plugin };
  });
}

const expected = {
  none: { reached: { network: 'open', plugin: 'runs' }, own: 1, other: 1 },
  normal: { reached: { network: 'listed', plugin: 'runs' }, own: 1, other: 0 },
  sealed: { reached: { network: 'sealed', plugin: 'host-function' }, own: 0, other: 0 },
} as const;

for (const policy of ['none', 'normal', 'sealed'] as const) {
  test(`with the policy "${policy}", a host module imports what features() reports, and no more`, async ({ page }) => {
    const { site, url, close } = policy === 'none' ? await serveSpecs('plain') : await servePolicy(policy);
    try {
      const cors = { 'content-type': 'text/javascript', 'access-control-allow-origin': '*' };
      site.route(/^\/leak-(?:own|other)\.mjs$/u, (_request, response) => site.sendText(response, 200, '', cors));
      const { port } = new URL(url);
      const source = ['/leak-own.mjs', `http://localhost:${port}/leak-other.mjs`]
        .map((target) => `await import(${JSON.stringify(target)}).catch(() => {});`)
        .join('\n');
      site.route(/^\/imports-more\.mjs$/u, (_request, response) => site.sendText(response, 200, source, cors));
      const { reached, own, other } = expected[policy];
      expect(await reach(page, url)).toEqual(reached);
      expect(site.requests.get('/leak-own.mjs') ?? 0, 'requests to the own origin').toBe(own);
      expect(site.requests.get('/leak-other.mjs') ?? 0, 'requests to another origin').toBe(other);
    } finally {
      await close();
    }
  });
}
