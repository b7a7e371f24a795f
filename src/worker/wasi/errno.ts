/** https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#errno: those that are used here. */
export const errno = {
  success: 0,
  badf: 8,
  dquot: 19,
  exist: 20,
  fault: 21,
  fbig: 22,
  ilseq: 25,
  inval: 28,
  isdir: 31,
  loop: 32,
  mfile: 33,
  nametoolong: 37,
  noent: 44,
  nomem: 48,
  notdir: 54,
  notempty: 55,
  notsock: 57,
  notsup: 58,
  overflow: 61,
  perm: 63,
  rofs: 69,
  spipe: 70,
  xdev: 75,
  notcapable: 76,
} as const;

export type ErrnoName = keyof typeof errno;

/**
 * Ends a WASI function with an errno. Not an `Error`: programs that look for files cause thousands of refusals a second, and each is
 * caught and returned as a number.
 */
export class Refusal {
  readonly errno: number;

  constructor(name: ErrnoName) {
    this.errno = errno[name];
  }
}

export function refuse(name: ErrnoName): never {
  // oxlint-disable-next-line typescript/only-throw-error -- See the class.
  throw new Refusal(name);
}
