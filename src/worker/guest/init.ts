import type { PlannedModule } from './link.js';

/** One function to run before the first call. */
export interface InitHook {
  readonly name: string;
  readonly run: () => unknown;
}

/**
 * The hooks of one module, in the reference's order. Of the main module: with `hs_init`, `_initialize` first and then
 * `hs_init(0, 0)`; else `__wasm_call_ctors`; else `_initialize`. Of a linked one, unless it is a command: `_initialize`.
 * Never `_start`.
 */
export function initHooks(planned: PlannedModule, exports: WebAssembly.Exports, isMain: boolean): InitHook[] {
  const initialize = plainHook(planned, exports, '_initialize');
  const { hs_init: haskell, __wasm_call_ctors: constructors, _start: command } = exports;
  if (isMain && typeof haskell === 'function') {
    return [...initialize, { name: 'hs_init', run: (): unknown => haskell(0, 0) }];
  }
  if (isMain && typeof constructors === 'function') return plainHook(planned, exports, '__wasm_call_ctors');
  return isMain || command === undefined ? initialize : [];
}

/** An export that takes and gives nothing; anything else of that name is no hook. */
function plainHook({ module }: PlannedModule, exports: WebAssembly.Exports, name: string): InitHook[] {
  const hook = exports[name];
  if (typeof hook !== 'function' || hook.length !== 0) return [];
  const report = module.report?.exports.find((candidate) => candidate.name === name);
  if (report?.kind === 'function' && report.type.results.length > 0) return [];
  return [{ name, run: (): unknown => hook() }];
}
