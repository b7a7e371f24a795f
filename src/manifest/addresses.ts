/**
 * IPv4 ranges of the user's own machine or network, and reserved ones. A plug-in may reach them only if the app lists them
 * exactly. https://www.iana.org/assignments/iana-ipv4-special-registry, …/iana-ipv6-special-registry
 */
const ipv4Ranges: readonly (readonly [cidr: string, what: string])[] = [
  ['127.0.0.0/8', 'a loopback address'],
  ['10.0.0.0/8', 'a private address'],
  ['172.16.0.0/12', 'a private address'],
  ['192.168.0.0/16', 'a private address'],
  ['100.64.0.0/10', 'a private address'], // carrier-grade NAT
  ['169.254.0.0/16', 'a link-local address'],
  ['0.0.0.0/8', 'a reserved address'],
  ['192.0.0.0/24', 'a reserved address'],
  ['192.0.2.0/24', 'a reserved address'],
  ['198.18.0.0/15', 'a reserved address'],
  ['198.51.100.0/24', 'a reserved address'],
  ['203.0.113.0/24', 'a reserved address'],
  ['224.0.0.0/3', 'a reserved address'], // multicast, future use, broadcast
];

/**
 * Top-level domains that no public server has, but that resolvers of local networks answer: those of RFC 6761 and 9476, of RFC
 * 6762 with its appendix G, ICANN's `internal` and the names that it never delegates, and names that routers, clusters and
 * container hosts assign. `example` is not one: software treats it as any other name (RFC 6761).
 */
const localNames =
  /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|intra|private|corp|home|lan|mail|domain|workgroup|router|gateway|svc|cluster|consul|docker|podman|kube|node|test|invalid|onion|alt|arpa|fritz\.box)$/;

/**
 * Returns why no `*` may cover `host`, or null if the host is public. `host` is normalized as in a URL, without a trailing
 * dot.
 */
export function localReason(host: string): string | null {
  if (host.startsWith('[')) return ipv6Reason(host);
  const address = ipv4(host);
  if (address !== null) return ipv4Ranges.find(([cidr]) => isWithin(address, cidr))?.[1] ?? null;
  // A URL has canonical addresses only, but a resolver may accept other forms (`0x7f.1`).
  if (/(?:^|\.)(?:\d+|0x[\da-f]*)$/.test(host)) return 'not a canonical address';
  return !host.includes('.') || localNames.test(host) ? 'a name of the local network' : null;
}

/** Global unicast is 2000::/3 without 2001::/23 (Teredo and others), 2001:db8::/32 and 2002::/16 (6to4). */
function ipv6Reason(host: string): string | null {
  const [first = 0, second = 0] = host
    .slice(1)
    .split(':')
    .map((group) => Number.parseInt(group, 16) || 0);
  if (host === '[::1]') return 'a loopback address';
  if (first >= 0xfe80 && first < 0xfec0) return 'a link-local address';
  if (first >= 0xfc00 && first < 0xfe00) return 'a private address';
  const isGlobal = first >= 0x2000 && first < 0x4000 && first !== 0x2002;
  const isSpecial = first === 0x2001 && (second < 0x200 || second === 0xdb8);
  return isGlobal && !isSpecial ? null : 'a reserved address';
}

function ipv4(host: string): number | null {
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/.test(host)) return null;
  const bytes = host.split('.').map(Number);
  if (bytes.join('.') !== host || bytes.some((byte) => byte > 255)) return null;
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

function isWithin(address: number, cidr: string): boolean {
  const [base = '', bits] = cidr.split('/');
  const size = 2 ** (32 - Number(bits));
  return Math.floor(address / size) === Math.floor((ipv4(base) ?? 0) / size);
}
