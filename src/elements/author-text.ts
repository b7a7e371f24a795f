/** Controls, bidirectional controls, zero-width and tag characters, and letters that fonts leave blank. */
const hidden = /[\p{Cc}\p{Cf}\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u{e0000}-\u{e0fff}]/gu;
const blanks = /[\s\u0085\p{Z}]+/gu;
/** More marks on one letter would cover the lines above and below. */
const markPile = /(\p{M}{3})\p{M}+/gu;
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** How many characters of an author's text are shown in place. */
export const shownChars = { name: 60, version: 30, author: 80, description: 500, source: 200, reason: 300 } as const;

/** Returns a text that an author wrote without what is invisible or reorders other text, on one line. */
export function visibleText(text: string): string {
  const visible = text.replace(blanks, ' ').replace(hidden, '').replace(markPile, '$1').trim();
  return visible === '' ? '\ufffd' : visible;
}

/**
 * Returns an author's text as part of a sentence: visible, at most `maxChars` characters, and isolated, so that letters that
 * run from right to left do not move the words around it (https://www.w3.org/International/questions/qa-bidi-unicode-controls).
 */
export function authorText(text: string, maxChars: number = Number.MAX_SAFE_INTEGER): string {
  const visible = visibleText(text);
  const short = isCut(text, maxChars)
    ? `${Array.from(visible)
        .slice(0, maxChars - 1)
        .join('')}\u2026`
    : visible;
  return rightToLeft.test(short) ? `\u2068${short}\u2069` : short;
}

/** Returns whether `authorText` shows a part of a text only. */
export function isCut(text: string, maxChars: number): boolean {
  return Array.from(visibleText(text)).length > maxChars;
}
