import type { StartModule } from '../../contract/protocol.js';
import type { IndexedImport, ModuleIndex } from '../../wasm/module-index.js';

/** What provides one import of a module. */
export type ImportProvider =
  | { readonly kind: 'env' }
  | { readonly kind: 'wasi' }
  | { readonly kind: 'abort' }
  /** A host function on the page, by its index in the list. */
  | { readonly kind: 'page'; readonly index: number }
  /** A host function in the worker. */
  | { readonly kind: 'worker' }
  | { readonly kind: 'module'; readonly name: string }
  /** A command (it exports `_start`): each call gets a new instance. */
  | { readonly kind: 'command'; readonly name: string };

/** A module whose imports are all resolved. */
export interface PlannedModule {
  readonly module: StartModule;
  readonly index: ModuleIndex;
  readonly imports: readonly PlannedImport[];
  readonly isMain: boolean;
  /** Whether it is a command: it is not instantiated with the others, but for each call from another module. */
  readonly isCommand: boolean;
}

export type PlannedImport = IndexedImport & { readonly provider: ImportProvider };

/** A strongly connected component of modules: all of them are instantiated before any of them runs. */
export type PlannedGroup = readonly PlannedModule[];
