/** WebKit has no `Symbol.asyncDispose` yet; compilers that lower `await using` look for this one there. */
export const asyncDispose: typeof Symbol.asyncDispose =
  // The types know only engines that have it.
  Symbol.asyncDispose ?? (Symbol.for('Symbol.asyncDispose') as typeof Symbol.asyncDispose);
