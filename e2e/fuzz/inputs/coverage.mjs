import { Session } from 'node:inspector';

/** Determines which inputs reach code that none before reached, by the engine's own coverage of the blocks of one script. */
export class Coverage {
  #session = new Session();
  #url;
  /** @type {Set<string>} */
  #seen = new Set();

  /** @param {string} url The URL of the script. */
  constructor(url) {
    this.#url = url;
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Whether code ran since the last call that had not run before, or much more often than before. */
  isNew() {
    let found = false;
    this.#session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (error) throw error;
      for (const { functions } of taken.result.filter(({ url }) => url === this.#url)) {
        for (const { startOffset, endOffset, count } of functions.flatMap(({ ranges }) => ranges)) {
          if (count === 0) continue;
          const key = `${startOffset} ${endOffset} ${Math.floor(Math.log2(count) / 2)}`;
          if (this.#seen.has(key)) continue;
          this.#seen.add(key);
          found = true;
        }
      }
    });
    return found;
  }

  /** How many blocks ran, counted again for each fourfold number of times. */
  get size() {
    return this.#seen.size;
  }
}
