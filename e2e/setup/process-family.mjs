// The processes that this one started, and theirs. Linux tells; elsewhere there are none to be seen.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** @typedef {{ pid: number, parent: number, command: string }} ProcessEntry */

/**
 * @param {string} file
 * @returns {string}
 */
export function readOrNothing(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // It ended meanwhile.
  }
}

export function knowsProcesses() {
  return existsSync('/proc/self/status');
}

/** @returns {ProcessEntry[]} */
function processes() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .map((name) => ({
      pid: Number(name),
      parent: Number(/^PPid:\s+(\d+)/mu.exec(readOrNothing(`/proc/${name}/status`))?.[1] ?? 0),
      command: readOrNothing(`/proc/${name}/cmdline`).replaceAll('\0', ' '),
    }));
}

/** Every process under this one. @returns {ProcessEntry[]} */
export function descendants() {
  if (!knowsProcesses()) return [];
  const all = processes();
  const family = new Set([process.pid]);
  for (let before = 0; before < family.size;) {
    before = family.size;
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid);
  }
  return all.filter(({ pid }) => pid !== process.pid && family.has(pid));
}

/** Hundredths of a second that these processes have computed so far. @param {readonly ProcessEntry[]} family */
function ticksOf(family) {
  let ticks = 0;
  for (const { pid } of family) {
    // The name, in parentheses, may hold spaces.
    const fields = readOrNothing(`/proc/${pid}/stat`).split(') ')[1]?.split(' ') ?? [];
    ticks += Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  }
  return ticks;
}

/**
 * What share of a core these processes use from now on for so long; null where nobody can tell.
 * @param {number} spanMs
 */
export async function coresUsed(spanMs) {
  if (!knowsProcesses()) return null;
  const family = descendants();
  const before = ticksOf(family);
  await sleep(spanMs);
  return ((ticksOf(family) - before) * 10) / spanMs;
}

const quietMs = 100;

/**
 * How long these processes still compute from now on, to a hundredth of a second: until they did next to nothing for a while. Null where
 * nobody can tell.
 */
export async function msUntilIdle() {
  if (!knowsProcesses()) return null;
  const family = descendants();
  const start = performance.now();
  /** @type {{ at: number, ticks: number }[]} */
  const seen = [];
  for (;;) {
    const now = { at: performance.now() - start, ticks: ticksOf(family) };
    seen.push(now);
    // Two ticks in that while are a fifth of a core: the browser's own work.
    const before = seen.findLast(({ at, ticks }) => at <= now.at - quietMs && now.ticks - ticks <= 2);
    if (before !== undefined) return before.at;
    await sleep(5);
  }
}

/** Waits until what this process started computes no more than a tenth of a core; where nobody can tell, for `blindMs`. @param {number} blindMs */
export async function untilIdle(blindMs) {
  for (let spans = 0; spans < 50; spans += 1) {
    const used = await coresUsed(200);
    if (used === null) await sleep(blindMs);
    if (used === null || used <= 0.1) return;
  }
}
