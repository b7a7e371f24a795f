import type { Section } from './meter-module.js';
import { encodeU32, Reader } from '../reader/reader.js';

/** Custom sections that say where in the code something is, which is no longer there. */
const stale = /^(\.debug_|reloc\.|linking$|sourceMappingURL$|external_debug_info$|metadata\.code\.)/u;
/**
 * The part of the name section that counts the blocks of a function, of which there are more now.
 * https://github.com/WebAssembly/extended-name-section/blob/main/proposals/extended-name-section/Overview.md
 */
const labelNames = 3;

/** What of a custom section is still true once the code is metered: no part of it, all, or names without those of labels. */
export function keptOf(bytes: Uint8Array, section: Section): Uint8Array[] {
  const reader = new Reader(bytes.subarray(0, section.end), 'custom', 0);
  reader.position = section.body;
  const name = reader.name();
  if (stale.test(name)) return [];
  const whole = bytes.subarray(section.start, section.end);
  return name === 'name' ? withoutLabels(whole, reader, section) : [whole];
}

/** A section that is not as the format says names nothing, and stays as it is. */
function withoutLabels(whole: Uint8Array, reader: Reader, { body, end }: Section): Uint8Array[] {
  const kept = [reader.bytes.subarray(body, reader.position)];
  try {
    while (reader.position < end) {
      const start = reader.position;
      const id = reader.byte();
      const size = reader.u32();
      reader.position += size;
      if (reader.position > end) return [whole];
      if (id !== labelNames) kept.push(reader.bytes.subarray(start, reader.position));
    }
  } catch {
    return [whole];
  }
  const size = kept.reduce((total, { length }) => total + length, 0);
  return [Uint8Array.from([0, ...encodeU32(size)]), ...kept];
}
