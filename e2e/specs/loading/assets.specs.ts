// Where the scripts of the library's workers come from: another folder of the same server.
import { type HostOptions, removeStoredFiles } from 'tenon';
import { check, contains, equal, failsWith } from '../assert.js';
import { openHost } from '../fixtures.js';
import { spec, type SpecContext } from '../harness.js';
import { uniqueName } from './load-kit.js';

const scripts = ['worker', 'loader', 'reader', 'wasi', 'store', 'files', 'meter', 'hash'] as const;

async function requestsOf({ url }: SpecContext, path: string): Promise<number> {
  return Number(await (await fetch(url(`/counts?path=${path}`))).json());
}

/** WebKitGTK has no origin private file system. */
async function hasPrivateFiles(): Promise<boolean> {
  return (
    navigator.storage?.getDirectory?.().then(
      () => true,
      () => false,
    ) ?? false
  );
}

/** Uses each script that a page of this kind needs. Returns their names. */
async function useAll(context: SpecContext, options: HostOptions): Promise<readonly string[]> {
  const host = openHost(context, options);
  const { secure } = context;
  const stores = secure && (await hasPrivateFiles());
  const name = uniqueName();
  const files = { '/data': stores ? { opfs: name } : { memory: {} } };
  const plugin = await host.createPlugin(context.url('/wasi/tools.wasm'), { cache: 'off', metering: true, files });
  equal(plugin.stats().metering, 'interrupt');
  await plugin.call('append', '/data/kept text');
  equal((await plugin.call('read_text', '/data/kept')).text(), 'text');
  await (await plugin.files()).write('/data/more', 'text');
  await plugin.close();
  if (stores) await removeStoredFiles(name);
  const echo = await host.createPlugin(context.url('/plugins/echo.wasm'), { cache: 'off' });
  equal(await (await echo.call('echo', '[1, 2]')).parseJson(), [1, 2]);
  return scripts.filter((script) => (script !== 'hash' || !secure) && (script !== 'store' || stores));
}

spec('assets names the folder of every script that workers run or import', async (context) => {
  for (const script of await useAll(context, { assets: '/slow/1/dist' })) {
    check((await requestsOf(context, `/slow/1/dist/${script}.js`)) > 0, `${script}.js is from the folder`);
  }
  const host = openHost(context, { assets: '/slow/1/dist' });
  const half = new File(['export const half = plugin((x) => x / 2);'], 'half.js');
  const plugin = await host.createPlugin(half, { metering: false, loadTimeoutMs: 60_000 });
  equal((await plugin.call('half', '3')).json(), 1.5);
  for (const file of ['javascript.js', 'javascript.wasm']) {
    check((await requestsOf(context, `/slow/1/dist/${file}`)) > 0, `${file} is from the folder`);
  }
});

spec('assets names single scripts, and workerUrl covers those beside worker.js', async (context) => {
  const [meter, wasi] = [context.url('/slow/2/dist/meter.js'), context.url('/status/404')];
  const used = await useAll(context, { workerUrl: '/slow/3/dist/worker.js', assets: { meter } });
  for (const script of used) {
    const folder = script === 'meter' ? '/slow/2/dist' : '/slow/3/dist';
    check((await requestsOf(context, `${folder}/${script}.js`)) > 0, `${script}.js is from ${folder}`);
  }
  const host = openHost(context, { assets: { wasi } });
  const error = await failsWith(host.createPlugin(context.url('/wasi/tools.wasm'), { cache: 'off' }), 'asset-failed');
  equal(error.where, wasi);
  contains(error.message, wasi);
  const wrong = openHost(context, { assets: { worker: 'http://[' } });
  contains((await failsWith(wrong.createPlugin(context.url('/plugins/echo.wasm')), 'invalid-argument')).message, '[');
});
