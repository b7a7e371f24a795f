// Kills the browser during cache writes and opens it again with the same profile.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { launchOptions } from '../../../setup/browsers.mjs';
import { descendants } from '../../../setup/process-family.mjs';
import { waitFor } from '../../../setup/processes.mjs';
import { goToSoak, serveSoak } from '../site.mjs';

/** @typedef {import('../site.mjs').Engine} Engine */

const writesEach = 100;
/** The number of modules that are started after each kill, from the cache or not at all. */
const startsEach = 10;

/** @param {number} seed */
export function randomFrom(seed) {
  let state = seed | 1;
  return (/** @type {number} */ below) => {
    // xorshift32
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/**
 * Kills every process that this one has started since.
 * @param {ReadonlySet<number>} before
 */
export async function killSince(before) {
  const fresh = () => descendants().filter(({ pid, command }) => !before.has(pid) && command !== '');
  for (const { pid } of fresh()) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended with its parent.
    }
  }
  await waitFor('the browser to be gone', () => (fresh().length === 0 ? true : undefined), 20_000);
}

/**
 * Kills the browser again and again with the same profile. Each start checks the state that the last kill left.
 * @param {Engine} engine
 * @param {{ part: boolean, seed: number }} share
 */
export async function cacheKill(engine, { part, seed }) {
  const kills = part ? 3 : 100;
  const random = randomFrom(seed);
  const playwright = await import('playwright');
  const { site, modules } = await serveSoak();
  const profile = mkdtempSync(join(tmpdir(), 'tenon-kill-'));
  const seen = { right: 0, wrong: 0, starts: 0, fromCache: 0 };
  /** @type {string[]} */
  const faults = [];
  try {
    for (let kill = 0; kill <= kills; kill += 1) {
      const before = new Set(descendants().map(({ pid }) => pid));
      const context = await playwright[engine].launchPersistentContext(profile, launchOptions(engine));
      const page = context.pages()[0] ?? (await context.newPage());
      await goToSoak(page, site.origin);
      const from = kill * writesEach;
      if (kill > 0) {
        modules.down = true;
        const wanted = { from: from - writesEach + random(40), count: startsEach, network: false };
        const found = await page.evaluate((wanted) => window.soak.checkCache(wanted), wanted);
        modules.down = false;
        const again = { ...wanted, count: 2, network: true };
        const online = await page.evaluate((wanted) => window.soak.checkCache(wanted), again);
        faults.push(...found.faults, ...online.faults);
        // The sum of all starts so far.
        seen.right = online.records.right;
        seen.wrong += found.records.wrong;
        seen.starts += startsEach + 2 - found.started.missing;
        seen.fromCache += found.started.cache;
      }
      if (kill === kills) {
        await context.close();
        break;
      }
      await page.evaluate(({ from, count }) => window.soak.writeToCache(from, count), { from, count: writesEach });
      await sleep(50 + random(1_500));
      await killSince(before);
    }
  } finally {
    await site.stop();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
  if (seen.right === 0) faults.push('no module was ever kept: nothing was proven');
  if (seen.wrong > 0) process.stdout.write(`  ${seen.wrong} records were spoilt, and would be dropped when read\n`);
  return { figures: { kills, writesEach, seed, ...seen }, faults };
}
