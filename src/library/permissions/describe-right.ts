import type { RightKind } from '../storage/record.js';

const pagesPerMebibyte = 16;

/** Returns what a plug-in can do with a right, as an English sentence for its user. */
export function describeRight({ kind, value }: { readonly kind: RightKind; readonly value: string }): string {
  switch (kind) {
    case 'host':
      return value === '*' ? 'Connect to any site on the internet' : `Connect to ${value}`;
    case 'path':
      return `Store files in ${value}, a private folder in this browser`;
    case 'capability':
      return `Use ${value} of this app`;
    case 'memory':
      return `Use up to ${Math.round(Number(value) / pagesPerMebibyte)} MiB of memory`;
  }
}
