/** Counts the plug-in's calls, and charges the bytes and nanoseconds that they take. */
export interface Work {
  count(): void;
  charge(units: number): void;
}
