import type { Semantics } from '../../contract/policy.js';
import { functionTypeOf } from '../../wasm/module-index.js';
import type { GuestFunction } from '../suspend/waiter.js';
import type { PlannedModule } from './link-plan.js';

/** A function that runs before the first call. */
export interface InitHook {
  readonly name: string;
  readonly run: GuestFunction;
  readonly args: readonly number[];
}

/**
 * Returns the hooks of one module in the reference's order. Main module: with `hs_init`, `_initialize` first and then
 * `hs_init(0, 0)`; else `__wasm_call_ctors`; else `_initialize`. Linked module: `_initialize`. Never `_start`.
 */
export function initHooks(planned: PlannedModule, exports: WebAssembly.Exports, init: Semantics['init']): InitHook[] {
  if (init === 'js-sdk') return sdkHooks(planned, exports);
  const initialize = plainHook(planned, exports, '_initialize');
  if (!planned.isMain) return initialize;
  const { hs_init: haskell, __wasm_call_ctors: constructors } = exports;
  if (typeof haskell === 'function')
    return [...initialize, { name: 'hs_init', run: haskell as GuestFunction, args: [0, 0] }];
  if (typeof constructors === 'function') return plainHook(planned, exports, '__wasm_call_ctors');
  return initialize;
}

/**
 * Returns the hooks as the JS SDK runs them, in every module: `hs_init`, else `_initialize`, else `_start` if the module does not
 * import WASI. With WASI, `_initialize` runs before `hs_init`. Never `__wasm_call_ctors`.
 */
function sdkHooks(planned: PlannedModule, exports: WebAssembly.Exports): InitHook[] {
  const usesWasi = planned.index.importsWasi();
  const initialize = plainHook(planned, exports, '_initialize');
  const { hs_init: haskell } = exports;
  if (typeof haskell === 'function') {
    return [...(usesWasi ? initialize : []), { name: 'hs_init', run: haskell as GuestFunction, args: [0, 0] }];
  }
  if (initialize.length > 0 || usesWasi) return initialize;
  return plainHook(planned, exports, '_start');
}

/** Returns the export as a hook if it has neither parameters nor results. */
function plainHook({ index }: PlannedModule, exports: WebAssembly.Exports, name: string): InitHook[] {
  const hook = exports[name];
  if (typeof hook !== 'function' || hook.length !== 0) return [];
  if ((functionTypeOf(index.exports.get(name))?.results.length ?? 0) > 0) return [];
  return [{ name, run: hook as GuestFunction, args: [] }];
}
