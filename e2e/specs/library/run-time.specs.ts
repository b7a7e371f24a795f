/** What a plug-in may do is decided about while it runs, too: asked for, given once or always, denied, and taken back. */
import type { HostOptions } from 'tenon';
import type { ConsentAnswer, ConsentRequest, Library, OpenPlugin, RightDecision } from 'tenon/library';
import { check, equal, failsWith } from '../assert.js';
import { type OpenedLibrary, openLibrary, pluginManifest } from './library-kit.js';
import { eachWay, type WaitingContext } from '../waiting.js';

const key = `host:${location.host}`;

type AtRunTime = (request: ConsentRequest) => Promise<ConsentAnswer> | ConsentAnswer;

interface AskerOptions {
  /** More hosts. */
  readonly alsoAsks?: readonly string[];
  readonly hostOptions?: HostOptions;
}

interface Asker extends OpenedLibrary {
  readonly open: OpenPlugin;
  /** Requests of the kind `run`. */
  readonly askedAtRunTime: () => readonly ConsentRequest[];
}

/** A plug-in that asks for this page's own host, about which nobody has decided yet. */
async function openAsker(
  context: WaitingContext,
  atRunTime: AtRunTime,
  { alsoAsks = [], hostOptions = {} }: AskerOptions = {},
): Promise<Asker> {
  const opened = openLibrary(context, {
    host: context.openWaitingHost(hostOptions),
    consent: (request) => (request.kind === 'run' ? atRunTime(request) : { allowed: true, rights: {} }),
  });
  const permissions = [location.host, ...alsoAsks].map((host) => ({ host, reason: 'reads rates' }));
  const manifest = await pluginManifest(context, '/fixtures/http_request.wasm', { id: 'asker', permissions });
  await opened.library.install(manifest);
  const open = await opened.library.open('asker');
  return { ...opened, open, askedAtRunTime: () => opened.asked.filter(({ kind }) => kind === 'run') };
}

const answering = (decision: Exclude<RightDecision, 'ask'>) => (): ConsentAnswer => ({
  allowed: true,
  rights: { [key]: decision },
});

const request = (url: string): string => JSON.stringify({ url });

/** The decision that holds once it is no longer the one given. */
async function decisionAfter(library: Library, before: RightDecision): Promise<RightDecision | undefined> {
  for (;;) {
    const changed = new Promise((resolve) => library.addEventListener('change', resolve, { once: true }));
    const right = (await library.get('asker'))?.rights.find((one) => one.key === key);
    if (right?.decision !== before) return right?.decision;
    await changed;
  }
}

eachWay(
  'library: a host that nobody decided about is asked for when it is needed, and the next call has it',
  async (context) => {
    const { library, open, askedAtRunTime } = await openAsker(context, answering('always'));
    const error = await failsWith(open.call('request', request(context.url('/echo'))), 'host-not-allowed');
    equal(error.details, { host: location.host, url: context.url('/echo') }, 'details');
    equal(await decisionAfter(library, 'ask'), 'always');
    equal(
      askedAtRunTime().map(({ id, wanted, rights }) => [id, wanted, rights.map((right) => [right.key, right.reason])]),
      [['asker', location.host, [[key, 'reads rates']]]],
    );
    await open.call('request', request(context.url('/echo')));
    equal(askedAtRunTime().length, 1, 'times asked');
  },
);

eachWay('library: a host allowed for this page while running can be taken back', async (context) => {
  const hanging = Promise.withResolvers<void>();
  const own: typeof fetch = (input, options) => {
    if (String(input).endsWith('/hang')) hanging.resolve();
    return fetch(input, options);
  };
  const { library, name, open } = await openAsker(context, answering('page'), { hostOptions: { fetch: own } });
  await failsWith(open.call('request', request(context.url('/echo'))), 'host-not-allowed');
  equal(await decisionAfter(library, 'ask'), 'page');
  await open.call('request', request(context.url('/echo')));
  const next = openLibrary(context, {}, name);
  equal((await next.library.get('asker'))?.rights[0]?.decision, 'ask', 'in another page');
  const failed = failsWith(open.call('request', request(context.url('/hang'))), 'grant-revoked');
  await hanging.promise;
  await library.decide('asker', key, 'deny');
  await failed;
  await failsWith(open.call('request', request(context.url('/echo'))), 'host-not-allowed');
});

eachWay(
  'library: a host denied while running is not asked for again, until the denial is taken back',
  async (context) => {
    const { library, open, askedAtRunTime } = await openAsker(context, answering('deny'));
    const refused = (): Promise<unknown> =>
      failsWith(open.call('request', request(context.url('/echo'))), 'host-not-allowed');
    await refused();
    equal(await decisionAfter(library, 'ask'), 'deny');
    await refused();
    await refused();
    equal(askedAtRunTime().length, 1, 'times asked');
    await library.decide('asker', key, 'ask');
    await refused();
    equal(await decisionAfter(library, 'ask'), 'deny');
    equal(askedAtRunTime().length, 2, 'times asked, once the denial was taken back');
    await library.decide('asker', key, 'always');
    await open.call('request', request(context.url('/echo')));
  },
);

eachWay(
  'library: what the manifest does not ask for is never asked about, nor what its user waved aside',
  async (context) => {
    const { library, open, askedAtRunTime } = await openAsker(context, () => ({ allowed: false }));
    for (const url of ['https://elsewhere.example/', context.url('/echo'), 'https://elsewhere.example/']) {
      await failsWith(open.call('request', request(url)), 'host-not-allowed');
    }
    while (askedAtRunTime().length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await failsWith(open.call('request', request(context.url('/echo'))), 'host-not-allowed');
    await library.list();
    equal(
      askedAtRunTime().map(({ wanted }) => wanted),
      [location.host],
    );
    equal((await library.get('asker'))?.rights[0]?.decision, 'ask');
  },
);

eachWay('library: a question is withdrawn when its answer is given elsewhere', async (context) => {
  const asking = Promise.withResolvers<ConsentRequest>();
  const { library, open } = await openAsker(context, (asked) => {
    asking.resolve(asked);
    return new Promise((resolve) => {
      asked.signal.addEventListener('abort', () => resolve({ allowed: true, rights: { [key]: 'deny' } }));
    });
  });
  await failsWith(open.call('request', request(context.url('/echo'))), 'host-not-allowed');
  const { signal } = await asking.promise;
  check(!signal.aborted, 'the question was withdrawn at once');
  const withdrawn = new Promise((resolve) => signal.addEventListener('abort', resolve));
  await library.decide('asker', key, 'always');
  await withdrawn;
  await open.call('request', request(context.url('/echo')));
  equal((await library.get('asker'))?.rights[0]?.decision, 'always', 'whatever was answered after that');
});

eachWay('library: who denied a host is not asked for all hosts instead', async (context) => {
  const { library, open, askedAtRunTime } = await openAsker(context, answering('always'), { alsoAsks: ['*'] });
  await library.decide('asker', key, 'deny');
  await failsWith(open.call('request', request(context.url('/echo'))), 'host-not-allowed');
  await failsWith(open.call('request', request('https://elsewhere.example/')), 'host-not-allowed');
  while (askedAtRunTime().length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  equal(
    askedAtRunTime().map(({ wanted }) => wanted),
    ['elsewhere.example'],
  );
});
