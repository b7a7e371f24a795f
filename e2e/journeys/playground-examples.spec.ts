import { expect, test } from './playground-page.js';

test('two linked modules answer as one plug-in', { tag: '@any-engine' }, async ({ playground, page }) => {
  await playground.choose('Headline');
  await playground.call('headline');
  await expect(playground.output).toContainText('PLUG-INS CAN BE MADE OF SEVERAL MODULES');
  await expect(page.getByRole('heading', { name: 'Module upper-case' })).toBeAttached();
});

test(
  'a plug-in fetches JSON from this server, and from no other',
  { tag: '@any-engine' },
  async ({ playground, page }) => {
    await playground.choose('Fetch JSON');
    await playground.call('list_titles');
    await expect(playground.output).toContainText('Guest book');
    await expect(page.getByRole('log')).toContainText(`GET ${playground.site.origin}/plugins/index.json`);
    await playground.call('fetch_json', 'http://127.0.0.2/other.json');
    await expect(playground.failure).toContainText('allowedHosts');
    await expect(page.getByRole('log')).toContainText('GET http://127.0.0.2/other.json');
  },
);

test('what a plug-in stores on the page is available at the next visit', async ({ playground }) => {
  await playground.choose('Guest book');
  await playground.call('sign', 'Ada was here');
  await expect(playground.output).toHaveText('Ada was here\n');
  await playground.visit();
  await playground.call('sign', 'So was Grace');
  await expect(playground.output).toHaveText('Ada was here\nSo was Grace\n');
  await playground.call('clear');
  await expect(playground.output).toHaveText('Nobody has signed yet.');
});
