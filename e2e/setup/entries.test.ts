import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { entries, packageFields, readPackage } from './entries.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

describe('the list of entry points', () => {
  test('is what package.json says; `node e2e/setup/entries.mjs` writes it', () => {
    const { exports, sideEffects } = readPackage();
    expect({ exports, sideEffects }).toEqual(packageFields());
  });

  test('names sources that exist', () => {
    expect(entries.filter(({ source }) => !existsSync(`${root}${source}`))).toEqual([]);
  });

  test('names every entry and every file once', () => {
    expect(new Set(entries.map(({ name }) => name)).size).toBe(entries.length);
    expect(new Set(entries.map(({ file }) => file)).size).toBe(entries.length);
  });

  test('has a size budget for every script', () => {
    const unlimited = entries.filter(({ kind, budgetKib }) => kind !== 'schema' && budgetKib === undefined);
    expect(unlimited).toEqual([]);
  });
});
