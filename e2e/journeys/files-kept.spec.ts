import { expect, type Page, test } from '@playwright/test';
import { serveSpecs } from '../server/spec-site.mjs';

async function openPage(page: Page, url: string): Promise<void> {
  const quiet = new URL(url);
  quiet.searchParams.set('filter', 'no-such-spec');
  await page.goto(quiet.href);
  await page.waitForFunction(() => window.specResults !== undefined);
}

/** Appends to a file of the plug-in. Returns its content. */
function append(page: Page, name: string, text: string): Promise<string> {
  return page.evaluate(
    async ([name, text]) => {
      const host = window.tenon.createHost();
      const plugin = await host.createPlugin('/wasi/tools.wasm', {
        files: { '/kept': { opfs: name, whenShared: 'wait' } },
      });
      await plugin.call('append', `/kept/file ${text}`);
      const content = (await plugin.call('read_text', '/kept/file')).text();
      await host.close();
      return content;
    },
    [name, text] as const,
  );
}

test("a plug-in's files are there after the page was reloaded, and no other plug-in sees them", async ({ page }) => {
  const { url, close } = await serveSpecs('plain');
  try {
    await openPage(page, url);
    expect(await append(page, 'first', 'one')).toBe('one');
    expect(await append(page, 'second', 'other')).toBe('other');
    await page.reload();
    await page.waitForFunction(() => window.specResults !== undefined);
    expect(await append(page, 'first', ' two')).toBe('one two');
    expect(await append(page, 'third', 'new')).toBe('new');
  } finally {
    await close();
  }
});

test('two tabs that append to one directory lose no line', async ({ context }) => {
  const { url, close } = await serveSpecs('plain');
  try {
    const tabs = [await context.newPage(), await context.newPage()] as const;
    for (const tab of tabs) await openPage(tab, url);
    const lines = ['1', '2', '3'].flatMap((round) => tabs.map((tab, index) => ({ tab, line: `${round}${index}` })));
    await Promise.all(lines.map(({ tab, line }) => append(tab, 'shared', `${line},`)));
    const content = await append(tabs[0], 'shared', 'end');
    expect(content.split(',').sort()).toEqual([...lines.map(({ line }) => line), 'end'].sort());
  } finally {
    await close();
  }
});
