/**
 * Indents JSON text. It works on the text and not on parsed values, so that numbers, escapes and duplicate keys stay as the
 * plug-in wrote them. `text` must be valid JSON.
 */
export function layOutJson(text: string): string {
  let out = '';
  let depth = 0;
  const newLine = (): string => `\n${'  '.repeat(depth)}`;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s[\]{}:,"]+/gu)) {
    if (token === '{' || token === '[') {
      depth += 1;
      out += `${token}${newLine()}`;
    } else if (token === '}' || token === ']') {
      depth -= 1;
      const opened = /[[{]\s*$/u.exec(out.slice(-2 * depth - 8));
      out = opened === null ? `${out}${newLine()}${token}` : `${out.trimEnd()}${token}`;
    } else if (token === ',') out += `,${newLine()}`;
    else if (token === ':') out += ': ';
    else out += token;
  }
  return out;
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
