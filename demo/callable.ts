import type { Inspection } from 'tenon';

/** Exports that run once when a plug-in starts; nobody calls them again. */
const startUp = new Set(['_start', '_initialize', '__wasm_call_ctors', 'hs_init']);

/** Returns the names of the functions that can be called: they take no parameters and return nothing or an exit code. */
export function callableFunctions({ modules }: Inspection): string[] {
  const main = modules.find(({ name }) => name === 'main') ?? modules.at(-1);
  return (main?.exports ?? []).flatMap((entry) => {
    if (entry.kind !== 'function' || startUp.has(entry.name) || entry.name.startsWith('tenon:')) return [];
    if (!('type' in entry)) return [entry.name];
    const { params, results } = entry.type;
    const fits = params.length === 0 && (results.length === 0 || (results.length === 1 && results[0] === 'i32'));
    return fits ? [entry.name] : [];
  });
}
