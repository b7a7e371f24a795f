import { readdirSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { isTest, parseSource, readSources, type SourceFile, type SourceNode } from '../e2e/setup/source-files.js';

/** Longest file, in lines; a longer one is one table, and stands here with the reason. */
const maxLines = 400;
const longTables = new Map<string, string>([]);

/** A folder with more files explains nothing by its name any more. */
const maxFiles = 24;

const plainErrors = new Set(['Error', 'TypeError', 'RangeError']);

interface Rule {
  readonly says: string;
  /** The paths for which the rule is not meant. */
  readonly except?: RegExp;
  readonly breaks: (node: SourceNode) => boolean;
}

function nameIn(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[field] : undefined;
}

const rules: readonly Rule[] = [
  { says: 'no `any`: say what it is, or `unknown`', breaks: ({ type }) => type === 'TSAnyKeyword' },
  { says: 'no `!`: check for null where it can be null', breaks: ({ type }) => type === 'TSNonNullExpression' },
  {
    says: 'no plain error leaves the library: throw a PluginError with a code',
    // The prelude runs in a plug-in, whose errors are those of JavaScript: the shim reports them with `error_set`.
    except: /^src\/javascript\/prelude\//u,
    breaks: ({ type, fields }) =>
      type === 'ThrowStatement' && plainErrors.has(String(nameIn(nameIn(fields['argument'], 'callee'), 'name'))),
  },
  {
    says: 'no state in a module: no `let` or `var` outside a function',
    breaks: ({ type, topLevel, fields }) => type === 'VariableDeclaration' && topLevel && fields['kind'] !== 'const',
  },
];

/** Returns the imports of lazy chunks, by their place, that do not go through `lazyChunk`. Workers import chunks by their URL. */
function plainLazyImports(nodes: readonly SourceNode[]): unknown[] {
  const isLiteral = (node: SourceNode): boolean => nameIn(nameIn(node.fields, 'source'), 'type') === 'Literal';
  const all = nodes.filter((node) => node.type === 'ImportExpression' && isLiteral(node));
  const loads = nodes.filter(({ fields }) => nameIn(fields['callee'], 'name') === 'lazyChunk');
  const loaded = new Set(loads.map(({ fields }) => nameIn(nameIn(nameIn(fields['arguments'], '0'), 'body'), 'start')));
  return all.filter(({ fields }) => !loaded.has(fields['start']));
}

function faults({ path, nodes, lines }: SourceFile): string[] {
  const broken = nodes.flatMap((node) =>
    rules
      .filter(({ breaks, except }) => except?.test(path) !== true && breaks(node))
      .map(({ says }) => `${path}:${node.line}: ${says}`),
  );
  if (plainLazyImports(nodes).length > 0)
    broken.push(`${path}: load lazy chunks with lazyChunk, which loads them again`);
  const long = lines > maxLines && !longTables.has(path);
  return long ? [...broken, `${path}: ${lines} lines; one concept a file, at most ${maxLines}`] : broken;
}

const sources = readSources('src').filter(({ path }) => !isTest.test(path));

/** Returns the path of every file that is no test, a README and test helpers included. */
function filesOf(folder: string): string[] {
  const root = fileURLToPath(new URL('../', import.meta.url));
  return readdirSync(new URL(folder, new URL('../', import.meta.url)), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map(({ parentPath, name }) => relative(root, `${parentPath}/${name}`).replaceAll('\\', '/'));
}

function crowdedFolders(paths: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const path of paths) {
    const folder = path.slice(0, path.lastIndexOf('/'));
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return Array.from(counts).flatMap(([folder, count]) =>
    count > maxFiles ? [`${folder}: ${count} files besides tests, at most ${maxFiles}`] : [],
  );
}

describe('the house rules', () => {
  test('no folder of src has more files than its name can explain', () => {
    expect(crowdedFolders(filesOf('src'))).toEqual([]);
    expect(crowdedFolders(Array.from({ length: maxFiles + 1 }, (_, index) => `src/page/${index}.ts`))).toHaveLength(1);
  });

  test('hold in every file of src', () => {
    expect(sources.flatMap(faults)).toEqual([]);
  });

  test.each([
    ['let in a module', `let count = 0;`],
    ['an exported let', `export let count = 0;`],
    ['var in a module', `var count = 0;`],
    ['any', `export function f(x: any): void {}`],
    ['any, deep in a type', `type A = Map<string, readonly any[]>;`],
    ['a non-null assertion', `export const a = (x: { y?: number }): number => x.y!;`],
    ['a plain Error', `function f() { throw new Error('no'); }`],
    ['a plain TypeError', `function f() { throw TypeError('no'); }`],
    ['a plain RangeError', `function f() { if (f) { throw new RangeError('no'); } }`],
    ['a lazy chunk that is never loaded again', `export const f = async () => import('./x.js');`],
    ['a long file', 'void 0;\n'.repeat(maxLines + 1)],
  ])('bite on %s', (_what, code) => {
    expect(faults(parseSource('src/page/sample.ts', code))).toHaveLength(1);
  });

  test('leave alone what only looks like a breach', () => {
    const fine = `
      // any, and throw new Error('no')
      export const load = () => lazyChunk(() => import('./x.js'));
      export const text = 'throw new Error("any")!';
      export function f(x: number | undefined): boolean { let y = 0; y += 1; return !x && y !== 0; }
      export function g(cause: unknown): never { throw cause; }
      for (let i = 0; i < 1; i += 1) f(i);`;
    expect(faults(parseSource('src/page/sample.ts', fine))).toEqual([]);
  });
});
