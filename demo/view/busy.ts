import type { LoadProgress } from 'tenon';
import { make } from '../dom.js';
import { strings } from '../strings.js';

/** Creates the progress of a running call: the time used, out of its limit. */
export function callProgress(
  name: string,
  timeoutMs: number,
): { readonly element: HTMLElement; readonly end: () => void } {
  const startedAt = performance.now();
  const words = make('p');
  const bar = make('progress', { max: timeoutMs, value: 0, 'aria-label': strings.busy.timeUsed(name) });
  const show = (): void => {
    const elapsedMs = performance.now() - startedAt;
    words.replaceChildren(
      strings.busy.running(name),
      make('span', { class: 'figure' }, strings.busy.elapsed(Math.floor(elapsedMs / 100) * 100, timeoutMs)),
    );
    bar.value = Math.min(elapsedMs, timeoutMs);
  };
  show();
  const timer = setInterval(show, 100);
  return { element: make('div', { class: 'busy' }, words, bar), end: () => clearInterval(timer) };
}

/** Creates the progress of a loading plug-in: the step and the bytes read. */
export function loadProgress(name: string, progress: LoadProgress | null): HTMLElement {
  const bar = make('progress', { 'aria-label': strings.busy.loadingLabel(name) });
  if (progress?.phase === 'reading' && progress.totalBytes !== null) {
    bar.max = Math.max(1, progress.totalBytes);
    bar.value = progress.bytes;
  }
  return make('div', { class: 'busy' }, make('p', { class: 'wraps' }, sentenceOf(name, progress)), bar);
}

function sentenceOf(name: string, progress: LoadProgress | null): string {
  if (progress === null) return strings.busy.opening(name);
  const { phase, bytes, totalBytes } = progress;
  if (phase === 'compiling') return strings.busy.compiling(name, bytes);
  return strings.busy.reading(name, bytes, totalBytes);
}
