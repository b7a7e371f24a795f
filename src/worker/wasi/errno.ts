/** The errnos that are used here: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#errno */
export const errno = {
  success: 0,
  badf: 8,
  dquot: 19,
  exist: 20,
  fault: 21,
  fbig: 22,
  ilseq: 25,
  inval: 28,
  io: 29,
  isdir: 31,
  loop: 32,
  mfile: 33,
  nametoolong: 37,
  noent: 44,
  nomem: 48,
  nospc: 51,
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
 * Thrown to end a WASI function with an errno. It is not an `Error`, which would record a stack trace: a program that searches for files can
 * cause thousands of refusals per second.
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
