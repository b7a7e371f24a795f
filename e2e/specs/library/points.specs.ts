import type { Host } from 'tenon';
import { defineExtensionPoint, type FailureDetail, type Library, type StandardSchema } from 'tenon/library';
import { check, contains, equal, failsWith } from '../assert.js';
import { openHost } from '../fixtures.js';
import { type SpecContext, spec } from '../harness.js';
import { openHostWithoutMeter } from '../metering/without-meter.js';
import { openLibrary, pluginManifest } from './library-kit.js';

interface Order {
  readonly total: number;
  readonly customer?: string;
}

/** A check of one's own, in the shape that validation libraries share. */
function schema<Value>(what: string, accepts: (value: unknown) => value is Value): StandardSchema<Value> {
  const validate: StandardSchema<Value>['~standard']['validate'] = (value) =>
    accepts(value) ? { value } : { issues: [{ message: `expected ${what}`, path: ['total'] }] };
  return { '~standard': { version: 1, vendor: 'specs', validate } };
}

const isOrder = (value: unknown): value is Order =>
  typeof value === 'object' && value !== null && 'total' in value && typeof value.total === 'number' && value.total > 0;
const order = schema('an order', isOrder);

async function discounts(context: SpecContext, library: Library, percents: readonly number[]): Promise<void> {
  for (const percent of percents) {
    const plugin = { id: `off-${percent}`, name: `${percent} percent off` };
    const config = { percent: String(percent) };
    await library.install(await pluginManifest(context, '/plugins/discount.wasm', plugin, { config }));
  }
}

const beforeCharge = defineExtensionPoint({
  name: 'Before an order is charged',
  export: 'before_charge',
  mode: 'pipeline',
  input: order,
  output: order,
});

spec("library: a pipeline hands each plug-in what the one before gave, in the user's order", async (context) => {
  const { library, asked } = openLibrary(context, { points: [beforeCharge] });
  equal(await library.run(beforeCharge, { total: 100 }), { total: 100 }, 'without plug-ins');
  await discounts(context, library, [10, 50]);
  equal(asked[0]?.points, ['Before an order is charged'], 'points shown to the user');
  const charged: Order = await library.run(beforeCharge, { total: 100, customer: 'Ada' });
  equal(charged, { total: 45, customer: 'Ada' });
});

spec('library: a point collects answers, takes the first, or the fastest', async (context) => {
  const { library } = openLibrary(context);
  const at = { name: 'Offers', export: 'before_charge', input: order, output: order } as const;
  const [collect, first, race] = [
    defineExtensionPoint({ ...at, mode: 'collect' }),
    defineExtensionPoint({ ...at, mode: 'first' }),
    defineExtensionPoint({ ...at, mode: 'race' }),
  ];
  equal(
    [
      await library.run(collect, { total: 1 }),
      await library.run(first, { total: 1 }),
      await library.run(race, { total: 1 }),
    ],
    [[], null, null],
  );
  await discounts(context, library, [10, 50]);
  await library.reorder(['off-50']);
  equal(
    (await library.run(collect, { total: 100 })).map(({ id, value }) => [id, value.total]),
    [
      ['off-50', 50],
      ['off-10', 90],
    ],
  );
  equal(await library.run(first, { total: 100 }), { total: 50 });
  const fastest = await library.run(race, { total: 100 });
  check([50, 90].includes(fastest?.total ?? 0), `one of the two: ${JSON.stringify(fastest)}`);
  await library.disable('off-50');
  equal(await library.run(first, { total: 100 }), { total: 90 }, 'once it is turned off');
});

spec(
  'library: a bad answer is skipped, turns its plug-in off with a reason, or fails the run, as the point says',
  async (context) => {
    const { library } = openLibrary(context);
    await discounts(context, library, [10, 200]);
    const failures: FailureDetail[] = [];
    library.addEventListener('failure', (event) => failures.push(event.detail));
    equal(await library.run(beforeCharge, { total: 100 }), { total: 90 }, 'the good one counts');
    equal(
      failures.map(({ id, point, error, isDisabled }) => [id, point, error.code, isDisabled]),
      [['off-200', 'Before an order is charged', 'point-value', false]],
    );
    const strict = defineExtensionPoint({ ...beforeCharge.definition, onError: 'fail' });
    contains((await failsWith(library.run(strict, { total: 100 }), 'point-value')).message, 'expected an order');
    const weeding = defineExtensionPoint({ ...beforeCharge.definition, onError: 'disable' });
    equal(await library.run(weeding, { total: 100 }), { total: 90 });
    const bad = await library.get('off-200');
    equal(bad?.isEnabled, false, 'turned off');
    contains(bad?.disabledReason ?? '', '"Before an order is charged" failed');
  },
);

spec('library: a plug-in that takes too long costs its point no more than its time', async (context) => {
  const { library } = openLibrary(context);
  await library.install(context.url('/plugins/kitchen_sink.wasm'));
  await (await library.open('kitchen_sink')).call('upper_case', 'ready');
  const point = defineExtensionPoint({
    name: 'Never',
    export: 'loop_forever',
    mode: 'first',
    format: 'text',
    onError: 'disable',
    timeoutMs: 100,
  });
  equal(await library.run(point, 'x'), null);
  contains((await library.get('kitchen_sink'))?.disabledReason ?? '', '100 ms');
});

spec('library: texts and bytes pass a point as they are', async (context) => {
  const { library } = openLibrary(context);
  await library.install(context.url('/plugins/echo.wasm'));
  const at = { name: 'Echo', export: 'echo', mode: 'first' } as const;
  equal(await library.run(defineExtensionPoint({ ...at, format: 'text' }), '123'), '123');
  const bytes = Uint8Array.of(0, 255, 128);
  equal(await library.run(defineExtensionPoint({ ...at, format: 'bytes' }), bytes), bytes);
  equal(await library.run(defineExtensionPoint({ ...at, format: 'text' }), ''), null, 'an empty answer is none');
});

spec('library: the input of a point is checked too, and a run can be aborted', async (context) => {
  const { library } = openLibrary(context);
  await failsWith(library.run(beforeCharge, { total: -1 }), 'point-value');
  await library.install(context.url('/plugins/kitchen_sink.wasm'));
  const controller = new AbortController();
  const point = defineExtensionPoint({ name: 'Never', export: 'loop_forever', mode: 'collect', format: 'text' });
  const run = library.run(point, 'x', { signal: controller.signal });
  setTimeout(() => controller.abort(), 500);
  await failsWith(run, 'aborted');
  const wrong = { name: 'x', export: 'x', mode: 'both' } as unknown as { name: string; export: string; mode: 'first' };
  await failsWith(
    Promise.resolve().then(() => defineExtensionPoint(wrong)),
    'invalid-argument',
  );
});

/** Hosts whose plug-ins cannot start, with the error of each. What was metered before is not read from the cache. */
const brokenHosts: readonly [code: 'asset-failed' | 'worker-start', open: (context: SpecContext) => Host][] = [
  ['asset-failed', (context) => openHostWithoutMeter(context, false)],
  // This policy of the workers keeps meter.js out.
  ['asset-failed', (context) => openHost(context, { workerUrl: context.url('/sealed/dist/worker.js') })],
  [
    'worker-start',
    (context) =>
      openHost(context, {
        worker: (script) =>
          new Worker(context.url(script === 'worker' ? '/status/404' : `/dist/${script}.js`), { type: 'module' }),
      }),
  ],
];

spec(
  'library: a failure of Tenon rejects every run, is logged once, and counts against no plug-in',
  async (context) => {
    const lenient = defineExtensionPoint({ ...beforeCharge.definition, onError: 'disable' });
    const logged: unknown[] = [];
    const { error: write } = console;
    console.error = (...parts: unknown[]): void => void logged.push(...parts);
    context.defer(() => {
      console.error = write;
    });
    for (const [code, open] of brokenHosts) {
      const before = openLibrary(context);
      await discounts(context, before.library, [10]);
      await before.library.close();
      const { library } = openLibrary(context, { host: open(context), options: () => ({ cache: 'off' }) }, before.name);
      const failures: unknown[] = [];
      library.addEventListener('failure', (event) => failures.push(event));
      logged.length = 0;
      const first = await failsWith(library.run(lenient, { total: 100 }), code);
      // More often than the circuit breaker allows a plug-in to crash.
      for (let run = 0; run < 5; run += 1) await failsWith(library.run(lenient, { total: 100 }), code);
      equal(logged.length, 1, 'lines in the console');
      check(logged[0] === first, 'the line is the error');
      equal(failures, [], 'failures of the plug-in');
      equal((await library.get('off-10'))?.isEnabled, true, 'enabled');
    }
  },
);
