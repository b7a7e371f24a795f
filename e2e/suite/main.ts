import * as tenon from 'tenon';
import { beginFile, behaviour, runBehaviours, type BehaviourResult } from './harness.js';
import { watchLeftovers } from './leftovers.js';

/**
 * What these files tell is the same on every page: they are told on the plain one alone, in every engine. `npm run soak` tells
 * everything on every page.
 */
const pageMakesNoDifference = /\/(?:abi-|running-|readme|containment-wire)/u;

/** Every `*.behaviours.ts` beside this file declares its behaviours as it is imported. */
for (const [path, load] of Object.entries(import.meta.glob('./*.behaviours.ts'))) {
  beginFile(!pageMakesNoDifference.test(path));
  await load();
}
beginFile(true);
// Named last, and so run last.
const leftovers = await watchLeftovers(new URL('/plugins/echo.wasm', location.origin).href);
behaviour('when all has ended no worker, no timer and no promise is left', leftovers, { timeoutMs: 30_000 });

declare global {
  interface Window {
    /** For journeys, which act between reloads. */
    tenon: typeof tenon;
  }
}
window.tenon = tenon;

function show(list: Element | null, { name, ok, ms, error, skipped }: BehaviourResult): void {
  const line = document.createElement('li');
  line.className = skipped === undefined ? (ok ? 'passed' : 'failed') : 'skipped';
  line.textContent = `${name} (${skipped === undefined ? `${ms} ms` : `skipped: ${skipped}`})${error === undefined ? '' : `\n${error}`}`;
  list?.append(line);
}

const list = document.querySelector('#results');
const query = new URLSearchParams(location.search);
const everything = (query.get('page') ?? 'plain') === 'plain' || query.has('everything');
await runBehaviours({ filter: query.get('filter') ?? '', everything }, (result) => show(list, result));
const results = window.suiteResults ?? [];
const summary = document.querySelector('#summary');
if (summary !== null) {
  summary.textContent = `${results.filter(({ ok }) => ok).length} of ${results.length} behave as they should.`;
}
