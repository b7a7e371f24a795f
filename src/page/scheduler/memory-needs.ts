import type { StartRequest } from '../../contract/protocol.js';
import { pageBytes } from '../../contract/units.js';
import type { ModuleIndex } from '../../wasm/module-index.js';

/** The memories of an instance, and their bytes: the kernel's memory, and those that modules define. */
export interface MemoryNeeds {
  readonly count: number;
  readonly bytesAtStart: number;
  /** The most that the memories may have that its worker can measure. */
  readonly mostBytes: number;
  /** Bytes that its worker cannot measure: a memory that its module does not export counts as the most that it may grow to, if that is limited. */
  readonly hiddenBytes: number;
}

/** A memory with 32-bit addresses has no more. */
const mostPages = 65_536;
/** That of a module that the app compiled. */
const unknownMemory = { imported: false, initial: 0, maximum: null };

/** @param indexes the index of each module, in the order of `request.modules` */
export function memoryNeeds(
  { modules, policy }: Pick<StartRequest, 'modules' | 'policy'>,
  indexes: readonly ModuleIndex[],
): MemoryNeeds {
  // `poll_oneoff` creates one more, for `Atomics.wait` (worker/wasi/clocks.ts).
  let count = indexes.some((index) => index.importsWasi('poll_oneoff')) ? 2 : 1;
  // The kernel starts with one page.
  let [pages, hiddenPages] = [1, 0];
  let mostVisible = policy.limits.maxPages ?? mostPages;
  for (const { report } of modules) {
    const isSeen = report?.exports.some(({ kind }) => kind === 'memory') !== false;
    for (const { imported, initial, maximum } of report?.memories ?? [unknownMemory]) {
      if (imported) continue;
      count += 1;
      const own = isSeen ? initial : (maximum ?? initial);
      pages += own;
      if (isSeen) mostVisible += maximum ?? mostPages;
      else hiddenPages += own;
    }
  }
  return {
    count,
    bytesAtStart: pages * pageBytes,
    mostBytes: mostVisible * pageBytes,
    hiddenBytes: hiddenPages * pageBytes,
  };
}
