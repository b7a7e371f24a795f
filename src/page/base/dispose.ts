/** `Symbol.asyncDispose`, which WebKit does not have yet. Compilers that lower `await using` look up this registered symbol. */
export const asyncDispose: typeof Symbol.asyncDispose =
  // The types declare it for every engine.
  Symbol.asyncDispose ?? (Symbol.for('Symbol.asyncDispose') as typeof Symbol.asyncDispose);
