// Measures the renderers' memory during hostile plug-ins, on Linux.
import { setTimeout as sleep } from 'node:timers/promises';
import { forgetRendererPeak, rendererBytes, rendererPeakBytes } from '../../perf/bench/renderer-memory.mjs';

/** After a case with a higher peak, what is left is measured. */
const notableBytes = 256 << 20;
/** When what a closed plug-in used must be free again. */
const freeAfterMs = 10_000;

/** @param {number} bytes */
const mebibytes = (bytes) => Math.round(bytes / 2 ** 20);

/** Records the highest peak of all cases above their start, and the most that is left 10 s after one. */
export class MemoryRecord {
  #peakBytes = 0;
  #peakName = '';
  #leftBytes = 0;
  #leftName = '';
  #startBytes = 0;

  begin() {
    forgetRendererPeak();
    this.#startBytes = rendererBytes() ?? 0;
  }

  /** @param {string} name */
  async end(name) {
    const peakBytes = (rendererPeakBytes() ?? 0) - this.#startBytes;
    if (peakBytes > this.#peakBytes) {
      this.#peakBytes = peakBytes;
      this.#peakName = name;
    }
    if (peakBytes < notableBytes) return;
    await sleep(freeAfterMs);
    const leftBytes = (rendererBytes() ?? 0) - this.#startBytes;
    if (leftBytes <= this.#leftBytes) return;
    this.#leftBytes = leftBytes;
    this.#leftName = name;
  }

  get figures() {
    return {
      peakMiB: mebibytes(this.#peakBytes),
      peakName: this.#peakName,
      leftMiB: mebibytes(this.#leftBytes),
      leftName: this.#leftName,
    };
  }
}
