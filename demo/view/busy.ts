import type { LoadProgress } from 'tenon';
import { make } from '../dom.js';
import { showDuration, showSize } from '../format.js';

/** A call under way: how long it has run, of how long it may. */
export function callProgress(
  name: string,
  timeoutMs: number,
): { readonly element: HTMLElement; readonly end: () => void } {
  const startedAt = performance.now();
  const words = make('p');
  const bar = make('progress', { max: timeoutMs, value: 0, 'aria-label': `Time used by ${name}` });
  const show = (): void => {
    const elapsedMs = performance.now() - startedAt;
    words.replaceChildren(
      `Running ${name}: `,
      make(
        'span',
        { class: 'figure' },
        `${showDuration(Math.floor(elapsedMs / 100) * 100)} of ${showDuration(timeoutMs)}`,
      ),
    );
    bar.value = Math.min(elapsedMs, timeoutMs);
  };
  show();
  const timer = setInterval(show, 100);
  return { element: make('div', { class: 'busy' }, words, bar), end: () => clearInterval(timer) };
}

/** A plug-in on its way in: which step, and how many bytes. */
export function loadProgress(name: string, progress: LoadProgress | null): HTMLElement {
  const bar = make('progress', { 'aria-label': `Loading ${name}` });
  if (progress?.phase === 'reading' && progress.totalBytes !== null) {
    bar.max = Math.max(1, progress.totalBytes);
    bar.value = progress.bytes;
  }
  return make('div', { class: 'busy' }, make('p', { class: 'wraps' }, sentenceOf(name, progress)), bar);
}

function sentenceOf(name: string, progress: LoadProgress | null): string {
  if (progress === null) return `Opening ${name}.`;
  const { phase, bytes, totalBytes } = progress;
  if (phase === 'compiling') return `Compiling and starting ${name}: ${showSize(bytes)}.`;
  return `Reading ${name}: ${showSize(bytes)}${totalBytes === null ? '' : ` of ${showSize(totalBytes)}`}.`;
}
