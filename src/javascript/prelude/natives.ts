/** The address of a block of the Extism kernel; 0 for the empty one. */
export type BlockHandle = number;

/** The native functions of `engine/shim.as.ts`. Their names are one letter long, by which the shim finds them. */
export interface Natives {
  /** Copies text or bytes to a new block. */
  a(value: string | ArrayBufferLike | ArrayBufferView): BlockHandle;
  /** `config_get` */
  c(key: BlockHandle): BlockHandle;
  /** `error_set` */
  e(block: BlockHandle): void;
  f(block: BlockHandle): void;
  /** Logs a block, which it frees, at a level from 0 (trace) to 4 (error). */
  g(level: number, block: BlockHandle): void;
  /** Calls an import of the plug-in's own module. Its arguments and result are in slots of eight bytes. */
  h(index: number, slots: ArrayBuffer): void;
  i(isText: 0): Uint8Array<ArrayBuffer>;
  i(isText: 1): string;
  l(block: BlockHandle, isText: 0): Uint8Array<ArrayBuffer>;
  l(block: BlockHandle, isText: 1): string;
  /** Fills a view with random bytes. */
  m(view: ArrayBufferView): void;
  /** Returns the length of a block. */
  n(block: BlockHandle): number;
  /** Sets the output. */
  o(value: string | ArrayBufferLike | ArrayBufferView): void;
  /** Sleeps for so many milliseconds. */
  p(milliseconds: number): void;
  /** Returns the text of a record of the program. */
  r(name: string): string | undefined;
  /** Returns the monotonic clock, in milliseconds. */
  t(): number;
  /** Decodes UTF-8. Invalid bytes become U+FFFD or lone surrogates. */
  u(view: ArrayBufferView): string;
  /** `var_get` */
  v(key: BlockHandle): BlockHandle;
  /** `var_set` */
  w(key: BlockHandle, value: BlockHandle): void;
  /** Encodes text as UTF-8. */
  x(text: string): Uint8Array<ArrayBuffer>;
}
