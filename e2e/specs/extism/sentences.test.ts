import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** The names in the last column of a table whose heading is "cases". */
function namedCases(readme: string): string[] {
  const rows = readme.split('\n').filter((line) => line.startsWith('|'));
  let isCases = false;
  return rows.flatMap((row) => {
    const last = row.split('|').at(-2)?.trim() ?? '';
    if (row.startsWith('| what') || row.startsWith('| message') || row.startsWith('| file')) isCases = last === 'cases';
    return isCases ? Array.from(last.matchAll(/`([^`]+)`/gu), ([, name = '']) => name) : [];
  });
}

test('every case that the README names exists', async () => {
  // Cases look at the page when they are declared.
  Object.assign(globalThis, { crossOriginIsolated: false });
  const { cases } = await import('./page/cases.mjs');
  await import('./page/documented-cases.mjs');
  const names = cases.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const named = namedCases(readFileSync(new URL('README.md', import.meta.url), 'utf8'));
  expect(named.length).toBeGreaterThan(90);
  const unknown = named.filter((one) => {
    const start = one.endsWith('*') ? one.slice(0, -1) : null;
    return !names.some((name) => (start === null ? name === one : name.startsWith(start)));
  });
  expect(unknown).toEqual([]);
});
