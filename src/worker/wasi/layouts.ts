import { wasiUnstableNamespace } from '../../contract/abi.js';

/** What differs between WASI preview 1 and its predecessor `wasi_unstable`. Functions, flags, rights and errnos are shared. */
export interface Layout {
  /** Offsets of fields in a `filestat`, the size of its link count, and its total size, in bytes. */
  readonly filestat: {
    readonly links: number;
    readonly linksBytes: 4 | 8;
    readonly size: number;
    readonly bytes: number;
  };
  readonly whence: { readonly start: number; readonly current: number; readonly end: number };
  /** `clock` is the offset of the clock's id; the timeout is 8 bytes after it, the flags 24. `bytes` is the size of a subscription. */
  readonly subscription: { readonly clock: number; readonly bytes: number };
}

/** https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/witx/typenames.witx */
const preview1: Layout = {
  filestat: { links: 24, linksBytes: 8, size: 32, bytes: 64 },
  whence: { start: 0, current: 1, end: 2 },
  subscription: { clock: 16, bytes: 48 },
};

/** https://github.com/WebAssembly/WASI/blob/main/legacy/preview0/witx/typenames.witx */
const unstable: Layout = {
  filestat: { links: 20, linksBytes: 4, size: 24, bytes: 56 },
  whence: { start: 2, current: 0, end: 1 },
  // A number that the program chooses (`identifier`) precedes the clock's id.
  subscription: { clock: 24, bytes: 56 },
};

export function layoutOf(namespace: string): Layout {
  return namespace === wasiUnstableNamespace ? unstable : preview1;
}
