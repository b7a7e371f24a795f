import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

interface Row {
  readonly promise: string;
  readonly file: string;
  readonly title: string;
}

/** Returns the rows of the table of promises; throws if a line of it is no row. */
function rowsOf(text: string): Row[] {
  const [, table = ''] = /^\| promise +\| test +\|\n\| -+ \| -+ \|\n((?:\|.*\n)+)/mu.exec(text) ?? [];
  return table
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [, promise, file, title] = /^\| (\S.*?) +\| `([^`]+)`: (\S.*?) +\|$/u.exec(line) ?? [];
      if (promise === undefined || file === undefined || title === undefined) throw new TypeError(`no row: ${line}`);
      return { promise, file, title };
    });
}

/** Returns whether a file declares a test with a title that begins like this. */
function declares(code: string, title: string): boolean {
  return ["'", '"', '`'].some((quote) => code.includes(quote + title));
}

const rows = rowsOf(read('SECURITY.md'));

describe('SECURITY.md', () => {
  test('promises each thing once', () => {
    expect(rows.length).toBeGreaterThan(40);
    expect(new Set(rows.map(({ promise }) => promise)).size).toBe(rows.length);
  });

  test.each(rows)('names a test that exists: $promise', ({ file, title }) => {
    expect(declares(read(file), title)).toBe(true);
  });

  test('is linked from the security model of README.md', () => {
    const [, model = ''] = /^## Security model\n([^]*?)^## /mu.exec(read('README.md')) ?? [];
    expect(model).toContain('](SECURITY.md)');
  });

  test.each([
    '| promise | test |\n| --- | --- |\n| a promise | no test |\n',
    '| promise | test |\n| --- | --- |\n| |\n',
  ])('would be found to have a row without a test: %j', (text) => {
    expect(() => rowsOf(text)).toThrow('no row');
  });

  test('would be found to name a test that does not exist', () => {
    expect(declares("test('another title', run);", 'a title')).toBe(false);
  });
});
