import type { PlannedModule } from './link.js';

/** One function to run before the first call. */
export interface InitHook {
  readonly name: string;
  readonly run: () => unknown;
}

/**
 * The hooks of the main module, in the reference's order: with `hs_init`, `_initialize` first and then `hs_init(0, 0)`; else
 * `__wasm_call_ctors`; else `_initialize`. Never `_start`.
 */
export function initHooks(planned: PlannedModule, exports: WebAssembly.Exports): InitHook[] {
  const initialize = plainHook(planned, exports, '_initialize');
  const haskell = exports['hs_init'];
  if (typeof haskell === 'function') {
    const hook: InitHook = { name: 'hs_init', run: (): unknown => haskell(0, 0) };
    return initialize === null ? [hook] : [initialize, hook];
  }
  const hook = plainHook(planned, exports, '__wasm_call_ctors') ?? initialize;
  return hook === null ? [] : [hook];
}

/** An export that takes and gives nothing; anything else of that name is no hook. */
function plainHook({ module }: PlannedModule, exports: WebAssembly.Exports, name: string): InitHook | null {
  const hook = Object.hasOwn(exports, name) ? exports[name] : undefined;
  if (typeof hook !== 'function' || hook.length !== 0) return null;
  const report = module.report?.exports.find((candidate) => candidate.name === name);
  if (report?.kind === 'function' && report.type.results.length > 0) return null;
  return { name, run: (): unknown => hook() };
}
