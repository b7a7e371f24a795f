import type { HostValueType } from './prelude/program.js';

/** The files of a plug-in, by name, as text or in UTF-8. The first module is `main.js`, `main.mjs` or `main.ts`, or the only file. */
export type JavaScriptFiles = Readonly<Record<string, string | Uint8Array>>;

/** The types of a host function's parameters and result: `I64` for blocks of memory. */
export interface HostFunctionDeclaration {
  readonly params?: readonly HostValueType[];
  readonly result?: HostValueType | null;
}

export interface CompileOptions {
  /** The host functions of `extism:host/user` that the plug-in may call, besides those of `interface user` in a `.d.ts` file or `declare module 'extism:host'`. */
  readonly hostFunctions?: Readonly<Record<string, HostFunctionDeclaration>>;
  /** The name of a source that is one text; of several files, the one that exports. @default 'main.js' and like names */
  readonly name?: string;
  /**
   * `standalone`: one module with the engine in it. `linked`: a module of a few KB that needs `javascript.wasm` beside it, as the module
   * `javascript` of a manifest. @default 'standalone'
   */
  readonly form?: 'standalone' | 'linked';
  /** The bytes of `javascript.wasm`, for the form `standalone`. @default read from beside `javascript.js` */
  readonly engine?: Uint8Array<ArrayBuffer>;
}

/** An Extism plug-in that was compiled from JavaScript. */
export interface CompiledJavaScript {
  /** A WebAssembly module that runs in every Extism host with WASI. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The names of the functions that it exports. */
  readonly exports: readonly string[];
  /** What the compiler noticed, each with its place. */
  readonly warnings: readonly string[];
}
