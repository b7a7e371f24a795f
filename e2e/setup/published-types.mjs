// Checks that the published types import no other package: dependencies are bundled, so that users do not have their types.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const specifier = /(?:from\s*|import\s*\(\s*|import\s+)(['"])(?<path>[^'"]+)\1/gu;

/**
 * Follows the imports of an entry's declarations.
 * @param {string} entry
 * @returns {string[]} One sentence for each fault.
 */
export function checkTypes(entry) {
  /** @type {Set<string>} */
  const seen = new Set();
  /** @type {string[]} */
  const faults = [];
  const queue = [entry];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const place = relative(dirname(entry), file);
    if (!existsSync(file)) {
      faults.push(`${place} is imported but was not written`);
      continue;
    }
    // Examples in comments may import other packages.
    const types = readFileSync(file, 'utf8').replaceAll(/\/\*.*?\*\//gsu, '');
    for (const match of types.matchAll(specifier)) {
      const path = match.groups?.['path'] ?? '';
      if (path.startsWith('.')) queue.push(join(dirname(file), path.replace(/\.js$/u, '.d.ts')));
      else faults.push(`${place} imports types from "${path}", which users do not have`);
    }
  }
  return faults;
}
