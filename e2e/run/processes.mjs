// Child processes that are always ended, with everything they started, however the run ends.
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {NodeJS.Signals} signal
 */
function signalGroup(child, signal) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The whole group has ended already.
  }
}

process.on('exit', () => {
  for (const child of running) signalGroup(child, 'SIGKILL');
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => process.exit(1));
}

/**
 * Starts a program at the head of its own process group.
 * @param {string} command
 * @param {readonly string[]} commandArguments
 * @param {Record<string, string>} [environment] On top of this process's own.
 */
export function startProcess(command, commandArguments, environment = {}) {
  const child = spawn(command, commandArguments, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  running.add(child);
  let said = '';
  const listen = (/** @type {Buffer} */ chunk) => {
    said = (said + chunk.toString()).slice(-4_000);
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  child.on('error', (error) => {
    said += String(error);
  });
  return {
    child,
    /** The end of what it has printed. */
    said: () => said,
    /** Ends it and everything in its group. */
    async stop() {
      signalGroup(child, 'SIGTERM');
      for (let waited = 0; waited < 20 && child.exitCode === null && child.signalCode === null; waited += 1)
        await sleep(100);
      signalGroup(child, 'SIGKILL');
      running.delete(child);
    },
  };
}

/**
 * Asks again until the answer is not undefined; fails in words when time is up.
 * @template T
 * @param {string} what
 * @param {() => Promise<T | undefined> | T | undefined} ask
 * @param {number} timeoutMs
 * @returns {Promise<T>}
 */
export async function waitFor(what, ask, timeoutMs) {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`waited ${timeoutMs / 1000} s for ${what}`);
    await sleep(100);
  }
}
