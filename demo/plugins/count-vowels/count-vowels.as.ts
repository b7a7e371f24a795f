// Counts the vowels of its input, as Extism's own example does: {"count":3,"total":3,"vowels":"aeiouAEIOU"}.
// `vowels` can be configured; `total` runs on from call to call in the variable of that name.
import { Config, Host, Var } from '@extism/as-pdk';
import '../abort.as';

const DEFAULT_VOWELS = 'aeiouAEIOU';

export function count_vowels(): i32 {
  const configured = Config.get('vowels');
  const vowels = configured === null ? DEFAULT_VOWELS : configured;
  const count = countVowels(Host.input(), Uint8Array.wrap(String.UTF8.encode(vowels)));
  const total = readTotal() + count;
  storeTotal(total);
  const answer = '{"count":' + count.toString() + ',"total":' + total.toString() + ',"vowels":' + quote(vowels) + '}';
  // Not Host.outputString: it counts UTF-16 units where bytes are meant and would cut off a non-ASCII answer.
  Host.output(Uint8Array.wrap(String.UTF8.encode(answer)));
  return 0;
}

/** Both texts are UTF-8, in which a character's bytes occur nowhere but at that character: comparing bytes is exact. */
function countVowels(text: Uint8Array, vowels: Uint8Array): i32 {
  const isAsciiVowel = new StaticArray<bool>(128);
  for (let i = 0; i < vowels.length; i++) {
    if (vowels[i] < 0x80) isAsciiVowel[vowels[i]] = true;
  }
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = unchecked(text[at]);
    if (byte < 0x80) count += i32(unchecked(isAsciiVowel[byte]));
    else if (byte >= 0xc0) count += i32(isWideVowel(text, at, vowels));
  }
  return count;
}

function isWideVowel(text: Uint8Array, at: i32, vowels: Uint8Array): bool {
  for (let i = 0; i < vowels.length; i++) {
    if (vowels[i] < 0xc0) continue;
    let size = 1;
    while (i + size < vowels.length && (vowels[i + size] & 0xc0) == 0x80) size++;
    if (at + size > text.length) continue;
    let same = 0;
    while (same < size && text[at + same] == vowels[i + same]) same++;
    if (same == size) return true;
  }
  return false;
}

function readTotal(): i32 {
  const stored = Var.get('total');
  return stored === null || stored.length < 4 ? 0 : load<i32>(stored.dataStart);
}

function storeTotal(total: i32): void {
  const bytes = new Uint8Array(4);
  store<i32>(bytes.dataStart, total);
  Var.set('total', bytes);
}

function quote(text: string): string {
  let quoted = '"';
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit == 0x22 || unit == 0x5c) quoted += '\\' + text.charAt(i);
    else if (unit < 0x20) quoted += '\\u00' + (unit < 0x10 ? '0' : '') + unit.toString(16);
    else quoted += text.charAt(i);
  }
  return quoted + '"';
}
