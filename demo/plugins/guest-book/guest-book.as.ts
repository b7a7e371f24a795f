// A guest book that the app keeps: a key-value store of two host functions. What a plug-in remembers itself (a var) is gone
// with it; what the app stores for it is there at the next visit.
import { Host } from '@extism/as-pdk';
import '../abort.as';
import { readText, writeText } from '../text-blocks.as';

/** The value that the app keeps under a key; empty where there is none. */
@external('extism:host/user', 'kv_read')
declare function kv_read(key: u64): u64;

/** Keeps a value under a key. */
@external('extism:host/user', 'kv_write')
declare function kv_write(key: u64, value: u64): void;

const ENTRIES = 'entries';

/** Writes the input into the book, and answers with the whole of it. */
export function sign(): i32 {
  const line = Host.inputString().trim();
  if (line.length == 0) throw new Error('say something to write into the guest book');
  const before = readText(kv_read(writeText(ENTRIES)));
  kv_write(writeText(ENTRIES), writeText(before + line + '\n'));
  return read_all();
}

/** Answers with the book. */
export function read_all(): i32 {
  const entries = readText(kv_read(writeText(ENTRIES)));
  answer(entries.length == 0 ? 'Nobody has signed yet.' : entries);
  return 0;
}

/** Begins a new book. */
export function clear(): i32 {
  kv_write(writeText(ENTRIES), 0);
  return read_all();
}

function answer(text: string): void {
  Host.output(Uint8Array.wrap(String.UTF8.encode(text)));
}
