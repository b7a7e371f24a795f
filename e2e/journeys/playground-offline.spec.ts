import { untrustedHost } from '../server/spec-site.mjs';
import { example, expect, test } from './playground-page.js';

test.describe('offline', () => {
  test('everything used before works without its server, after a reload', async ({ playground, page }) => {
    await expect(page.getByText('Works offline')).toBeVisible();
    await playground.open({ ...example('echo.wasm'), name: 'mine.wasm' });
    await expect(page.getByRole('button', { name: 'Remove mine.wasm' })).toBeVisible();
    await playground.site.stop();
    await page.reload();
    await expect(playground.heading).toHaveText('mine.wasm');
    await playground.ready();
    await playground.call('echo', 'nobody serves this');
    await expect(playground.output).toHaveText('nobody serves this');
    await playground.choose('Kitchen sink');
    await page.getByLabel('Time limit').fill('300');
    await playground.call('loop_forever');
    await expect(playground.failure).toContainText('300 ms');
    await playground.call('upper_case', 'restarted');
    await expect(playground.output).toHaveText('RESTARTED');
    await page.goto(`${playground.site.origin}/nowhere`);
    await playground.ready();
  });

  test(
    'a new version waits for the user, then replaces the old one',
    { tag: '@any-engine' },
    async ({ playground, page }) => {
      await expect(page.getByText('Works offline')).toBeVisible();
      const script = await (await fetch(`${playground.site.origin}/service-worker.js`)).text();
      const next = script.replace(/"version":"\w+"/u, '"version":"the-next-one"');
      playground.site.route(/^\/service-worker\.js$/u, (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/javascript' });
        response.end(next);
      });
      await page.reload();
      await expect(page.getByText('A new version is ready.')).toBeVisible();
      await page.getByRole('button', { name: 'Reload' }).click();
      await expect(page.getByText('Works offline')).toBeVisible();
      await expect
        .poll(() =>
          page.evaluate(async () => (await caches.keys()).filter((name) => name.startsWith('tenon-playground '))),
        )
        .toEqual(['tenon-playground the-next-one']);
    },
  );

  test('an insecure page shows a notice and works', { tag: '@any-engine' }, async ({ playground, page }) => {
    await playground.visit(`http://${untrustedHost}:${playground.site.port}`);
    expect(await page.evaluate(() => isSecureContext)).toBe(false);
    await expect(page.getByText('Online only')).toBeVisible();
    await playground.run.click();
    await expect(playground.output).toContainText('"count": 3');
  });
});
