import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

/** A word of former versions that names, comments, documents and messages no longer use. */
interface FormerWord {
  readonly pattern: RegExp;
  readonly use: string;
  /** Text in which the pattern means something else; it is removed from the line before the pattern is applied. */
  readonly except?: RegExp;
}

const formerWords: readonly FormerWord[] = [
  // The changelog names what was renamed.
  {
    pattern: /\bheld[- ]requests?\b|HeldRequest|HeldOptions|'held'/iu,
    use: 'long-polled request',
    except: /\(before: `[^`]*`\)/gu,
  },
  { pattern: /\bsettle\.(?:js|ts)\b|\bsettled?(?:Options|Policy|Manifest|Wasi|Files)\b/u, use: 'normalize' },
  { pattern: /\bloader\.settle\b|\bsettle\(\): Promise/u, use: 'drain' },
  { pattern: /\btwins?\b|Twins?\b/iu, use: 'differential test, or metered version' },
  { pattern: /\bbehaviours\b|\bbehaviour\(|BehaviourResult|Behaviours\b/iu, use: 'spec' },
  { pattern: /rehears/iu, use: 'warm-up' },
  { pattern: /\bstandby\b|Standby/iu, use: 'script fallback' },
  { pattern: /dialect/iu, use: 'compatibility profile' },
  { pattern: /\bcourses?\b|[a-z]Courses?\b/iu, use: 'function profile', except: /\bof course\b/giu },
  { pattern: /\bruns? of (?:code|instructions)\b|\bstraight runs?\b/iu, use: 'basic block, or region' },
  {
    pattern: /(?<!\w)circles?\b|[a-z]Circles?\b/iu,
    use: 'cycle',
    // The SVG element, the CSS shape, and names of fixtures and views.
    except: /<\/?circle\b|\bcircle\(|'circle'|circle-|link_\w+_circle/gu,
  },
  { pattern: /\bpatien(?:ce|t)\b|Patience/iu, use: 'timeout' },
  { pattern: /farewell/iu, use: 'release message' },
  { pattern: /\bstop[- ]?(?:line|sign)s?\b|Stop(?:Line|Sign)/iu, use: 'interrupt flag' },
  { pattern: /\bremade\b/iu, use: 'replaced' },
  { pattern: /\b(?:told|tells?|telling) (?:\w+ )?apart\b/iu, use: 'detected, or distinguished' },
  {
    pattern: /\blazy parts?\b|\ba part of its own\b|\bparts? (?:that (?:is|are) )?loaded on demand\b/iu,
    use: 'lazy chunk',
  },
  { pattern: /\b(?:page|worker|plug-in|guest|library|app|user)'s words?\b/iu, use: 'public API, or what is meant' },
  { pattern: /what nothing provides/iu, use: 'unresolved import' },
  {
    pattern: /\b(?:hears?|heard|winds?|wound|stirs?|stirred|heeds?|heeded)\b/iu,
    use: 'a standard verb: receives, starts, ...',
  },
  { pattern: /\b(?:gives|tells|told)\b/iu, use: 'a standard verb: returns, reports, ...' },
];

/** Everything that people read: code, tests, documents and workflows. */
const roots = [
  'src',
  'demo',
  'e2e',
  '.github',
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'vite.config.ts',
];

const root = fileURLToPath(new URL('../', import.meta.url));
const isText = /\.(?:ts|mjs|md|html|css|yml)$/u;
/** Generated and built files, results, and this list. */
const isOutside = /\.generated\.ts$|\/fixtures\/build\/|\/target\/|\/results\/|^src\/language\.test\.ts$/u;

function filesUnder(path: string): string[] {
  if (!existsSync(`${root}${path}`)) return [];
  if (statSync(`${root}${path}`).isFile()) return [path];
  return readdirSync(`${root}${path}`, { recursive: true, encoding: 'utf8' })
    .map((name) => `${path}/${name.replaceAll('\\', '/')}`)
    .filter((name) => isText.test(name) && !isOutside.test(name))
    .toSorted();
}

/** Each former word in a text, with its line. */
function formerWordsIn(path: string, text: string): string[] {
  return text.split('\n').flatMap((line, index) =>
    formerWords.flatMap(({ pattern, use, except }) => {
      const found = pattern.exec(except === undefined ? line : line.replaceAll(except, ''))?.[0];
      return found === undefined ? [] : [`${path}:${index + 1}: "${found}": write ${use}`];
    }),
  );
}

describe('the language of names, comments, documents and messages', () => {
  test.each(roots)('is that of the glossary in %s', (path) => {
    const files = filesUnder(path);
    expect(files).not.toEqual([]);
    expect(files.flatMap((file) => formerWordsIn(file, readFileSync(`${root}${file}`, 'utf8')))).toEqual([]);
  });

  test.each([
    'serveHeldRequests(self);',
    "import { settlePolicy } from './settle.js';",
    '// compared with their twins',
    "behaviour('a plug-in answers', run);",
    'const rehearsal = start();',
    '// the standby copy',
    'const dialectKey = 1;',
    '// the course of a function',
    '// each straight run of code',
    '// circles of modules',
    'const patience = 10;',
    '// its farewell',
    'class StopSign {}',
    '// an instance remade after a kill',
    '// the two are told apart',
    '// a lazy part',
    "// by the page's word",
    'imports what nothing provides',
    '// the worker hears of it',
    '// gives the bytes',
  ])('would be found to differ in: %s', (line) => {
    expect(formerWordsIn('a.ts', line)).not.toEqual([]);
  });

  test.each([
    'await library.run(point, order);',
    'Of course, a course of action: of course.'.replace('a course of action: ', ''),
    'svg`<circle cx="1" />`',
    '// The promise settles once; a settled call stays settled.',
    '// Bytes that are held in memory.',
    '// the behaviour of the reference',
  ])('allows: %s', (line) => {
    expect(formerWordsIn('a.ts', line)).toEqual([]);
  });
});
