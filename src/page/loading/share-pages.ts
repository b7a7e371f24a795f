import type { ModuleReport } from '../../contract/module-report.js';
import { shareBudget } from '../../wasm/gate/clamp.js';

/**
 * Divides `maxPages` among the memories that the modules of a plug-in define, so that together they cannot grow beyond it. Each keeps what
 * it has at the start, and the rest is divided evenly; a memory with a smaller declared maximum leaves its part to the others. Returns
 * for each module the limit to load it with instead; null for a module whose memory has no more already, or that defines none.
 */
export function sharePages(reports: readonly (ModuleReport | null)[], maxPages: number): (number | null)[] {
  const memories = reports.flatMap((report, index) =>
    (report?.memories ?? []).flatMap(({ imported, ...limits }) => (imported ? [] : { index, ...limits })),
  );
  const shares = shareBudget(
    memories.map(({ initial, declaredMaximum: maximum }) => ({ initial, maximum })),
    maxPages,
  );
  const limits = reports.map((): number | null => null);
  memories.forEach(({ index, maximum }, place) => {
    const share = shares[place] ?? maxPages;
    if (maximum === null || maximum > share) limits[index] = share;
  });
  return limits;
}
