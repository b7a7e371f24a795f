import { expect, type Page, test } from '@playwright/test';
import { type Site, serve, testRoots } from '../server/serve.mjs';
import { serveSpecs } from '../server/spec-site.mjs';
import { addTroubleRoutes } from '../server/trouble-routes.mjs';

/** The specs' page exports the library as `window.tenon`, and runs nothing when the filter matches no spec. */
async function openPage(page: Page, url: string): Promise<void> {
  const quiet = new URL(url);
  quiet.searchParams.set('filter', 'no-such-spec');
  await page.goto(quiet.href);
  await page.waitForFunction(() => window.specResults !== undefined);
}

async function countVowels(
  page: Page,
  source: string,
  allowedHosts: string[] = [],
): Promise<{ count: number; from: string | undefined }> {
  return page.evaluate(
    async ([source, allowedHosts]) => {
      const host = window.tenon.createHost();
      const plugin = await host.createPlugin(source, { allowedHosts });
      const { count } = (await plugin.call('count_vowels', 'Hello')).json<{ count: number }>();
      const { modules } = await plugin.inspect();
      await host.close();
      return { count, from: modules[0]?.from };
    },
    [source, allowedHosts] as const,
  );
}

/** A server for plug-ins that allows every origin. */
async function servePlugins(): Promise<Site> {
  const site = await serve({ roots: testRoots, headers: { 'access-control-allow-origin': '*' } });
  addTroubleRoutes(site);
  return site;
}

test("a plug-in used before loads after a reload with its server down, and so does a manifest's", async ({ page }) => {
  const { url, close } = await serveSpecs('plain');
  const plugins = await servePlugins();
  const module = `${plugins.origin}/plugins/count_vowels.wasm`;
  try {
    await openPage(page, url);
    expect(await countVowels(page, module)).toEqual({ count: 2, from: 'network' });
    await plugins.stop();
    await page.reload();
    await page.waitForFunction(() => window.specResults !== undefined);
    expect(await countVowels(page, module)).toEqual({ count: 2, from: 'cache' });
    const manifest = JSON.stringify({ wasm: [{ url: module }] });
    // The server has the page's own host, which a manifest's text reaches only if the app names it.
    const here = [new URL(module).host];
    expect(await countVowels(page, manifest, here)).toEqual({ count: 2, from: 'cache' });
  } finally {
    await plugins.stop();
    await close();
  }
});

test('two pages load the same plug-in at once, and both keep it', async ({ context }) => {
  const { url, close } = await serveSpecs('plain');
  const plugins = await servePlugins();
  const module = `${plugins.origin}/plugins/count_vowels.wasm`;
  try {
    const pages = await Promise.all([context.newPage(), context.newPage()]);
    await Promise.all(pages.map((page) => openPage(page, url)));
    const loads = await Promise.all(pages.map((page) => countVowels(page, module)));
    expect(loads.map(({ count }) => count)).toEqual([2, 2]);
    await plugins.stop();
    for (const page of pages) expect(await countVowels(page, module)).toEqual({ count: 2, from: 'cache' });
  } finally {
    await plugins.stop();
    await close();
  }
});

test('with the network cut, killed workers are replaced one after the other, and plug-ins still load', async ({
  page,
}) => {
  const { site, url, close } = await serveSpecs('plain');
  try {
    await openPage(page, url);
    await page.evaluate(async (url) => {
      window.host = window.tenon.createHost();
      window.plugin = await window.host.createPlugin(url, { timeoutMs: 300 });
      await window.plugin.call('ok');
      await window.host.createPlugin(new URL('/plugins/count_vowels.wasm', url).href);
    }, `${site.origin}/fixtures/loop_in_call.wasm`);
    // The copies of the scripts are fetched after the first worker has started.
    await page.waitForTimeout(1_500);
    await site.stop();
    const ends = await page.evaluate(async () => {
      const codes: string[] = [];
      for (let kill = 0; kill < 4; kill += 1) {
        await window.plugin.call('loop_empty').catch((error: { code: string }) => codes.push(error.code));
        await window.plugin.call('ok');
      }
      return { codes, generation: window.plugin.generation };
    });
    expect(ends).toEqual({ codes: Array(4).fill('timeout'), generation: 5 });
    // The idle loader was terminated; it too restarts without the network.
    await page.waitForTimeout(5_500);
    const from = await page.evaluate(async () => {
      const plugin = await window.host.createPlugin('/plugins/count_vowels.wasm', { memory: { maxPages: 77 } });
      return (await plugin.inspect()).modules[0]?.from;
    });
    expect(from).toBe('cache');
    await page.evaluate(() => window.host.close());
  } finally {
    await close();
  }
});

declare global {
  interface Window {
    host: ReturnType<typeof window.tenon.createHost>;
    plugin: Awaited<ReturnType<typeof window.host.createPlugin>>;
  }
}
