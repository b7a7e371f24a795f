import { compileOne } from './compile-one.js';
import type { Loader } from './loader.js';
import type { NormalizedOptions } from './normalize.js';
import { gateOptions } from './plan-parts.js';
import { PluginBudget } from './plugin-budget.js';
import { fromBytes } from './source.js';

/** All modules of a plug-in, which together are within its limits. */
export interface CompiledModules {
  readonly modules: readonly WebAssembly.Module[];
  /** What their memories have at the start together, in pages. */
  readonly initialPages: number;
}

/**
 * Loads the modules of one plug-in one after the other, for `host.compileAll`. A lazy chunk. What exceeds a limit of the plug-in fails
 * with the error that `createPlugin` throws for a manifest with these modules.
 */
export async function compileAll(
  sources: readonly BufferSource[],
  normalized: NormalizedOptions,
  loader: Loader,
): Promise<CompiledModules> {
  const gate = gateOptions(normalized.combined, normalized.settings);
  const budget = new PluginBudget(gate, sources.length);
  const modules: WebAssembly.Module[] = [];
  for (const [index, bytes] of sources.entries()) {
    const where = `wasm[${index}]`;
    const module = await compileOne(fromBytes(bytes, where), normalized, loader);
    const report = loader.knownModule(module, gate)?.report ?? null;
    if (report !== null) budget.add(report, where);
    modules.push(module);
  }
  return { modules, initialPages: budget.initialPages };
}
