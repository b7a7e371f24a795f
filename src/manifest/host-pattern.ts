/**
 * An entry of `allowedHosts`: `[scheme://]host[:port]`. A missing scheme or port, and a port `*`, match anything. In the host,
 * `*` matches any text, including dots, as in the Extism runtime.
 */
export interface HostPattern {
  /** The normalized pattern; parsing it returns the same pattern. */
  readonly text: string;
  readonly scheme: string | null;
  /** Lower case and ASCII; canonical addresses; IPv6 in brackets; no trailing dot. */
  readonly host: string;
  readonly isGlob: boolean;
  readonly port: number | null;
}

/** In UTF-16 code units. */
export const maxPatternLength = 300;
const grammar = /^(?:([^:/[\]]*):\/\/)?(\[[^\]]*\]|[^:[\]]*)(?::([^:]*))?$/s;
const shape = '[scheme://]host[:port]';

/** Parses a pattern. Returns a description of the fault if it is invalid. */
export function parseHostPattern(written: string): HostPattern | string {
  if (written.length > maxPatternLength) return `longer than ${maxPatternLength} characters`;
  if (/[\s/?#@\\%]/.test(written.replace('://', ''))) return `write ${shape}, with no path, user name, escape or space`;
  const [, schemeText, hostText, portText] = grammar.exec(written) ?? [];
  if (hostText === undefined) {
    return /^[\da-f:.]+$/i.test(written) ? 'write an IPv6 address in brackets' : `write ${shape}`;
  }
  const scheme = schemeText?.toLowerCase() ?? null;
  if (scheme !== null && scheme !== 'http' && scheme !== 'https') return 'the scheme must be http or https';
  const port = portText === undefined || portText === '*' ? null : Number(portText);
  if (port !== null && (!/^\d{1,5}$/.test(portText ?? '') || port < 1 || port > 65_535)) {
    return 'the port must be a number from 1 to 65535, or *';
  }
  const isGlob = hostText.includes('*');
  const host = isGlob ? normalGlob(hostText) : normalHost(hostText);
  if (host === null) return 'not a valid host name';
  const text = `${scheme === null ? '' : `${scheme}://`}${host}${port === null ? '' : `:${port}`}`;
  return Object.freeze({ text, scheme, host, isGlob, port });
}

/** Returns the host as in a URL: IDN in ASCII form, canonical addresses. Null if it is invalid. */
function normalHost(host: string): string | null {
  try {
    const { hostname } = new URL(`http://${host}`);
    const bare = hostname.replace(/\.$/, '');
    return /^\[[\da-f:]+\]$/.test(bare) || isName(bare) ? bare : null;
  } catch {
    return null;
  }
}

/** The characters that separate labels in a URL's host (https://www.unicode.org/reports/tr46/#Notation). */
const dots = /[.\u3002\uff0e\uff61]/;

function normalGlob(host: string): string | null {
  const labels = host.split(dots);
  const isAscii = (label: string): boolean => /^[\w*-]*$/.test(label);
  // One URL for all of them: parsing one for each label takes long.
  const idn = labels.filter((label) => !isAscii(label));
  // IDN converts whole labels, so a label with a `*` has no ASCII form.
  if (idn.some((label) => label.includes('*'))) return null;
  const converted =
    idn.length === 0
      ? []
      : (normalHost(`${idn.join('.')}.example`)
          ?.split('.')
          .slice(0, -1) ?? []);
  if (converted.length !== idn.length) return null;
  let next = 0;
  const joined = labels.map((label) => (isAscii(label) ? label.toLowerCase() : converted[next++])).join('.');
  const bare = joined.replace(/([^*])\.$/, '$1');
  return isName(bare.replaceAll('*', 'a')) ? bare : null;
}

/** Returns whether `host` consists of labels of letters, digits, `-` and `_`. */
export function isName(host: string): boolean {
  return host.length <= 253 && /^[a-z\d_-]+(?:\.[a-z\d_-]+)*$/.test(host);
}

/** Returns whether `host` matches `glob`. The time is linear in both for each `*`. */
export function matchesGlob(glob: string, host: string): boolean {
  const [head = '', ...rest] = glob.split('*');
  const tail = rest.pop();
  if (tail === undefined) return glob === host;
  if (host.length < head.length + tail.length || !host.startsWith(head) || !host.endsWith(tail)) return false;
  const end = host.length - tail.length;
  let from = head.length;
  // Between the first and the last `*`, taking the leftmost match of each piece is always right.
  for (const piece of rest) {
    const found = host.indexOf(piece, from);
    if (found < 0 || found + piece.length > end) return false;
    from = found + piece.length;
  }
  return true;
}
