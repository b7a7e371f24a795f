// Drives WebKitGTK's MiniBrowser with W3C WebDriver, because Playwright cannot drive a system WebKit.
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { webkitPaths } from '../setup/browsers.mjs';
import { startProcess, waitFor } from '../setup/processes.mjs';

/** @returns {Promise<number>} */
async function freePort() {
  const server = createServer();
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      server.close(() => done(port));
    });
  });
}

/** Starts a virtual display unless there is a display. */
async function startDisplay() {
  // `-displayfd 1`: the X server chooses a free display and prints its number.
  const xvfb = startProcess('Xvfb', ['-displayfd', '1', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp']);
  const number = await waitFor(
    `Xvfb to start (it said: ${xvfb.said()})`,
    () => /^(\d+)\n/mu.exec(xvfb.said())?.[1],
    20_000,
  );
  return { display: `:${number}`, stop: () => xvfb.stop() };
}

/**
 * @param {string} display
 * @param {number} port
 */
function startDriver(display, port) {
  const paths = webkitPaths();
  if (paths === undefined) throw new Error('WebKitWebDriver and MiniBrowser are not installed');
  const command = [paths.driver, `--port=${port}`, '--host=127.0.0.1'];
  const ownBus = process.env['DBUS_SESSION_BUS_ADDRESS'] === undefined && existsSync('/usr/bin/dbus-run-session');
  const [program = '', ...programArguments] = ownBus ? ['/usr/bin/dbus-run-session', '--', ...command] : command;
  const driver = startProcess(program, programArguments, {
    DISPLAY: display,
    GDK_BACKEND: 'x11',
    // Safari has SharedArrayBuffer on isolated pages; WebKitGTK needs this setting for it.
    JSC_useSharedArrayBuffer: '1',
    // Runs as root in containers, where the sandbox of WebKitGTK cannot start.
    WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
    NO_AT_BRIDGE: '1',
  });
  return { driver, miniBrowser: paths.miniBrowser };
}

/** How long a script of a page may run; a busy machine takes its time. */
const scriptTimeoutMs = 120_000;
const answerTimeoutMs = scriptTimeoutMs + 30_000;

/**
 * Sends one WebDriver command.
 * @param {string} base
 * @param {'GET' | 'POST' | 'DELETE'} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<unknown>}
 */
async function command(base, method, path, body) {
  const response = await fetch(base + path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    signal: AbortSignal.timeout(answerTimeoutMs),
  });
  /** @type {{ value?: unknown }} */
  const { value } = await response.json();
  if (!response.ok) throw new Error(`WebDriver ${method} ${path}: ${JSON.stringify(value)}`);
  return value;
}

/** @param {unknown} value */
function sessionIdOf(value) {
  if (typeof value === 'object' && value !== null && 'sessionId' in value) return String(value.sessionId);
  throw new Error(`WebDriver: expected a session, found ${JSON.stringify(value)}`);
}

/**
 * Starts WebKit with its driver and display. `close()` ends all of them.
 */
export async function openWebKit() {
  const screen = await startDisplay();
  const port = await freePort();
  const { driver, miniBrowser } = startDriver(screen.display, port);
  const stop = async () => {
    await driver.stop();
    await screen.stop();
  };
  const root = `http://127.0.0.1:${port}`;
  try {
    const ready = () => command(root, 'GET', '/status').catch(() => undefined);
    await waitFor('WebKitWebDriver to answer', ready, 20_000);
    const options = { binary: miniBrowser, args: ['--automation'] };
    const session = await command(root, 'POST', '/session', {
      capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': options, timeouts: { script: scriptTimeoutMs } } },
    });
    const base = `${root}/session/${sessionIdOf(session)}`;
    return {
      /** @param {string} url */
      goto: (url) => command(base, 'POST', '/url', { url }),
      /**
       * Runs the body of a function in the page; what it returns must be JSON.
       * @param {string} script
       * @param {unknown[]} [scriptArguments]
       */
      execute: (script, scriptArguments = []) =>
        command(base, 'POST', '/execute/sync', { script, args: scriptArguments }),
      /**
       * Does the same with an asynchronous body, which calls its last argument with the result.
       * @param {string} script
       * @param {unknown[]} [scriptArguments]
       */
      executeAsync: (script, scriptArguments = []) =>
        command(base, 'POST', '/execute/async', { script, args: scriptArguments }),
      /** A PNG, base64. */
      screenshot: () => command(base, 'GET', '/screenshot'),
      async close() {
        await command(base, 'DELETE', '').catch(() => undefined);
        await stop();
      },
    };
  } catch (error) {
    const said = driver.said();
    await stop();
    throw new Error(`WebKit did not start: ${String(error)}${said ? `\nThe driver said: ${said}` : ''}`, {
      cause: error,
    });
  }
}
