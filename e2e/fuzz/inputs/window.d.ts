interface Window {
  /** Runs mutated inputs on the page. Resolves with sentences about what went wrong. */
  fuzzInputs(seed: number, from: number, count: number): Promise<string[]>;
}
