// Measures the memory of the browser's page processes, with their workers. Works on Linux only; elsewhere there is no figure.
import { writeFileSync } from 'node:fs';
import { descendants, knowsProcesses, readOrNothing } from '../../setup/process-family.mjs';

/** Returns the descendants of this process that run pages: Chromium's renderers, Firefox's content processes. */
function renderers() {
  return descendants().filter(({ command }) => command.includes('--type=renderer') || command.includes('-contentproc'));
}

/** @param {RegExp} line */
function sumOf(line) {
  let total = 0;
  for (const { pid } of renderers()) {
    total += Number(line.exec(readOrNothing(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
  }
  return total;
}

/**
 * Returns the sum of their resident bytes.
 * @returns {number | null}
 */
export function rendererBytes() {
  return knowsProcesses() ? sumOf(/^VmRSS:\s+(\d+)/mu) : null;
}

/**
 * Returns their peak of resident bytes since the last reset.
 * @returns {number | null}
 */
export function rendererPeakBytes() {
  return knowsProcesses() ? sumOf(/^VmHWM:\s+(\d+)/mu) : null;
}

export function forgetRendererPeak() {
  // https://www.kernel.org/doc/html/latest/filesystems/proc.html: 5 resets the peak of the resident set.
  for (const { pid } of renderers()) {
    try {
      writeFileSync(`/proc/${pid}/clear_refs`, '5');
    } catch {
      // The process has ended.
    }
  }
}

const pointsPerTrough = 5;

/**
 * Returns the growth of memory in bytes per call: the line that best fits the troughs, because between collections every heap
 * grows. The start, where heaps find their size, is left out.
 * @param {readonly { calls: number, bytes: number }[]} points
 * @param {number} start Its share of all points.
 */
export function slopeOf(points, start) {
  const settled = points.slice(Math.floor(points.length * start));
  const troughs = [];
  for (let first = 0; first < settled.length; first += pointsPerTrough) {
    const group = settled.slice(first, first + pointsPerTrough);
    troughs.push(group.reduce((least, point) => (point.bytes < least.bytes ? point : least)));
  }
  const meanCalls = troughs.reduce((sum, { calls }) => sum + calls, 0) / troughs.length;
  const meanBytes = troughs.reduce((sum, { bytes }) => sum + bytes, 0) / troughs.length;
  let over = 0;
  let under = 0;
  for (const { calls, bytes } of troughs) {
    over += (calls - meanCalls) * (bytes - meanBytes);
    under += (calls - meanCalls) ** 2;
  }
  return under === 0 ? 0 : over / under;
}
