// What an app does with the library, one function for each use. The checks of e2e/embedding import it in every kind of page.

/**
 * @typedef {object} Kit
 * @property {typeof import('tenon')} tenon
 * @property {typeof import('tenon/library') | null} library Null where plug-ins cannot be stored.
 * @property {(path: string) => string} url The address of a test file.
 * @property {import('tenon').HostOptions} hostOptions
 */
/** @typedef {(kit: Kit, host: import('tenon').Host) => Promise<unknown>} Use */

/**
 * @param {boolean} condition
 * @param {string} message
 */
function expectThat(condition, message) {
  if (!condition) throw new Error(message);
}

const wordOf = (/** @type {import('tenon').PluginOutput} */ output) => output.text();

/** @param {Kit} kit @param {string} path */
async function bytesOf({ url }, path) {
  return new Uint8Array(await (await fetch(url(path))).arrayBuffer());
}

/** Uses that work on every page. @type {Readonly<Record<string, Use>>} */
export const basicUses = {
  'plain call': async ({ url }, host) => {
    const plugin = await host.createPlugin(url('/plugins/count_vowels.wasm'), { cache: 'off' });
    const { count } = /** @type {{ count: number }} */ ((await plugin.call('count_vowels', 'Hello')).json());
    expectThat(count === 2, `expected 2 vowels, found ${count}`);
  },
  'host function': async ({ tenon, url }, host) => {
    const greet = tenon.hostFunction({ params: ['text'], result: 'text', handler: (name) => `Hello, ${name}` });
    const plugin = await host.createPlugin(url('/fixtures/host_function.wasm'), {
      cache: 'off',
      functions: { 'extism:host/user': { greet } },
    });
    const text = wordOf(await plugin.call('call_greet', 'Ada'));
    expectThat(text === 'Hello, Ada', `expected a greeting, found ${text}`);
  },
  WASI: async ({ url }, host) => {
    const files = { '/data': { memory: { 'a.txt': 'in a file' } } };
    const plugin = await host.createPlugin(url('/wasi/tools.wasm'), { cache: 'off', files });
    const text = wordOf(await plugin.call('read_text', '/data/a.txt'));
    expectThat(text === 'in a file', `expected the file's text, found ${text}`);
    expectThat((await (await plugin.files()).list()).length === 1, 'expected one file');
  },
  metered: async ({ url }, host) => {
    const plugin = await host.createPlugin(url('/plugins/count_vowels.wasm'), { cache: 'off', metering: true });
    await plugin.call('count_vowels', 'Hello');
    expectThat(plugin.stats().metering === 'interrupt', 'expected a metered plug-in');
  },
  'kill and recall': async ({ url }, host) => {
    const plugin = await host.createPlugin(url('/plugins/kitchen_sink.wasm'), { cache: 'off', metering: false });
    const code = await plugin.call('loop_forever', '', { timeoutMs: 200 }).catch((error) => error.code);
    expectThat(code === 'timeout', `expected a timeout, found ${String(code)}`);
    const text = wordOf(await plugin.call('upper_case', 'again'));
    expectThat(text === 'AGAIN', `expected AGAIN, found ${text}`);
  },
};

/** Uses of files that the library loads on demand. @type {Readonly<Record<string, Use>>} */
export const furtherUses = {
  'options and inspect()': async ({ url }, host) => {
    const options = { cache: /** @type {const} */ ('off'), config: { vowels: 'a' } };
    const plugin = await host.createPlugin(url('/plugins/count_vowels.wasm'), options);
    await plugin.call('count_vowels', 'Hello');
    expectThat((await plugin.inspect()).modules.length === 1, 'expected one module');
  },
  'a response': async ({ url }, host) => {
    const plugin = await host.createPlugin(await fetch(url('/plugins/echo.wasm')));
    await plugin.call('echo', 'Hello');
  },
  'a manifest': async ({ url }, host) => {
    const plugin = await host.createPlugin({ wasm: [{ url: url('/plugins/echo.wasm') }] });
    await plugin.call('echo', 'Hello');
  },
  "a manifest's text": async ({ url }, host) => {
    const plugin = await host.createPlugin(JSON.stringify({ wasm: [{ url: url('/plugins/echo.wasm') }] }));
    await plugin.call('echo', 'Hello');
  },
  'compile()': async ({ url }, host) => {
    const plugin = await host.createPlugin(await host.compile(url('/plugins/echo.wasm')));
    await plugin.call('echo', 'Hello');
  },
  'a limited module of the app': async (kit, host) => {
    const module = await WebAssembly.compile(await bytesOf(kit, '/plugins/echo.wasm'));
    await host.createPlugin(module, { memory: { maxPages: 4 } }).catch((error) => {
      if (error.code !== 'cannot-limit-module') throw error;
    });
  },
  'an HTTP request': async ({ url }, host) => {
    const allowedHosts = [location.host, location.hostname];
    const plugin = await host.createPlugin(url('/plugins/fetch_json.wasm'), { allowedHosts });
    await plugin.call('fetch_json', url('/plugins/index.json'));
  },
  'a large output': async ({ url }, host) => {
    const plugin = await host.createPlugin(url('/plugins/echo.wasm'));
    await (await plugin.call('echo', '[1, 2]')).parseJson();
  },
  'stored files': async ({ tenon, url }, host) => {
    const name = crypto.randomUUID();
    const files = { '/data': { opfs: name } };
    const plugin = await host.createPlugin(url('/wasi/tools.wasm'), { cache: 'off', files });
    await plugin.call('append', '/data/kept text');
    const access = await plugin.files();
    await access.exportZip();
    // While a call runs, the page reads what is stored.
    const call = plugin.call('append', '/data/kept more');
    const [listed] = await Promise.all([access.list(), call]);
    expectThat(listed.length === 1, 'expected one stored file');
    await plugin.close();
    await tenon.removeStoredFiles(name);
  },
  'a missing import': async ({ url }, host) => {
    await host.createPlugin(url('/fixtures/missing_host_functions.wasm')).catch((error) => {
      if (error.code !== 'missing-import') throw error;
    });
  },
  'features()': ({ tenon }, host) => tenon.features().workerNetwork(host),
};

/** @param {Kit} kit @param {import('tenon').Host} host */
async function runLibrary(kit, host) {
  await withLibrary(kit, host, async (library, { defineExtensionPoint }) => {
    await library.install(await discount(kit));
    const point = defineExtensionPoint({ name: 'Before a charge', export: 'before_charge', mode: 'pipeline' });
    const order = /** @type {{ total: number }} */ (await library.run(point, { total: 100 }));
    expectThat(order.total < 100, `expected a discount, found an order of ${order.total}`);
  });
}

/** Uses of `tenon/library`. @type {Readonly<Record<string, Use>>} */
export const libraryUses = {
  'an extension point': runLibrary,
  'updates, export and removal': async (kit, host) => {
    await withLibrary(kit, host, async (library) => {
      const { id } = await library.install(await discount(kit));
      await library.update(id, await discount(kit));
      await library.checkUpdates();
      await library.export(id);
      await library.files(id);
      await library.remove(id);
    });
  },
  'a request for a right': async (kit, host) => {
    await withLibrary(kit, host, async (library, _module, asked) => {
      const data = btoa(String.fromCharCode(...(await bytesOf(kit, '/plugins/fetch_json.wasm'))));
      const permissions = [{ host: 'example.invalid', reason: 'reads a file' }];
      const manifest = { wasm: [{ data }], plugin: { id: 'org.example.fetch', name: 'Fetch', permissions } };
      const { id } = await library.install(new File([JSON.stringify(manifest)], 'fetch.json'));
      const answered = new Promise((resolve, reject) => {
        library.addEventListener('log', (event) => {
          const { message } = /** @type {CustomEvent} */ (event).detail.line;
          reject(Object.assign(new Error(message), { name: 'PluginError', code: 'asset-failed', where: message }));
        });
        asked.addEventListener('consent', resolve);
      });
      await (await library.open(id)).call('fetch_json', 'https://example.invalid/').catch((error) => {
        if (error.code !== 'host-not-allowed') throw error;
      });
      await answered;
    });
  },
};

/** What an app of e2e/embedding/run.mjs does. @type {Readonly<Record<string, Use>>} */
export const appUses = {
  ...basicUses,
  'library run': runLibrary,
  elements: async (kit, host) => {
    await withLibrary(kit, host, async (library) => {
      const { name } = await library.install(await discount(kit));
      const list = document.createElement('plugin-list');
      list.library = library;
      document.body.append(list);
      const end = Date.now() + 30_000;
      while (list.shadowRoot?.textContent.includes(name) !== true) {
        expectThat(Date.now() < end, `expected ${name} in the list, found ${String(list.shadowRoot?.textContent)}`);
        await new Promise((done) => setTimeout(done, 20));
      }
      list.remove();
    });
  },
};

/** @param {Kit} kit */
async function discount(kit) {
  return new File([await bytesOf(kit, '/plugins/discount.wasm')], 'discount.wasm');
}

/**
 * @param {Kit} kit
 * @param {import('tenon').Host} host
 * @param {(library: import('tenon/library').Library, module: typeof import('tenon/library'), asked: EventTarget) => Promise<void>} use `asked` dispatches `consent` when the user is asked.
 */
async function withLibrary({ library: module }, host, use) {
  if (module === null) return;
  const name = crypto.randomUUID();
  const asked = new EventTarget();
  const library = module.createLibrary({
    host,
    name,
    consent: () => {
      asked.dispatchEvent(new Event('consent'));
      return { allowed: true, rights: {} };
    },
  });
  try {
    await use(library, module, asked);
  } finally {
    await library.close();
    for (const what of ['records', 'files', 'vars']) indexedDB.deleteDatabase(`tenon-library-${name}-${what}`);
  }
}

/** @typedef {{ use: string, ok: boolean, name?: string, code?: string, message?: string, where?: string, fix?: string }} Outcome */

/**
 * Performs the uses, each with a host of its own.
 * @param {Kit} kit
 * @param {Readonly<Record<string, Use>>} uses
 * @returns {Promise<Outcome[]>}
 */
export function perform(kit, uses) {
  return Promise.all(
    Object.entries(uses).map(async ([use, run]) => {
      const host = kit.tenon.createHost({ spareWorkers: 0, ...kit.hostOptions });
      try {
        await run(kit, host);
        return { use, ok: true };
      } catch (error) {
        const { name, code, message, where, fix } = /** @type {any} */ (error);
        return { use, ok: false, name, code, message, where, fix };
      } finally {
        await host.close();
      }
    }),
  );
}
