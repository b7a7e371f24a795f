// Kills the browser during installs and updates and opens it again with the same profile.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { launchOptions } from '../../../setup/browsers.mjs';
import { descendants } from '../../../setup/process-family.mjs';
import { waitFor } from '../../../setup/processes.mjs';
import { goToSoak, serveSoak } from '../site.mjs';
import { killSince, randomFrom } from './cache-kill.mjs';

/** @typedef {import('../site.mjs').Engine} Engine */

/** The number of versions reserved for one start, so that each start has its own. */
const versionsEach = 1_000;

/**
 * Kills the browser again and again with the same profile. Each start checks that every plug-in is one complete version.
 * @param {Engine} engine
 * @param {{ part: boolean, seed: number }} share
 */
export async function libraryKill(engine, { part, seed }) {
  const kills = part ? 3 : 100;
  const random = randomFrom(seed);
  const playwright = await import('playwright');
  const { site, modules } = await serveSoak();
  const profile = mkdtempSync(join(tmpdir(), 'tenon-kill-'));
  const seen = { plugins: 0, changes: 0 };
  let last = '';
  /** @type {string[]} */
  const faults = [];
  try {
    for (let kill = 0; kill <= kills; kill += 1) {
      const before = new Set(descendants().map(({ pid }) => pid));
      const context = await playwright[engine].launchPersistentContext(profile, launchOptions(engine));
      const page = context.pages()[0] ?? (await context.newPage());
      await goToSoak(page, site.origin);
      if (kill > 0) {
        const found = await page.evaluate(() => window.soak.checkLibrary());
        faults.push(...found.faults.map((fault) => `after kill ${kill}: ${fault}`));
        seen.plugins += found.plugins.length;
        if (found.plugins.join() !== last) seen.changes += 1;
        last = found.plugins.join();
      }
      if (kill === kills) {
        await context.close();
        break;
      }
      await page.evaluate((from) => window.soak.churnLibrary(from), kill * versionsEach);
      // Every other kill comes when two plug-ins are installed, however slow the machine is.
      const enough = modules.served + 3;
      if (kill % 2 === 0) await waitFor('installations', () => (modules.served < enough ? undefined : true), 60_000);
      await sleep(50 + random(1_500));
      await killSince(before);
    }
  } finally {
    await site.stop();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
  if (seen.changes < 2) faults.push('hardly anything was ever installed: nothing was proven');
  return { figures: { kills, seed, ...seen }, faults };
}
