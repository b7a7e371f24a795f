// An app for the Extism JS SDK: a key-value store as host functions, config, vars and logs, after the examples of its README.
import create from '@extism/extism';

/** @type {Map<string, string>} */
const store = new Map();
/** @type {string[]} */
const lines = [];

/** @param {string} name @param {import('@extism/extism').ExtismPluginOptions} options */
const open = (name, options) => create(new URL(`/fixtures/${name}.wasm`, location.origin), options);

export async function run() {
  const notes = await open('host_function', {
    functions: {
      'extism:host/user': {
        greet(callContext, /** @type {bigint} */ at) {
          const key = callContext.read(at)?.text() ?? '';
          const { user } = callContext.hostContext();
          const seen = `${store.get(key) ?? 'nobody'}, ${user}`;
          store.set(key, user);
          return callContext.store(seen);
        },
      },
    },
  });
  const greetings = [];
  for (const user of ['Ann', 'Bob']) greetings.push((await notes.call('call_greet', 'last', { user }))?.text());
  const settings = await open('config', { config: { theme: 'dark' } });
  const theme = (await settings.call('get', 'theme'))?.text();
  const vars = await open('vars', {});
  await vars.call('set', 'count=3');
  const count = (await vars.call('get', 'count'))?.text();
  const logging = await open('logs', {
    logLevel: 'warn',
    logger: { ...console, warn: (line) => lines.push(line), error: (line) => lines.push(line) },
  });
  await logging.call('all', 'seen');
  await Promise.all([notes, settings, vars, logging].map((plugin) => plugin.close()));
  return { greetings, theme, count, lines, store: [...store] };
}
