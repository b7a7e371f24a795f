import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** Every file that `file` loads before any of its code runs. */
function loadedAtOnce(file: URL, seen: Map<string, readonly string[]> = new Map()): Map<string, readonly string[]> {
  if (seen.has(file.href)) return seen;
  const code = readFileSync(file, 'utf8');
  const names = Array.from(code.matchAll(/^(?:import|export)\b[^'"=]*?['"]([^'"]+)['"];$/gmu), ([, name = '']) => name);
  seen.set(file.href, names);
  for (const name of names) if (name.startsWith('.')) loadedAtOnce(new URL(name, file), seen);
  return seen;
}

test.each(['e2e/run/test.mjs', 'e2e/setup/start.mjs'])(
  '%s begins on a machine that has Node and nothing else',
  (path) => {
    const files = loadedAtOnce(new URL(`../../${path}`, import.meta.url));
    expect(files.size).toBeGreaterThan(3);
    const packages = Array.from(files, ([file, names]) =>
      names.filter((name) => !name.startsWith('.') && !name.startsWith('node:')).map((name) => `${file}: ${name}`),
    ).flat();
    expect(packages).toEqual([]);
  },
);
