import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { entries, packageFields } from '../e2e/setup/entries.mjs';
import { layers, packageFree } from '../e2e/setup/layers.js';
import { isTest, parseSource, readSources, type SourceFile, type SourceImport } from '../e2e/setup/source-files.js';

const packageEntries = new Set(entries.map(({ source }) => source));
/** The only link from the page to the worker besides contract/protocol.ts. */
const workerUrl = { from: 'src/page/', to: /^src\/worker\/(?:.*\/)?[\w-]+\.ts$/u };

/** The room of `folder` that a file is in; a file beside the rooms is a room itself. */
function roomOf(path: string, folder: string): string {
  const [room = ''] = path.slice(folder.length + 1).split('/');
  return room.replace(/\.ts$/u, '');
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
  return [...outgoingFaults(file), ...Object.keys(layers).flatMap((folder) => roomFaults(file, folder))];
}

/** Imports that leave `src`: of packages where none is allowed, and of other folders of the project. */
function outgoingFaults(file: SourceFile): string[] {
  const layer = roomOf(file.path, 'src');
  return file.imports.flatMap((one) => {
    if (one.specifier.startsWith('.')) {
      return target(file, one.specifier).startsWith('src/') ? [] : [`${at(file, one)}: leaves src/`];
    }
    return packageFree.includes(layer) ? [`${at(file, one)}: ${layer}/ may not import packages`] : [];
  });
}

/** Imports between the rooms of one folder that its rule does not list. */
function roomFaults(file: SourceFile, folder: string): string[] {
  if (!file.path.startsWith(`${folder}/`)) return [];
  const room = roomOf(file.path, folder);
  const allowed = layers[folder]?.[room];
  if (allowed === undefined) {
    return [`${file.path}: no rule says what ${folder}/${room} may import; add it to e2e/setup/layers.ts`];
  }
  return file.imports.flatMap((one) => {
    const to = one.specifier.startsWith('.') ? target(file, one.specifier) : '';
    if (!to.startsWith(`${folder}/`)) return [];
    // The page starts workers by their URL.
    if (one.kind === 'url' && file.path.startsWith(workerUrl.from) && workerUrl.to.test(to)) return [];
    const other = roomOf(to, folder);
    if (other === room || allowed.includes(other)) return [];
    return [`${at(file, one)}: ${folder}/${room} may import ${['itself', ...allowed].join(', ')}, not ${other}`];
  });
}

function barrelFaults(file: SourceFile): string[] {
  if (packageEntries.has(file.path)) return [];
  const named = file.path.endsWith('/index.ts') ? [`${file.path}: only the package's entries are index files`] : [];
  const forwarded = file.imports.filter(
    ({ kind, specifier }) => kind === 're-export' && (specifier.startsWith('.') || file.path.startsWith('src/')),
  );
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
const outside = [...readSources('demo'), ...readSources('e2e')];

describe('the import rule', () => {
  test('holds between the folders of src', () => {
    expect(sources.length).toBeGreaterThan(10);
    expect(sources.flatMap(layerFaults)).toEqual([]);
  });

  test.each([
    ['src/contract/a.ts', `import { b } from '../wasm/b.js';`],
    ['src/contract/a.ts', `import { wrap } from 'comlink';`],
    ['src/wasm/reader/a.ts', `import type { B } from '../../manifest/b.js';`],
    ['src/wasm/reader/a.ts', `import { b } from '../gate/b.js';`],
    ['src/wasm/gate/a.ts', `import { b } from '../metering/b.js';`],
    ['src/manifest/a.ts', `import type { B } from '../kernel/b.js';`],
    ['src/page/base/a.ts', `import { b } from '../scheduler/b.js';`],
    ['src/page/http/a.ts', `import { b } from '../files/b.js';`],
    ['src/page/workers/a.ts', `const load = () => import('../host/b.js');`],
    ['src/page/loading/a.ts', `import { b } from '../host/b.js';`],
    ['src/page/surprise/a.ts', ''],
    ['src/library/run/a.ts', `import { b } from '../../worker/b.js';`],
    ['src/library/storage/a.ts', `import { b } from '../permissions/b.js';`],
    ['src/worker/loader/a.ts', `import { b } from '../../page/b.js';`],
    ['src/page/base/a.ts', `import { b } from '../../worker/entry.js';`],
    ['src/page/base/a.ts', `const load = () => import('../../worker/entry.js');`],
    ['src/page/base/a.ts', `type B = import('../../worker/b.js').B;`],
    ['src/page/base/a.ts', `export { b } from '../../library/b.js';`],
    ['src/worker/a.ts', `new Worker(new URL('../page/a.ts', import.meta.url));`],
    ['src/service-worker/a.ts', `import { b } from '../page/b.js';`],
    ['src/page/base/a.ts', `import { b } from '../../../demo/b.js';`],
    ['src/surprise/a.ts', ''],
  ])('rejects in %s: %s', (path, code) => {
    expect(layerFaults(sample(path, code))).toHaveLength(1);
  });

  test('names only rooms that exist', () => {
    const named = Object.entries(layers).flatMap(([folder, rooms]) =>
      Object.keys(rooms).map((room) => `${folder}/${room}`),
    );
    const missing = named.filter(
      (room) => !sources.some(({ path }) => path === `${room}.ts` || path.startsWith(`${room}/`)),
    );
    expect(missing).toEqual([]);
  });

  test('allows the page to name the worker by URL, and every layer to import lower ones', () => {
    const page = `new Worker(new URL('../../worker/entry.ts', import.meta.url), { type: 'module' });
      import { a } from '../../contract/a.js'; import { b } from './b.js'; import { wrap } from 'comlink';`;
    expect(layerFaults(sample('src/page/workers/a.ts', page))).toEqual([]);
    expect(layerFaults(sample('src/worker/a/b.ts', `import { c } from '../../wasm/c.js';`))).toEqual([]);
  });
});

describe('cycles', () => {
  test('there are none', () => {
    expect(cycles([...sources, ...outside].filter(({ path }) => !isTest.test(path)))).toEqual([]);
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
    expect([...sources, ...outside].flatMap(barrelFaults)).toEqual([]);
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
    expect(outside.flatMap(outsideFaults)).toEqual([]);
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
