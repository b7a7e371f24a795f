import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const rows = readFileSync(new URL('regressions.md', import.meta.url), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, number, , file, title] = /^\| (\d+) +\| (.+?) +\| `([^`]+)`: (.+?) +\|$/u.exec(line) ?? [];
    return number === undefined || file === undefined || title === undefined ? [] : [{ number, file, title }];
  });

test('regressions are numbered one after the other', () => {
  expect(rows.length).toBeGreaterThan(5);
  expect(rows.map(({ number }) => Number(number))).toEqual(rows.map((_row, index) => index + 1));
});

test.each(rows)('regression $number has its test in $file', ({ file, title }) => {
  expect(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')).toContain(title);
});

test('e2e/security/README.md names a regression for each attack', () => {
  const text = readFileSync(new URL('security/README.md', import.meta.url), 'utf8');
  const [, table = ''] = /^\| attack .+\n\| -.+\n((?:\|.+\n)+)/mu.exec(text) ?? [];
  const numbers = table
    .trimEnd()
    .split('\n')
    .map((line) => / (\d+) +\|$/u.exec(line)?.[1]);
  expect(numbers.length).toBeGreaterThan(15);
  for (const number of numbers) expect(rows.map((row) => row.number)).toContain(number);
});
