/**
 * Returns whether a host matches a pattern of the SDK: `*` matches any characters, `?` one, and `{a,b}` either text. Unlike in
 * Tenon's own patterns, `*` matches every host.
 */
export function matchesHost(pattern: string, host: string): boolean {
  if (pattern.length > maxPatternLength) return false;
  return alternatives(pattern.toLowerCase()).some((one) => matchesGlob(one, host.toLowerCase()));
}

/** A longer pattern matches nothing. */
const maxPatternLength = 1_024;

/** Further alternatives are not expanded, and match nothing. */
const maxAlternatives = 256;

/** Expands `a.{b,c}.d` to `a.b.d` and `a.c.d`. */
function alternatives(pattern: string): string[] {
  const done: string[] = [];
  const open = [pattern];
  while (open.length > 0 && done.length + open.length <= maxAlternatives) {
    const next = open.pop() ?? '';
    const found = firstBraces(next);
    if (found === null) done.push(next);
    else for (const one of found.either) open.push(`${found.before}${one}${found.after}`);
  }
  return done;
}

/** Finds the first `{a,b}` without braces inside. Reads the pattern once. */
function firstBraces(pattern: string): { before: string; either: string[]; after: string } | null {
  let open = -1;
  for (let at = 0; at < pattern.length; at += 1) {
    if (pattern[at] === '{') open = at;
    else if (pattern[at] === '}' && open >= 0) {
      const either = pattern.slice(open + 1, at).split(',', maxAlternatives + 1);
      if (either.length > 1) return { before: pattern.slice(0, open), either, after: pattern.slice(at + 1) };
      open = -1;
    }
  }
  return null;
}

/** Matches in at most the product of both lengths, because backtracking to the last `*` is enough. */
function matchesGlob(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let starAt = 0;
  for (let index = 0; index < text.length;) {
    if (at < pattern.length && pattern[at] !== '*' && (pattern[at] === '?' || pattern[at] === text[index])) {
      at += 1;
      index += 1;
    } else if (pattern[at] === '*') {
      star = at;
      starAt = index;
      at += 1;
    } else if (star >= 0) {
      starAt += 1;
      at = star + 1;
      index = starAt;
    } else return false;
  }
  return /^\**$/u.test(pattern.slice(at));
}
