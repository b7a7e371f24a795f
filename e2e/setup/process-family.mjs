// The descendants of this process, read from /proc. Platforms other than Linux have no /proc, and no descendants are found there.
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
    return ''; // The process has ended.
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

/** Returns every descendant of this process. @returns {ProcessEntry[]} */
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
    // The name, in parentheses, may contain spaces.
    const fields = readOrNothing(`/proc/${pid}/stat`).split(') ')[1]?.split(' ') ?? [];
    ticks += Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  }
  return ticks;
}

/**
 * Measures for a while how many cores these processes use; null without /proc.
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
 * Measures how long these processes keep computing until they have been idle for a while, to a hundredth of a second. Null without
 * /proc.
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
    // Two ticks in that time are a fifth of a core, which the browser itself uses.
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
