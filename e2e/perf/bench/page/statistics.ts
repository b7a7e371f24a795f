/** One round of samples of one subject, in milliseconds. */
export interface Round {
  readonly min: number;
  readonly median: number;
  readonly p95: number;
}

export function summarise(samples: readonly number[]): Round {
  const sorted = samples.toSorted((a, b) => a - b);
  return { min: quantile(sorted, 0), median: quantile(sorted, 0.5), p95: quantile(sorted, 0.95) };
}

/** Interpolates linearly between neighbours. */
function quantile(sorted: readonly number[], at: number): number {
  const place = (sorted.length - 1) * at;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}
