import * as tenon from 'tenon';
import { runBehaviours, type BehaviourResult } from './harness.js';

/** Every `*.behaviours.ts` beside this file declares its behaviours as it is imported. */
import.meta.glob('./*.behaviours.ts', { eager: true });

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
const filter = new URLSearchParams(location.search).get('filter') ?? '';
await runBehaviours(filter, (result) => show(list, result));
const results = window.suiteResults ?? [];
const summary = document.querySelector('#summary');
if (summary !== null) {
  summary.textContent = `${results.filter(({ ok }) => ok).length} of ${results.length} behave as they should.`;
}
