import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { parseSync } from 'vite';
import { describeEntries } from './api-report.mjs';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** The report of `index.d.ts` among some declaration files. */
function report(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'api-report-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return describeEntries([join(folder, 'index.d.ts')], parseSync).join('');
}

test('the report sorts exported names and follows re-exports', () => {
  const files = {
    'index.d.ts': `export { run } from './deep/run.js';\nexport type { Options } from './deep/run.js';`,
    'deep/run.d.ts': `export interface Options { ms: number; }\nexport declare function run(options?: Options): void;`,
  };
  expect(report(files)).toBe(
    'export interface Options { ms: number; }\n\nexport function run(options?: Options): void;\n',
  );
});

test('the report leaves out comments and private members', () => {
  const files = {
    'index.d.ts': `/** Runs. */\nexport declare class Job {\n  /** Its state. */\n  #private;\n  private secret;\n  end(): void; // now\n}`,
  };
  expect(report(files).replaceAll(/\s+/gu, ' ')).toBe('export class Job { end(): void; } ');
});

test('the report describes types that exported ones refer to, however deep', () => {
  const files = {
    'index.d.ts': `import type { Inner } from './inner.js';\nexport declare function run(): Inner;`,
    'inner.d.ts': `declare const codes: readonly ['a', 'b'];\nexport interface Inner { code: (typeof codes)[number]; }\nexport interface Unused {}`,
  };
  const text = report(files);
  expect(text).toContain('// Not exported, but used above:\n\ninterface Inner { code: (typeof codes)[number]; }');
  expect(text).toContain("const codes: readonly ['a', 'b'];");
  expect(text).not.toContain('Unused');
});

test('the report names aliases, defaults, overloads, and classes that are exported as types only', () => {
  const files = {
    'index.d.ts': `import { run } from './run.js';\nexport { run, run as start };\nexport type { Job } from './run.js';\nexport default run;`,
    'run.d.ts': `export declare class Job {}\nexport declare function run(a: string): void;\nexport declare function run(a: number): void;`,
  };
  const blocks = report(files).trimEnd().split('\n\n');
  expect(blocks).toEqual([
    '// Exported as a type only.\nexport class Job {}',
    'function run(a: string): void;\nfunction run(a: number): void;\nexport { run as default };',
    'export { run };',
    'export { run as start };',
  ]);
});

test('the report refuses what it cannot name', () => {
  expect(() => report({ 'index.d.ts': `export * from './a.js';`, 'a.d.ts': '' })).toThrow('name each export');
  expect(() => report({ 'index.d.ts': `export { a } from './a.js';`, 'a.d.ts': 'export {};' })).toThrow('found none');
});
