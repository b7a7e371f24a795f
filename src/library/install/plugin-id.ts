/** No id is longer; longer text is cut before anything reads it. */
const maxIdChars = 100;
const maxLabelChars = 4_096;

/** Returns the name of the file that a label, a URL or a file's name, ends in: without its extension. */
export function labelName(label: string): string {
  const [path = ''] = label.slice(0, maxLabelChars).split(/[?#]/, 1);
  const trimmed = path.endsWith('/') ? path.slice(0, -1) : path;
  return trimmed.slice(trimmed.lastIndexOf('/') + 1).replace(/\.(?:wasm|zip|json|[cm]?[jt]s)$/i, '') || 'plugin';
}

/** Returns an id for a name; the same name always gets the same id. */
export function slug(name: string): string {
  const id = name
    .slice(0, maxIdChars)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}._-]+/gu, '-');
  // Not /-+$/: at every hyphen it would read all that follow.
  let start = 0;
  let end = id.length;
  while (id[start] === '-') start += 1;
  while (end > start && id[end - 1] === '-') end -= 1;
  return id.slice(start, end).slice(0, maxIdChars) || 'plugin';
}
