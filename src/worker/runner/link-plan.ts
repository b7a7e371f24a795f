import type { StartModule } from '../../contract/protocol.js';
import type { IndexedImport, ModuleIndex } from '../../wasm/module-index.js';

/** Where one import of a module comes from. */
export type ImportProvider =
  | { readonly kind: 'env' }
  | { readonly kind: 'wasi' }
  | { readonly kind: 'abort' }
  /** A host function of the page, by its place in the list. */
  | { readonly kind: 'page'; readonly index: number }
  /** A host function in the worker. */
  | { readonly kind: 'worker' }
  | { readonly kind: 'module'; readonly name: string }
  /** A module that makes a fresh instance for each call, because it exports `_start`. */
  | { readonly kind: 'command'; readonly name: string };

/** A module with every import accounted for. */
export interface PlannedModule {
  readonly module: StartModule;
  readonly index: ModuleIndex;
  readonly imports: readonly PlannedImport[];
  readonly isMain: boolean;
  /** Not instantiated with the others: each call of an import from it makes an instance. */
  readonly isCommand: boolean;
}

export type PlannedImport = IndexedImport & { readonly provider: ImportProvider };

/** Modules that import functions of each other in circles stand together: they all stand before any of them runs. */
export type PlannedGroup = readonly PlannedModule[];
