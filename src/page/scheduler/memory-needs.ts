import type { StartRequest } from '../../contract/protocol.js';
import { pageBytes } from '../../contract/units.js';
import type { ModuleIndex } from '../../wasm/module-index.js';

/** The memories of an instance, and their bytes: the kernel's memory, and those that modules define. */
export interface MemoryNeeds {
  readonly count: number;
  readonly bytesAtStart: number;
  /** The most that the memories may have that its worker can measure. */
  readonly mostSeenBytes: number;
  /** Bytes that its worker cannot measure: a memory that its module does not export counts as the most that it may grow to, if that is limited. */
  readonly hiddenBytes: number;
}

/** A memory with 32-bit addresses has no more. */
const mostPages = 65_536;

/** @param indexes the index of each module, in the order of `request.modules` */
export function memoryNeeds(
  { modules, policy }: Pick<StartRequest, 'modules' | 'policy'>,
  indexes: readonly ModuleIndex[],
): MemoryNeeds {
  // `poll_oneoff` creates one more, for `Atomics.wait` (worker/wasi/clocks.ts).
  let count = indexes.some((index) => index.importsWasi('poll_oneoff')) ? 2 : 1;
  // The kernel starts with one page.
  let [pages, hiddenPages] = [1, 0];
  let mostSeenPages = policy.limits.maxPages ?? mostPages;
  for (const { report } of modules) {
    if (report === null) {
      count += 1;
      mostSeenPages += mostPages;
    }
    const isSeen = report?.exports.some(({ kind }) => kind === 'memory') === true;
    for (const { imported, initial, maximum } of report?.memories ?? []) {
      if (imported) continue;
      count += 1;
      const own = isSeen ? initial : (maximum ?? initial);
      pages += own;
      if (isSeen) mostSeenPages += maximum ?? mostPages;
      else hiddenPages += own;
    }
  }
  return {
    count,
    bytesAtStart: pages * pageBytes,
    mostSeenBytes: mostSeenPages * pageBytes,
    hiddenBytes: hiddenPages * pageBytes,
  };
}
