/** Longer names are not compared. */
const maxLength = 40;

/** Returns the most similar name in `names`, or `undefined`. Case and separators are ignored. */
export function suggest(written: string, names: Iterable<string>): string | undefined {
  if (written.length > maxLength) return undefined;
  const wanted = plain(written);
  let best: string | undefined;
  // Two changes in four characters, one in two, none in one.
  let bestDistance = Math.min(3, wanted.length * 0.6);
  for (const name of names) {
    const candidate = plain(name);
    const distance = wanted.length > 3 && candidate.startsWith(wanted) ? 1 : editDistance(wanted, candidate);
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z\d]/g, '');
}

/** Returns the Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const change = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
