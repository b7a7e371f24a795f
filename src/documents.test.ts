import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { layers } from '../e2e/setup/layers.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8');

/** Every folder of `src`, and `src` itself excluded. */
const folders = readdirSync(`${root}src`, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => `${entry.parentPath.replaceAll('\\', '/')}/${entry.name}`.slice(root.length))
  .toSorted();
const readmes = folders.map((folder) => `${folder}/README.md`);

/** The longest README, in lines: about one screen. */
const maxLines = 75;

/** The layer graph in the form in which ARCHITECTURE.md shows it. */
function layerLines(): string[] {
  return Object.entries(layers).flatMap(([folder, rooms]) =>
    Object.entries(rooms).map(([room, allowed]) => `${folder}/${room}: ${allowed.join(', ') || '-'}`),
  );
}

/** The lines of the first code block of this language. */
function block(text: string, language: string): string[] {
  const [, content = ''] = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'mu').exec(text) ?? [];
  return content.split('\n').filter((line) => line !== '');
}

const isSourceFile = /^[\w./-]+\.(?:ts|mjs|md|wat)$/u;

/** Paths of files that a document names, in code spans and links; code blocks and file names with `<` or `*` are left out. */
function namedFiles(text: string): string[] {
  const prose = text.replaceAll(/^```[^]*?^```$/gmu, '');
  const spans = [...prose.matchAll(/`([^`\n]+)`/gu)]
    .map(([, span = '']) => span)
    .filter((span) => isSourceFile.test(span));
  const links = [...prose.matchAll(/\]\(([^)#\s]+)/gu)]
    .map(([, link = '']) => link)
    .filter((link) => !link.includes(':'));
  return [...new Set([...spans, ...links])];
}

/** The folders that a path in a document may be relative to: that of the document, those above it, and the realms. */
function basesOf(document: string): string[] {
  const bases = ['', 'src', 'src/page', 'src/worker'];
  for (let folder = posix.dirname(document); folder !== '.'; folder = posix.dirname(folder)) bases.push(folder);
  return bases;
}

function missingFiles(document: string, text: string): string[] {
  return namedFiles(text)
    .filter((file) => !basesOf(document).some((base) => existsSync(posix.join(root, base, file))))
    .map((file) => `${document}: ${file} does not exist`);
}

describe('the documents', () => {
  test('show the layer graph that the import rule enforces', () => {
    expect(block(read('ARCHITECTURE.md'), 'layers')).toEqual(layerLines());
  });

  test('list every folder of src in the tree of ARCHITECTURE.md', () => {
    const text = read('ARCHITECTURE.md');
    expect(folders.filter((folder) => !text.includes(`| \`${folder}/\``))).toEqual([]);
  });

  test.each(['ARCHITECTURE.md', 'README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'e2e/README.md', ...readmes])(
    'name only files that exist in %s',
    (document) => {
      expect(missingFiles(document, read(document))).toEqual([]);
    },
  );

  test.each(readmes)('say what a folder is for, what it may import and what it never does: %s', (readme) => {
    const text = read(readme);
    expect(text).toMatch(/^# \S.*\n\n\S/u);
    expect(text).toMatch(/^\*\*May import:\*\* \S/mu);
    expect(text).toMatch(/\*\*Never:\*\* \S/u);
    expect(text).toMatch(/^\| (?:entry )?(?:file|folder|script|room|way)/mu);
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(maxLines);
  });

  test.each(['`src/page/surprise.ts`', 'see [it](surprise.md)', 'see [it](src/surprise/)'])(
    'would be found to name a missing file: %s',
    (text) => {
      expect(missingFiles('README.md', text)).toHaveLength(1);
    },
  );

  test.each([
    '`src/index.ts`',
    '`e2e/journeys/*.spec.ts`',
    '```ts\n`src/surprise.ts`\n```',
    '[it](https://example.com/a.ts)',
  ])('may contain: %s', (text) => {
    expect(missingFiles('README.md', text)).toEqual([]);
  });
});
