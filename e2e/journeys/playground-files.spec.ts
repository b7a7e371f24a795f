import { expect, test } from './playground-page.js';

test("a plug-in's files are listed, shown and kept over a reload, and what it prints is in the log", async ({
  playground,
}) => {
  const { page, output } = playground;
  await playground.choose('Notes');
  const files = page.getByRole('region', { name: 'Files' });
  await expect(files).toContainText('No files yet');
  await playground.call('add_note', 'Buy oak');
  await expect(output).toHaveText('1 notes');
  const log = page.getByRole('log');
  await expect(log.getByText('note 1: Buy oak')).toBeVisible();
  await expect(log.locator('[data-level=stdout]')).toHaveCount(1);
  await files.getByRole('button', { name: '/notes.txt' }).click();
  await expect(output).toContainText('Buy oak');

  await page.reload();
  await playground.ready();
  await playground.choose('Notes');
  await expect(files.getByRole('button', { name: '/notes.txt' })).toBeVisible();
  await playground.call('read_notes', '');
  await expect(output).toContainText('Buy oak');
  await playground.call('forget_notes', '');
  await expect(files).toContainText('No files yet');
  await playground.call('read_notes', '');
  await expect(playground.failure).toContainText('there are no notes');
  await expect(log.locator('[data-level=stderr]')).toHaveCount(1);
});

test('plug-ins without WASI show no files', async ({ playground }) => {
  const { page } = playground;
  await playground.choose('Echo');
  await expect(page.getByRole('heading', { name: 'Files' })).toHaveCount(0);
});

test("all of a plug-in's files are saved as one archive", async ({ playground }) => {
  const { page } = playground;
  await playground.choose('Notes');
  await playground.call('add_note', 'Kept');
  // Playwright reports no downloads in Firefox, so that the test intercepts the link that the page clicks.
  const saved = page.evaluate(
    () =>
      new Promise<{ name: string; start: string }>((resolve) => {
        let file = new Blob();
        const create = URL.createObjectURL.bind(URL);
        URL.createObjectURL = (given: Blob): string => create((file = given));
        const click = Reflect.get(HTMLAnchorElement.prototype, 'click');
        HTMLAnchorElement.prototype.click = function (this: HTMLAnchorElement): void {
          Reflect.apply(click, this, []);
          const name = this.download;
          void (async () => resolve({ name, start: await file.slice(0, 2).text() }))();
        };
      }),
  );
  await page.getByRole('button', { name: 'Save all as zip' }).click();
  expect(await saved).toEqual({ name: 'notes_c.wasm files.zip', start: 'PK' });
});
