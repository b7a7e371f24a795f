// Figures of stored directories and of what programs print. No time fails the job: the scoreboard compares them with their targets.
import { setTimeout as sleep } from 'node:timers/promises';
import { rendererBytes } from '../../bench/renderer-memory.mjs';
import { onPage } from '../site.mjs';

/** @typedef {import('../site.mjs').Engine} Engine */

const rounds = 3;
const chunkBytes = 262_144;

/** @param {Engine} engine @param {{ part: boolean }} share */
export function storedFiles(engine, { part }) {
  const [files, stored, large, printed] = part ? [200, 100, 2, 2] : [10_000, 5_000, 200, 40];
  return onPage(engine, async (page) => {
    const best = async (/** @type {() => Promise<number>} */ run) => {
      const times = [];
      for (let round = 0; round < (part ? 1 : rounds); round += 1) times.push(await run());
      return Math.min(...times);
    };
    const openMs = await best(async () => (await page.evaluate((n) => window.soak.storeAndOpen(n), files)).openMs);
    const storeMs = await best(async () => (await page.evaluate((n) => window.soak.storeAndOpen(n), stored)).storeMs);
    const oneByte = await page.evaluate((megabytes) => window.soak.changeOneByte(megabytes), large);
    const hundred = await page.evaluate((megabytes) => window.soak.changeOneByte(megabytes), large / 2);
    const printMs = await best(() => page.evaluate((megabytes) => window.soak.printMegabytes(megabytes), printed));
    await page.requestGC();
    await sleep(500);
    const before = rendererBytes();
    await page.evaluate((megabytes) => window.soak.printMegabytes(megabytes), (printed * 5) / 2);
    await page.requestGC();
    await sleep(500);
    const after = rendererBytes();
    return {
      figures: {
        openMs,
        openTargetMs: engine === 'firefox' ? 2_000 : 1_000,
        storeMs,
        oneByteMs: oneByte.changeMs,
        // In copies of the region that the byte is in.
        oneByteCopies: Number((oneByte.grownBytes / chunkBytes).toFixed(2)),
        hundredMs: hundred.writeMs + hundred.readMs,
        printedPerSecond: Math.round((printed * 1.048_576 * 1_000) / Math.max(printMs, 1)),
        printingGrowth: before === null || after === null ? null : Number(((after - before) / 1e6).toFixed(1)),
      },
      faults: [],
    };
  });
}
