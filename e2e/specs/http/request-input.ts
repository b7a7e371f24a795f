/** Returns the input of fixtures that send a body: the length of the request as eight bytes, the request, the body. */
export function withBody(request: string, body: string): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const [text, rest] = [encoder.encode(request), encoder.encode(body)];
  const input = new Uint8Array(8 + text.length + rest.length);
  new DataView(input.buffer).setBigUint64(0, BigInt(text.length), true);
  input.set(text, 8);
  input.set(rest, 8 + text.length);
  return input;
}
