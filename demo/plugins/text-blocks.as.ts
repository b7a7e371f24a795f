// Texts as blocks of the kernel's memory, which is how plug-ins, host functions and linked modules hand them on.
import { alloc, length, load_u8, store_u8 } from '@extism/as-pdk/lib/env';

/** 0 is the empty text. */
export function writeText(text: string): u64 {
  return writeBytes(Uint8Array.wrap(String.UTF8.encode(text)));
}

export function writeBytes(bytes: Uint8Array): u64 {
  if (bytes.length == 0) return 0;
  const block = alloc(bytes.length);
  for (let at = 0; at < bytes.length; at++) store_u8(block + at, unchecked(bytes[at]));
  return block;
}

export function readText(block: u64): string {
  return String.UTF8.decode(readBytes(block).buffer);
}

export function readBytes(block: u64): Uint8Array {
  const bytes = new Uint8Array(i32(length(block)));
  for (let at = 0; at < bytes.length; at++) unchecked((bytes[at] = load_u8(block + at)));
  return bytes;
}
