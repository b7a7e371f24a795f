/**
 * Answers as bytes, for ways of waiting that pass no objects: the length of a JSON text, that text, then every byte array of
 * it. Numbers, texts, booleans and null stand for themselves; all else is a list that starts with its kind, so that no
 * content can be taken for anything but what it is.
 */
type Packed = string | number | boolean | null | readonly [kind: string, ...rest: unknown[]];

const lengthBytes = 4;

export function encodeAnswer(value: unknown): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const head = new TextEncoder().encode(JSON.stringify(pack(value, parts)));
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, lengthBytes + head.length));
  new DataView(bytes.buffer).setUint32(0, head.length, true);
  bytes.set(head, lengthBytes);
  let at = lengthBytes + head.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The other way around. What the bytes hold was written by {@link encodeAnswer} on this very page. */
export function decodeAnswer(bytes: Uint8Array<ArrayBuffer>): unknown {
  const headLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const end = lengthBytes + headLength;
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(lengthBytes, end))) as Packed;
  let at = end;
  return unpack(head, (length) => {
    at += length;
    return bytes.slice(at - length, at);
  });
}

function pack(value: unknown, parts: Uint8Array[]): Packed {
  if (typeof value === 'bigint') return ['bigint', String(value)];
  // What JSON cannot say: the sign of zero, and what is no finite number.
  if (Object.is(value, -0)) return ['number', '-0'];
  if (typeof value === 'number' && !Number.isFinite(value)) return ['number', String(value)];
  if (value === undefined) return ['undefined'];
  if (value instanceof Uint8Array) {
    parts.push(value);
    return ['bytes', value.length];
  }
  if (Array.isArray(value)) return ['list', ...value.map((item) => pack(item, parts))];
  if (typeof value !== 'object' || value === null) return value as string | number | boolean | null;
  return ['object', ...Object.entries(value).map(([key, item]) => [key, pack(item, parts)])];
}

function unpack(packed: Packed, takeBytes: (length: number) => Uint8Array): unknown {
  if (!Array.isArray(packed)) return packed;
  const [kind, ...rest] = packed as readonly [string, ...unknown[]];
  switch (kind) {
    case 'bigint':
      return BigInt(rest[0] as string);
    case 'number':
      return Number(rest[0]);
    case 'bytes':
      return takeBytes(rest[0] as number);
    case 'list':
      return rest.map((item) => unpack(item as Packed, takeBytes));
    case 'object':
      return Object.fromEntries((rest as [string, Packed][]).map(([key, item]) => [key, unpack(item, takeBytes)]));
    default:
      return undefined;
  }
}
