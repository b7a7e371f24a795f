const kilobyte = 1_000;

/** Returns a number of bytes with its unit, as `1.5 kB`. */
export function sizeText(bytes: number): string {
  if (bytes < kilobyte) return `${bytes} B`;
  const [value, unit] = bytes < kilobyte ** 2 ? [bytes / kilobyte, 'kB'] : [bytes / kilobyte ** 2, 'MB'];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
