const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** A no-break space between a number and its unit. */
const space = '\u00A0';

/** `340 us`, `1.2 ms`, `45 ms`, `1.2 s`. */
export function showDuration(ms: number): string {
  if (ms < 0.0005) return `0${space}ms`;
  if (ms < 1) return `${whole.format(ms * 1_000)}${space}us`;
  if (ms < 100) return `${oneDigit.format(ms)}${space}ms`;
  if (ms < 1_000) return `${whole.format(ms)}${space}ms`;
  return `${oneDigit.format(ms / 1_000)}${space}s`;
}

const sizeUnits = ['KB', 'MB', 'GB'] as const;

/** `57 B`, `1.8 KB`, `1.8 MB`. */
export function showSize(bytes: number): string {
  if (bytes < 1_000) return `${bytes}${space}B`;
  let size = bytes / 1_000;
  let unit: (typeof sizeUnits)[number] = 'KB';
  for (const next of sizeUnits) {
    unit = next;
    if (size < 999.95) break;
    if (next !== 'GB') size /= 1_000;
  }
  return `${oneDigit.format(size)}${space}${unit}`;
}

export function showCount(count: number, one: string, many = `${one}s`): string {
  return `${whole.format(count)} ${count === 1 ? one : many}`;
}

export function showNumber(value: number): string {
  return whole.format(value);
}

/** Returns the two ends of a hash, which are what people compare. */
export function shortenHash(hash: string): string {
  return hash.length <= 20 ? hash : `${hash.slice(0, 8)}…${hash.slice(-8)}`;
}

/** Formats a memory size in pages of 64 KiB and in bytes. */
export function showPages(pages: number): string {
  return `${showCount(pages, 'page')} (${showSize(pages * 65_536)})`;
}

const clock = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
});

export function showTime(epochMs: number): string {
  return clock.format(epochMs);
}

/** Formats bytes as offset, hexadecimal and characters, `perLine` bytes to a line. */
export function showHex(bytes: Uint8Array, perLine: number): string {
  const lines: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += perLine) {
    const line = Array.from(bytes.subarray(offset, offset + perLine));
    const hex = line.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = line.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCodePoint(byte) : '.')).join('');
    lines.push(`${offset.toString(16).padStart(8, '0')}  ${hex.padEnd(perLine * 3 - 1)}  ${text}`);
  }
  return lines.join('\n');
}
