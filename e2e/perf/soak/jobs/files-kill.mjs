// Kills the worker, the tab or the browser while files of a stored directory change, and opens the directory again.
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

/**
 * After each kill, the directory must be as of the last commit that was reported, or the one after it.
 * @param {Engine} engine
 * @param {{ part: boolean, seed: number }} share
 */
export async function filesKill(engine, { part, seed }) {
  const kills = part ? 3 : 100;
  const random = randomFrom(seed);
  const playwright = await import('playwright');
  const { site } = await serveSoak();
  const profile = mkdtempSync(join(tmpdir(), 'tenon-kill-'));
  const killed = { worker: 0, tab: 0, browser: 0 };
  let commits = 0;
  /** @type {string[]} */
  const faults = [];

  const launch = async () => {
    const before = new Set(descendants().map(({ pid }) => pid));
    const context = await playwright[engine].launchPersistentContext(profile, launchOptions(engine));
    await context.exposeFunction('committed', (/** @type {number} */ count) => {
      commits = count;
    });
    return { before, context, page: context.pages()[0] ?? (await context.newPage()) };
  };
  let running = await launch();
  try {
    await goToSoak(running.page, site.origin);
    for (let kill = 0; kill < kills; kill += 1) {
      const way = /** @type {const} */ (['worker', 'tab', 'browser'])[kill % 3] ?? 'worker';
      const [atStart, delayMs] = [commits, random(400)];
      // At least one commit more, however slow the machine is.
      const more = () => (commits > atStart ? true : undefined);
      if (way === 'worker') {
        await running.page.evaluate(
          ([from, ms]) => window.soak.churnFiles(from, ms),
          /** @type {const} */ ([commits, delayMs]),
        );
      } else {
        const churn = running.page.evaluate((from) => window.soak.churnFiles(from, null), commits);
        churn.catch(() => {});
        await waitFor('a commit', more, 60_000);
        await sleep(delayMs);
        if (way === 'tab') {
          const next = await running.context.newPage();
          await running.page.close();
          running.page = next;
        } else {
          await killSince(running.before);
          running = await launch();
        }
        await goToSoak(running.page, site.origin);
      }
      killed[way] += 1;
      const { count, fault } = await running.page.evaluate((from) => window.soak.checkFiles(from), commits);
      if (count < 0) {
        faults.push(`after kill ${kill} (${way}): ${fault}`);
        break;
      }
      commits = count;
    }
    await running.context.close();
  } finally {
    await killSince(running.before).catch(() => {});
    await site.stop();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
  if (commits < kills) faults.push('hardly anything was ever stored: nothing was proven');
  return { figures: { kills, ...killed, commits, lost: faults.length, seed }, faults };
}
