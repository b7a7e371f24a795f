/** WebKit has no `Symbol.asyncDispose` yet; compilers that lower `await using` look for this one there. */
export const asyncDispose: typeof Symbol.asyncDispose =
  (Symbol.asyncDispose as typeof Symbol.asyncDispose | undefined) ??
  (Symbol.for('Symbol.asyncDispose') as typeof Symbol.asyncDispose);
