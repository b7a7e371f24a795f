import { wasiUnstableNamespace } from '../../contract/abi.js';

/** What differs in memory between WASI preview 1 and `wasi_unstable` before it. Functions, flags, rights and errnos are the same. */
export interface Layout {
  /** Offsets in a `filestat`, and the bytes that its count of links and the whole take. */
  readonly filestat: {
    readonly links: number;
    readonly linksBytes: 4 | 8;
    readonly size: number;
    readonly bytes: number;
  };
  readonly whence: { readonly start: number; readonly current: number; readonly end: number };
  /** The offset of the clock's id in a subscription; its time is 8 bytes further, its flags 24. */
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
