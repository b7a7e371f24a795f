import * as tenon from 'tenon';
import { beginFile, engineOf, spec, runSpecs, type Engine, type SpecResult } from './harness.js';
import { watchLeftovers } from './leftovers.js';
import { traceMessages } from './trace.js';

const query = new URLSearchParams(location.search);
const page = query.get('page') ?? 'plain';
const inFull = query.has('everything');
/** A filter asks for the specs by name. */
const everyFile = inFull || query.has('filter');
const thisEngine = engineOf(navigator.userAgent);
if (query.has('trace')) traceMessages();

/**
 * Files whose specs hold on that page exactly as on the plain one. They run on the plain page alone, in every engine;
 * `npm run soak -- specs` runs everything on every page.
 */
const sameAsPlain = new Map([
  [
    'isolated',
    /^\.\/(?:abi\/|calls\/(?!examples|buffers)|containment\/|extism\/blocks|field\/|http\/|library\/|loading\/|long-polled\/|metering\/|readme|wasi\/)/u,
  ],
  [
    'insecure',
    /^\.\/(?:abi\/|calls\/(?!examples)|containment\/|extism\/blocks|field\/|host-functions\/|http\/requests|library\/points|loading\/(?:cache|failures|trust)|metering\/|readme|wasi\/(?!files|stored|sinks))/u,
  ],
]);

/**
 * Files whose specs test what is the same in every engine: what Tenon itself computes. They run in Chromium and in one of the other
 * two engines, which share them; `npm run soak -- specs`, or a filter, runs every file in every engine. What plug-ins get from the
 * Extism ABI (`abi/`, `field/`, `extism/`) runs in all three.
 */
const ofTheOtherEngine = new Map<Engine, RegExp>([
  ['firefox', /^\.\/(?:calls\/(?:queue|state)|library\/(?:change|points|trust)|metering\/(?:fuel|host-work))/u],
  [
    'webkit',
    /^\.\/(?:calls\/logs|containment\/(?:host-limits|memory-budget)|http\/app|javascript\/(?!pdk)|library\/(?!change|points|trust)|loading\/(?:cache|trust)|long-polled\/)/u,
  ],
]);

/**
 * Loading comes first: it leaves requests that never end. Once others have put a service worker over the page, Firefox ends no
 * request of a worker, and six of them take all connections to the server.
 */
const files = Object.entries(import.meta.glob('./**/*.specs.ts'));
files.sort(([a], [b]) => Number(b.startsWith('./loading/')) - Number(a.startsWith('./loading/')));

/** Every `*.specs.ts` below this folder declares its specs when it is imported. */
for (const [path, load] of files) {
  if (!everyFile && ofTheOtherEngine.get(thisEngine)?.test(path) === true) continue;
  beginFile(sameAsPlain.get(page)?.test(path) !== true);
  await load();
}
beginFile(true);
// Named last, and so run last.
const leftovers = await watchLeftovers(new URL('/plugins/echo.wasm', location.origin).href);
spec('when all has ended no worker, no timer and no promise is left', leftovers, { timeoutMs: 30_000 });

declare global {
  interface Window {
    /** For journeys, which act between reloads. */
    tenon: typeof tenon;
  }
}
window.tenon = tenon;

function show(list: Element | null, { name, ok, ms, error, skipped }: SpecResult): void {
  const line = document.createElement('li');
  line.className = skipped === undefined ? (ok ? 'passed' : 'failed') : 'skipped';
  line.textContent = `${name} (${skipped === undefined ? `${ms} ms` : `skipped: ${skipped}`})${error === undefined ? '' : `\n${error}`}`;
  list?.append(line);
}

// The first lock of a fresh profile can take Chromium many seconds on a busy machine; deaths of workers are noticed by locks.
if ('locks' in navigator) await navigator.locks.request('first', () => {});

const list = document.querySelector('#results');
const selection = { filter: query.get('filter') ?? '', everything: page === 'plain' || inFull, inFull };
await runSpecs(selection, (result) => show(list, result));
const results = window.specResults ?? [];
const summary = document.querySelector('#summary');
if (summary !== null) {
  summary.textContent = `${results.filter(({ ok }) => ok).length} of ${results.length} behave as they should.`;
}
