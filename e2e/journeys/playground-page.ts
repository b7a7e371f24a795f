import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test as base, expect, type Locator, type Page } from '@playwright/test';
import { serve, type Site } from '../server/serve.mjs';
import { addTroubleRoutes } from '../server/trouble-routes.mjs';

const built = fileURLToPath(new URL('../../build/demo/', import.meta.url));
const fixtures = fileURLToPath(new URL('../fixtures/build/', import.meta.url));

export function fixture(name: string): { name: string; mimeType: string; buffer: Buffer } {
  return { name, mimeType: 'application/wasm', buffer: readFileSync(`${fixtures}${name}`) };
}

export function example(name: string): { name: string; mimeType: string; buffer: Buffer } {
  return { name, mimeType: 'application/wasm', buffer: readFileSync(`${built}plugins/${name}`) };
}

/** A server for one test, so that a test can stop it; no state is shared between tests. */
export async function servePlayground(headers: Readonly<Record<string, string>> = {}): Promise<Site> {
  const site = await serve({ roots: { '/': built, '/fixtures/': fixtures }, headers });
  addTroubleRoutes(site);
  return site;
}

/** The playground as its users see it. */
export class PlaygroundPage {
  readonly page: Page;
  readonly site: Site;
  readonly run: Locator;
  readonly stop: Locator;
  readonly output: Locator;
  readonly failure: Locator;
  readonly heading: Locator;

  constructor(page: Page, site: Site) {
    this.page = page;
    this.site = site;
    this.run = page.getByRole('button', { name: 'Run', exact: true });
    this.stop = page.getByRole('button', { name: 'Stop', exact: true });
    this.output = page.getByRole('region', { name: 'Output' }).locator('pre');
    this.failure = page.getByRole('alert').filter({ has: page.getByRole('heading') });
    this.heading = page.getByRole('main').getByRole('heading', { level: 2 }).first();
  }

  async visit(origin: string = this.site.origin): Promise<void> {
    await this.page.goto(`${origin}/`);
    await this.ready();
  }

  async ready(): Promise<void> {
    await expect(this.run).toBeEnabled();
  }

  async choose(title: string): Promise<void> {
    await this.page.getByRole('button', { name: new RegExp(`^${title}`) }).click();
    await expect(this.heading).toHaveText(title);
    await this.ready();
  }

  async open(...files: readonly { name: string; mimeType: string; buffer: Buffer }[]): Promise<void> {
    await this.page.locator('input[type=file]').setInputFiles([...files]);
  }

  async call(name: string, input?: string): Promise<void> {
    await this.page.getByLabel('Function').selectOption(name);
    if (input !== undefined) await this.page.getByLabel('Input', { exact: true }).fill(input);
    await this.run.click();
  }
}

interface Fixtures {
  readonly playground: PlaygroundPage;
}

/**
 * Messages that are expected when a test stops the server or requests missing files, and Firefox's message about a script that was
 * still loading through a service worker when the page was left.
 */
const expected = /Failed to load resource|NetworkError|Failed to update|intercepted the request and encountered/u;

/** Each test starts with a first visit, and fails on errors in the console and on violations of the security policy. */
export const test = base.extend<Fixtures>({
  playground: async ({ page }, use) => {
    const site = await servePlayground();
    const complaints: string[] = [];
    const note = (text: string): void => {
      if (!expected.test(text)) complaints.push(text);
    };
    page.on('pageerror', (error) => note(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') note(message.text());
    });
    await page.exposeFunction('reportViolation', (text: string) => void complaints.push(text));
    await page.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) => {
        void (globalThis as unknown as { reportViolation: (text: string) => Promise<void> }).reportViolation(
          `${event.violatedDirective}: ${event.blockedURI}`,
        );
      });
    });
    const playground = new PlaygroundPage(page, site);
    await playground.visit();
    await use(playground);
    await site.stop();
    expect(complaints).toEqual([]);
  },
});

export { expect } from '@playwright/test';
