// Sources that try to make the compiler hang, crash, take the page's memory, or write a module that is not what it says.

/**
 * @typedef {object} CompileCase
 * @property {string} name
 * @property {string} tries What it tries, in a few words.
 * @property {() => string | Readonly<Record<string, string>>} source
 * @property {Readonly<Record<string, unknown>>} [options]
 * @property {'compiled' | 'invalid-source' | 'invalid-argument'} ends
 * @property {RegExp} [says] What the message of the error contains.
 */

const fine = 'export function f() {}\n';
/** @param {string} text @param {number} count */
const times = (text, count) => text.repeat(count);
/** @param {number} count @param {(index: number) => string} item */
const list = (count, item) => Array.from({ length: count }, (_, index) => item(index)).join('');
/** @param {number} count @param {(index: number) => string} text */
const files = (count, text) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [index === 0 ? 'main.js' : `m${index}.js`, text(index)]),
  );
const fileOf = (/** @type {number} */ index) => (index === 0 ? './main.js' : `./m${index}.js`);

const refused = /** @type {const} */ ('invalid-source');
const compiled = /** @type {const} */ ('compiled');
const wrongly = /** @type {const} */ ('invalid-argument');

/** @type {readonly CompileCase[]} */
const sizes = [
  {
    name: 'source-of-10-mb',
    tries: 'a source of 10 MB',
    source: () => fine + times('/', 10_000_000),
    ends: refused,
    says: /10000023 characters/u,
  },
  {
    name: 'files-of-10-mb',
    tries: 'ten files of 1 MB',
    source: () => files(10, () => fine + times('/', 1_000_000)),
    ends: refused,
    says: /expected at most 4194304/u,
  },
  {
    name: 'ten-thousand-exports',
    tries: '10,000 exports',
    source: () => list(10_000, (index) => `export function f${index}() {}\n`),
    ends: refused,
    says: /10000 names: expected at most 1000/u,
  },
  {
    name: 'ten-thousand-values',
    tries: '10,000 exports that are warned about',
    source: () => fine + list(10_000, (index) => `export const a${index} = 1;\n`),
    ends: refused,
    says: /expected at most 1000/u,
  },
  {
    name: 'ten-thousand-stars',
    tries: '10,000 exports through `export *`',
    source: () =>
      files(21, (index) =>
        index === 0
          ? list(20, (other) => `export * from './m${other + 1}.js';`)
          : list(500, (one) => `export function f${index}_${one}() {}`),
      ),
    ends: refused,
    says: /10000 names/u,
  },
  {
    name: 'thousand-exports',
    tries: 'as many exports as are allowed',
    source: () => list(1_000, (index) => `export function f${index}() {}\n`),
    ends: compiled,
  },
  {
    name: 'thousand-and-one-files',
    tries: '1,001 files',
    source: () => files(1_001, () => fine),
    ends: refused,
    says: /1001 files/u,
  },
  {
    name: 'huge-name',
    tries: 'an export whose name has 100,000 characters',
    source: () => `export function ${times('x', 100_000)}() {}`,
    ends: compiled,
  },
  {
    name: 'array-of-200000',
    tries: 'a node with 200,000 children',
    source: () => `export const f = () => [${times('1,', 200_000)}];`,
    ends: compiled,
  },
  {
    name: 'host-functions-of-20000',
    tries: '20,000 host functions',
    source: () => fine,
    options: {
      hostFunctions: Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`h${index}`, {}])),
    },
    ends: refused,
    says: /20000 host functions/u,
  },
  {
    name: 'host-function-of-200-parameters',
    tries: 'a host function with 200 parameters',
    source: () => ({ 'main.js': fine, 'host.d.ts': `interface user { a(${times('x: I64,', 200)}): I64 }` }),
    ends: refused,
    says: /more than 100 parameters/u,
  },
];

/** @type {readonly CompileCase[]} */
const cycles = [
  {
    name: 'value-of-itself',
    tries: 'a constant whose value is itself',
    source: () => 'export const a = a;',
    ends: compiled,
  },
  {
    name: 'values-of-each-other',
    tries: 'two constants that are each other',
    source: () => 'const a = b; const b = a; export { a };',
    ends: compiled,
  },
  {
    name: 'aliases-of-10000',
    tries: '10,000 constants, each the one before',
    source: () => `const a0 = () => {};${list(10_000, (index) => `const a${index + 1}=a${index};`)}export { a10000 };`,
    ends: compiled,
  },
  {
    name: 'export-cycle',
    tries: 'an export that two files take from each other',
    source: () => ({ 'main.js': "export { x } from './b.js'", 'b.js': "export { x } from './main.js'" }),
    ends: compiled,
  },
  {
    name: 'export-from-itself',
    tries: 'a file that exports from itself',
    source: () => ({ 'main.js': "export { x as y, y as x } from './main.js'; export * from './main.js';" }),
    ends: compiled,
  },
  {
    name: 'import-cycle',
    tries: 'an import that is exported in a cycle',
    source: () => ({
      'main.js': "import { x } from './b.js'; export { x };",
      'b.js': "import { x } from './main.js'; export { x };",
    }),
    ends: compiled,
  },
  {
    name: 'stars-of-everything',
    tries: '60 files that each export all of all others',
    source: () =>
      files(60, (index) => `${list(60, (other) => `export * from '${fileOf(other)}';`)}export function f${index}() {}`),
    ends: compiled,
  },
  {
    name: 'diamonds',
    tries: 'files that take each export twice from the next, 40 deep',
    source: () =>
      files(41, (index) =>
        index === 40 ? 'export function a() {}' : `export { a, a as b${index} } from './m${index + 1}.js';`,
      ),
    ends: compiled,
  },
  {
    name: 'chain-of-a-thousand',
    tries: '1,000 files, each an `export *` of the next',
    source: () => files(1_000, (index) => (index === 999 ? fine : `export * from './m${index + 1}.js';`)),
    ends: compiled,
  },
  {
    name: 'require-cycle',
    tries: 'CommonJS files that require each other',
    source: () => ({
      'main.js': "const b = require('./b.js'); exports.f = () => b;",
      'b.js': "exports.g = require('./main.js');",
    }),
    ends: compiled,
  },
];

/** @type {readonly CompileCase[]} */
const nesting = [
  ['brackets', () => `${fine}${times('[', 100_000)}`],
  ['parentheses', () => `export const f = ${times('(', 50_000)}1${times(')', 50_000)}`],
  ['arrows', () => `export const f = ${times('() => ', 50_000)}1`],
  ['additions', () => `export const f = () => ${times('1 + (', 50_000)}1${times(')', 50_000)}`],
  ['templates', () => `export const f = () => ${times('`${', 20_000)}1${times('}`', 20_000)}`],
  ['blocks', () => `${fine}${times('{', 100_000)}${times('}', 100_000)}`],
  ['groups', () => `export const f = () => /${times('(', 20_000)}${times(')', 20_000)}/;`],
].map(([name, source]) => ({
  name: `nested-${String(name)}`,
  tries: `${String(name)} nested deeper than the stack`,
  source: /** @type {() => string} */ (source),
  ends: refused,
}));

/** @type {readonly CompileCase[]} */
const speculation = [
  ['arrows', () => `export const f = () => ${times('(a = (', 15)}1${times('))', 15)}`],
  ['conditions', () => `export const f = () => ${times('a ? (b) : ', 25)}1`],
  ['parentheses', () => `export const f = () => ${times('(', 25)}a${times(')', 25)}`],
  ['generics', () => `export const f = () => ${times('<T>(a) => ', 100)}1`],
  ['types', () => `export type T = ${times('A<', 500)}1${times('>', 500)}; ${fine}`],
].map(([name, source]) => ({
  name: `speculation-${String(name)}`,
  tries: `TypeScript whose ${String(name)} could be parsed in many ways`,
  source: () => ({ 'main.ts': /** @type {() => string} */ (source)() }),
  ends: compiled,
}));

/** Declarations are read by regular expressions, which must not take longer than the text is long. @type {readonly CompileCase[]} */
const declarations = [
  ['comments', () => times('/*', 200_000)],
  ['names', () => `interface user {${times('a', 800_000)}}`],
  ['interfaces', () => times('interface user {', 50_000)],
  ['parameters', () => `interface user {${times('(', 800_000)}}`],
  ['spaces', () => `interface user {${times(`a()${times(' ', 100)}`, 8_000)}}`],
  ['keywords', () => times(`interface${times(' ', 100)}`, 7_000)],
].map(([name, text]) => ({
  name: `declarations-${String(name)}`,
  tries: `a .d.ts whose ${String(name)} never end`,
  source: () => ({ 'main.js': fine, 'host.d.ts': /** @type {() => string} */ (text)() }),
  ends: compiled,
}));

/** @type {readonly CompileCase[]} */
const names = [
  ['memory', 'export function memory() {}', refused],
  ['engine', "function f() {} export { f as 'javascript:source' };", refused],
  ['surrogate', "exports['\\ud800'] = () => 1; exports['\\ud801'] = () => 2;", refused],
  ['proto', "function f() {} export { f as '__proto__', f as 'constructor' };", compiled],
  ['empty', "function f() {} export { f as '' };", compiled],
].map(([name, source, ends]) => ({
  name: `name-${String(name)}`,
  tries: `exports whose names are those of something else: ${String(name)}`,
  source: () => String(source),
  ends: ends === compiled ? compiled : refused,
}));

/** @type {readonly CompileCase[]} */
const places = [
  ['parent', { '../main.js': fine }],
  ['absolute', { '/main.js': fine }],
  ['url', { 'https://a.example/main.js': fine }],
  ['prelude', { '<prelude>.js': fine }],
  ['newline', { 'a\nb.js': fine }],
  ['outside', { 'main.js': `import '../../etc/passwd'; ${fine}` }],
  ['package', { 'main.js': `import 'node:fs'; ${fine}` }],
  ['data', { 'main.js': `import 'data:text/javascript,1'; ${fine}` }],
  ['remote', { 'main.js': `import 'https://a.example/a.js'; ${fine}` }],
].map(([name, source]) => ({
  name: `file-${String(name)}`,
  tries: `a file or import that is no file of the plug-in: ${String(name)}`,
  source: () => /** @type {Record<string, string>} */ (source),
  ends: refused,
}));

/** @type {readonly CompileCase[]} */
const options = [
  ['type', { hostFunctions: { a: { params: ['I63'] } } }],
  ['inherited', { hostFunctions: { a: { params: ['toString'], result: 'constructor' } } }],
  ['null', { hostFunctions: { a: null } }],
].map(([name, given]) => ({
  name: `host-function-${String(name)}`,
  tries: `a declared host function that is none: ${String(name)}`,
  source: () => fine,
  options: /** @type {Record<string, unknown>} */ (given),
  ends: wrongly,
}));

/** @type {readonly CompileCase[]} */
export const compileCases = [
  ...sizes,
  ...cycles,
  ...nesting,
  ...speculation,
  ...declarations,
  ...names,
  ...places,
  ...options,
];
