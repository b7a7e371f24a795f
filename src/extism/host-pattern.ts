/**
 * Returns whether a host matches a pattern of the SDK: `*` matches any characters, `?` one, and `{a,b}` either text. Unlike in
 * Tenon's own patterns, `*` matches every host.
 */
export function matchesHost(pattern: string, host: string): boolean {
  return alternatives(pattern.toLowerCase()).some((one) => matchesGlob(one, host.toLowerCase()));
}

/** Further alternatives are not expanded, and match nothing. */
const maxAlternatives = 256;

/** Expands `a.{b,c}.d` to `a.b.d` and `a.c.d`. */
function alternatives(pattern: string): string[] {
  const done: string[] = [];
  const open = [pattern];
  while (open.length > 0 && done.length + open.length <= maxAlternatives) {
    const next = open.pop() ?? '';
    const found = /^(?<before>.*?)\{(?<either>[^{}]*,[^{}]*)\}(?<after>.*)$/su.exec(next)?.groups;
    if (found === undefined) done.push(next);
    else for (const one of (found['either'] ?? '').split(',')) open.push(`${found['before']}${one}${found['after']}`);
  }
  return done;
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
