import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { entries, packageFields } from '../e2e/setup/entries.mjs';
import { isTest, parseSource, readSources, type SourceFile, type SourceImport } from '../e2e/setup/source-files.js';

/**
 * Who may import whom: `contract <- {manifest, wasm, kernel} <- {worker | page} <- {library, extism} <- elements`.
 * The page and the worker meet only in the worker's URL and in contract/protocol.ts.
 */
const layers = new Map<string, readonly string[]>([
  ['contract', []],
  ['manifest', ['contract']],
  ['wasm', ['contract']],
  ['kernel', ['contract']],
  ['worker', ['contract', 'manifest', 'wasm', 'kernel']],
  ['page', ['contract', 'manifest', 'wasm', 'kernel']],
  ['index', ['contract', 'manifest', 'wasm', 'page']],
  ['library', ['contract', 'manifest', 'wasm', 'page']],
  ['extism', ['contract', 'manifest', 'wasm', 'page']],
  ['elements', ['contract', 'manifest', 'wasm', 'page', 'library', 'extism']],
  ['vite', ['contract', 'manifest', 'wasm']],
  ['service-worker', ['contract']],
]);
const pure = new Set(['contract', 'manifest', 'wasm', 'kernel']);
const packageEntries = new Set(entries.map(({ source }) => source));
const workerUrl = { from: 'src/page/', to: /^src\/worker\/(?:.*\/)?[\w-]+\.ts$/u };

function layerOf(path: string): string {
  const [, folder = '', ...rest] = path.split('/');
  return rest.length === 0 ? folder.replace(/\.ts$/u, '') : folder;
}

/** The file a relative specifier stands for, from the project's root. */
function target(file: SourceFile, specifier: string): string {
  return posix.join(posix.dirname(file.path), specifier).replace(/\.js$/u, '.ts');
}

function at(file: SourceFile, { line, specifier }: SourceImport): string {
  return `${file.path}:${line} "${specifier}"`;
}

function layerFaults(file: SourceFile): string[] {
  if (isTest.test(file.path)) return [];
  const layer = layerOf(file.path);
  const allowed = layers.get(layer);
  if (allowed === undefined)
    return [`${file.path}: no rule says what ${layer} may import; add it to src/import-rule.test.ts`];
  return file.imports.flatMap((one) => {
    const { specifier, kind } = one;
    if (!specifier.startsWith('.')) {
      return pure.has(layer) ? [`${at(file, one)}: ${layer}/ is pure, it imports no package`] : [];
    }
    const to = target(file, specifier);
    if (kind === 'url' && file.path.startsWith(workerUrl.from) && workerUrl.to.test(to)) return [];
    if (!to.startsWith('src/')) return [`${at(file, one)}: leaves src/`];
    const other = layerOf(to);
    if (other === layer || allowed.includes(other)) return [];
    return [`${at(file, one)}: ${layer} may import ${['itself', ...allowed].join(', ')}, not ${other}`];
  });
}

function barrelFaults(file: SourceFile): string[] {
  if (packageEntries.has(file.path)) return [];
  const named = file.path.endsWith('/index.ts') ? [`${file.path}: only the package's entries are index files`] : [];
  const forwarded = file.imports.filter(({ kind }) => kind === 're-export');
  return [
    ...named,
    ...forwarded.map((one) => `${at(file, one)}: passes on another file's exports; import that file itself`),
  ];
}

/** Each import cycle once, as the path around it. */
function cycles(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      found.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
      return;
    }
    const file = byPath.get(path);
    if (file === undefined || done.has(path)) return;
    for (const { specifier, kind } of file.imports) {
      if (specifier.startsWith('.') && kind !== 'url') visit(target(file, specifier), [...trail, path]);
    }
    done.add(path);
  };
  for (const { path } of files) visit(path, []);
  return found;
}

const publicEntries = new Set(Object.keys(packageFields().exports).map((key) => key.replace(/^\./u, 'tenon')));

function outsideFaults(file: SourceFile): string[] {
  return file.imports.flatMap((one) => {
    const { specifier, kind } = one;
    if (specifier === 'tenon' || specifier.startsWith('tenon/')) {
      return publicEntries.has(specifier) ? [] : [`${at(file, one)}: is no public entry of the package`];
    }
    const inside = specifier.startsWith('.') && /^(?:src|dist)\//u.test(target(file, specifier));
    return inside && kind !== 'url' ? [`${at(file, one)}: use the package's public entries, as an app does`] : [];
  });
}

const sample = (path: string, code: string): SourceFile => parseSource(path, code);
const sources = readSources('src');

describe('the import rule', () => {
  test('holds between the folders of src', () => {
    expect(sources.length).toBeGreaterThan(10);
    expect(sources.flatMap(layerFaults)).toEqual([]);
  });

  test.each([
    ['src/contract/a.ts', `import { b } from '../wasm/b.js';`],
    ['src/contract/a.ts', `import { wrap } from 'comlink';`],
    ['src/manifest/a.ts', `import type { B } from '../wasm/b.js';`],
    ['src/worker/loader/a.ts', `import { b } from '../../page/b.js';`],
    ['src/page/a.ts', `import { b } from '../worker/entry.js';`],
    ['src/page/a.ts', `const load = () => import('../worker/entry.js');`],
    ['src/page/a.ts', `type B = import('../worker/b.js').B;`],
    ['src/page/a.ts', `export { b } from '../library/b.js';`],
    ['src/worker/a.ts', `new Worker(new URL('../page/a.ts', import.meta.url));`],
    ['src/service-worker/a.ts', `import { b } from '../page/b.js';`],
    ['src/page/a.ts', `import { b } from '../../demo/b.js';`],
    ['src/surprise/a.ts', ''],
  ])('bites in %s: %s', (path, code) => {
    expect(layerFaults(sample(path, code))).toHaveLength(1);
  });

  test('lets the page name the worker by its URL, and every layer reach down', () => {
    const page = `new Worker(new URL('../worker/entry.ts', import.meta.url), { type: 'module' });
      import { a } from '../contract/a.js'; import { b } from './b.js'; import { wrap } from 'comlink';`;
    expect(layerFaults(sample('src/page/a.ts', page))).toEqual([]);
    expect(layerFaults(sample('src/worker/a/b.ts', `import { c } from '../../wasm/c.js';`))).toEqual([]);
  });
});

describe('cycles', () => {
  test('there are none', () => {
    expect(cycles(sources.filter(({ path }) => !isTest.test(path)))).toEqual([]);
  });

  test('would be found, types included', () => {
    const files = [
      sample('src/page/a.ts', `import { b } from './b.js';`),
      sample('src/page/b.ts', `import type { C } from './c.js';`),
      sample('src/page/c.ts', `export type { A } from './a.js';`),
    ];
    expect(cycles(files)).toEqual(['src/page/a.ts -> src/page/b.ts -> src/page/c.ts -> src/page/a.ts']);
  });
});

describe('barrels', () => {
  test('there are none but the package entries', () => {
    expect(sources.flatMap(barrelFaults)).toEqual([]);
  });

  test('would be found', () => {
    expect(barrelFaults(sample('src/page/index.ts', ''))).toHaveLength(1);
    expect(barrelFaults(sample('src/page/a.ts', `export * from './b.js';`))).toHaveLength(1);
    expect(barrelFaults(sample('src/page/a.ts', `export { b } from './b.js';`))).toHaveLength(1);
    expect(barrelFaults(sample('src/index.ts', `export { b } from './b.js';`))).toEqual([]);
  });
});

describe('the playground, journeys and tools', () => {
  test('import only the package, as an app does', () => {
    expect([...readSources('demo'), ...readSources('e2e')].flatMap(outsideFaults)).toEqual([]);
  });

  test.each([
    ['demo/a.ts', `import { createPlugin } from '../src/index.js';`],
    ['e2e/specs/a.ts', `import { createPlugin } from '../../dist/index.js';`],
    ['demo/a.ts', `import { secret } from 'tenon/page/plugin';`],
  ])('would be caught in %s: %s', (path, code) => {
    expect(outsideFaults(sample(path, code))).toHaveLength(1);
  });
});

describe('other semantics than the reference', () => {
  const code = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
  const paths = sources.map(({ path }) => path).filter((path) => !isTest.test(path));

  test('are set by src/extism alone', () => {
    const holders = paths.filter((path) => code(path).includes('profileKey') && !path.startsWith('src/extism/'));
    expect(holders, 'files that can hold them').toEqual(['src/page/base/compatibility-profile.ts']);
    const made =
      /(?:returnCode|noOutput|memoryScope|varCost|init|unknownFields): '(?:ignore|null|kernel|value|js-sdk)',/u;
    expect(
      paths.filter((path) => made.test(code(path))),
      'files that make them',
    ).toEqual(['src/extism/options.ts']);
  });
});
