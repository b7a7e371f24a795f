/** What JSON text may contain. */
export interface JsonLimits {
  readonly maxChars: number;
  /** Arrays and objects inside each other. */
  readonly maxDepth: number;
  /** Objects, arrays and commas: at least the number of values. */
  readonly maxValues: number;
}

/**
 * Returns why JSON text exceeds `limits`, or null. Reads the text once and builds nothing, so that it can be called before
 * `JSON.parse`. Text that is not JSON may pass.
 */
export function jsonFault(text: string, { maxChars, maxDepth, maxValues }: JsonLimits): string | null {
  if (text.length > maxChars) return `expected at most ${maxChars} characters of JSON, found ${text.length}`;
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case 0x22: // "
        at = stringEnd(text, at + 1);
        break;
      case 0x5b: // [
      case 0x7b: // {
        depth += 1;
        values += 1;
        if (depth > maxDepth) return `expected at most ${maxDepth} levels of nesting, found at least ${depth}`;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth -= 1;
        break;
      case 0x2c: // ,
        values += 1;
        break;
    }
    if (values > maxValues) return `expected at most ${maxValues} values, found at least ${values}`;
  }
  return null;
}

/** Returns the index of the quote that ends the string whose content starts at `from`. */
function stringEnd(text: string, from: number): number {
  for (let end = text.indexOf('"', from); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes += 1;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}
