// Starts child processes and makes sure that they and their descendants end with this process.
import { AsyncLocalStorage } from 'node:async_hooks';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** Where to print, for work that runs beside other work and shows all it printed at its end. @type {AsyncLocalStorage<string[]>} */
const printed = new AsyncLocalStorage();

/** @param {string} text */
function print(text) {
  const kept = printed.getStore();
  if (kept === undefined) process.stdout.write(text);
  else kept.push(text);
}

/**
 * Runs `work` and prints its whole output when it has ended.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function printingAtTheEnd(work) {
  /** @type {string[]} */
  const kept = [];
  try {
    return await printed.run(kept, work);
  } finally {
    process.stdout.write(kept.join(''));
  }
}

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
    // The group has ended already.
  }
}

process.on('exit', () => {
  for (const child of running) signalGroup(child, 'SIGKILL');
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => process.exit(1));
}

/**
 * Starts a program as the leader of a process group and keeps the end of its output.
 * @param {string} command
 * @param {readonly string[]} commandArguments
 * @param {Record<string, string>} [environment] Added to this process's environment.
 */
export function startProcess(command, commandArguments, environment = {}) {
  const child = spawn(command, commandArguments, {
    cwd: root,
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
    /** Returns the end of its output. */
    said: () => said,
    /** Ends its process group. */
    async stop() {
      signalGroup(child, 'SIGTERM');
      const ended = () => child.exitCode !== null || child.signalCode !== null;
      for (let waited = 0; waited < 20 && !ended(); waited += 1) await sleep(100);
      signalGroup(child, 'SIGKILL');
      running.delete(child);
    },
  };
}

/**
 * @typedef {object} RunOptions
 * @property {boolean} [quiet] Show its output only when it fails.
 * @property {number} [timeoutMs] When to end its process group and fail. Default: 10 minutes.
 * @property {Record<string, string>} [environment] Added to this process's environment.
 * @property {string} [folder] The folder to run it in. Default: the project's.
 */

/**
 * Runs a program until it ends.
 * @param {string} command
 * @param {readonly string[]} commandArguments
 * @param {RunOptions} [options]
 * @returns {Promise<boolean>} Whether it ended with exit code 0.
 */
export function run(command, commandArguments, options = {}) {
  const { quiet = false, timeoutMs = 600_000, environment = {}, folder = root } = options;
  const shown = quiet || printed.getStore() !== undefined ? 'pipe' : 'inherit';
  const child = spawn(command, commandArguments, {
    cwd: folder,
    detached: true,
    stdio: ['ignore', shown, shown],
    env: { ...process.env, ...environment },
  });
  running.add(child);
  /** @type {string[]} */
  const said = [];
  const listen = (/** @type {string} */ text) => (quiet ? said.push(text) : print(text));
  child.stdout?.setEncoding('utf8').on('data', listen);
  child.stderr?.setEncoding('utf8').on('data', listen);
  return new Promise((done) => {
    const timer = setTimeout(() => {
      print(`  Ended after ${timeoutMs / 1000} s without a result: ${command}\n`);
      // In two steps, so that a script can end the groups that it started.
      signalGroup(child, 'SIGTERM');
      setTimeout(() => signalGroup(child, 'SIGKILL'), 5_000).unref();
    }, timeoutMs);
    const end = (/** @type {boolean} */ ok) => {
      clearTimeout(timer);
      running.delete(child);
      // It may have left browsers or servers behind.
      signalGroup(child, 'SIGKILL');
      if (!ok) print(said.join(''));
      done(ok);
    };
    child.once('error', (error) => {
      said.push(`${String(error)}\n`);
      end(false);
    });
    child.once('close', (code) => end(code === 0));
  });
}

/**
 * Runs a command-line tool of an npm dependency.
 * @param {string} name
 * @param {readonly string[]} toolArguments
 * @param {RunOptions} [options]
 */
export function tool(name, toolArguments, options) {
  return run(join(root, 'node_modules/.bin', name), toolArguments, options);
}

/**
 * Runs one of the project's own scripts.
 * @param {string} script Path from the project's folder.
 * @param {readonly string[]} [scriptArguments]
 * @param {RunOptions} [options]
 */
export function script(script, scriptArguments = [], options = {}) {
  return run(process.execPath, [join(root, script), ...scriptArguments], options);
}

/**
 * Polls until the result is not undefined. Throws when the time is up.
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
    if (Date.now() > end) throw new Error(`Timed out after ${timeoutMs / 1000} s while waiting for ${what}`);
    await sleep(100);
  }
}

/**
 * Prints one line.
 * @param {string} line
 */
export function say(line) {
  print(`${line}\n`);
}
