import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isTest, parseSource, readSources, type SourceFile } from '../e2e/setup/source-files.js';

/**
 * Texts that people see stand in one table per surface: `src/elements/strings.ts` and `demo/strings.ts`. These tests look for
 * texts in the syntax trees of all other files of a surface.
 */
const tables = new Set(['src/elements/strings.ts', 'demo/strings.ts']);
/** Files of the demo that show nothing: units, storage keys and the service worker. */
const showNothing = new Set([
  'demo/format.ts',
  'demo/kept-values.ts',
  'demo/remembered.ts',
  'demo/session.ts',
  'demo/service-worker/service-worker.ts',
]);

type Node = Readonly<Record<string, unknown>> & { readonly type: string };

/** Functions whose strings name things: selectors, events, storage keys. */
const namingCalls = new Set(
  'querySelector querySelectorAll matches closest matchMedia addEventListener removeEventListener createElement byId getItem setItem removeItem has includes'.split(
    ' ',
  ),
);
/** The argument from which on strings are shown, by function. */
const showingCalls = new Map([
  ['make', 2],
  ['button', 0],
  ['copyButton', 0],
  ['announce', 0],
]);
const textAttribute = /^(?:aria-(?:label|description|valuetext|roledescription)|title|placeholder|alt|label)$/u;
const keyNames = /^(?:Arrow(?:Up|Down|Left|Right)|Home|End|Enter|Escape|Tab|Control\+Enter)$/u;

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function children(node: Node): Node[] {
  return Object.values(node)
    .flatMap((value) => (Array.isArray(value) ? value : [value]))
    .filter(isNode);
}

function nameOf(value: unknown): string {
  if (!isNode(value)) return '';
  if (value.type === 'MemberExpression') return nameOf(value['property']);
  return String(value['name'] ?? value['value'] ?? '');
}

function quasisOf(template: unknown): string[] {
  const quasis = isNode(template) && Array.isArray(template['quasis']) ? template['quasis'] : [];
  return quasis.map((quasi: { readonly value: { readonly cooked: string } }) => quasi.value.cooked);
}

function expressionsOf(template: unknown): Node[] {
  return isNode(template) && Array.isArray(template['expressions']) ? template['expressions'].filter(isNode) : [];
}

/** Two words, a capitalised word, or a word that ends a sentence. */
function looksLikeText(text: string): boolean {
  return /\p{Lu}\p{Ll}|\p{L}{2,}[,:;]? \p{L}|\p{L}{2,}[.?!\u2026](?:\s|$)/u.test(text) && !keyNames.test(text);
}

/** Where a node stands: shown to people for sure, naming something for sure, or neither is known. */
type Place = 'shown' | 'name' | 'unknown';

/** Returns every text literal below `node`. */
function textsIn(node: Node, place: Place = 'unknown'): string[] {
  const below = (inner: unknown, at: Place = 'unknown'): string[] =>
    (Array.isArray(inner) ? inner : [inner]).filter(isNode).flatMap((one) => textsIn(one, at));
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ThrowStatement':
      return [];
    case 'Literal':
      return typeof node['value'] === 'string' && isText(node['value'], place) ? [node['value']] : [];
    case 'TemplateLiteral':
      return templateTexts(node, place);
    case 'TaggedTemplateExpression':
      return nameOf(node['tag']) === 'html' ? htmlTexts(node['quasi']) : [];
    case 'ConditionalExpression':
      return [...below(node['test']), ...below(node['consequent'], place), ...below(node['alternate'], place)];
    case 'LogicalExpression':
      return [...below(node['left'], place), ...below(node['right'], place)];
    case 'BinaryExpression':
      return /^(?:[!=]|in)/u.test(String(node['operator']))
        ? []
        : [...below(node['left'], place), ...below(node['right'], place)];
    case 'Property':
      return below(node['value'], propertyPlace(nameOf(node['key'])));
    case 'CallExpression':
    case 'NewExpression':
      return callTexts(node);
    default:
      if (node.type.startsWith('TS')) return below(node['expression']);
      return children(node).flatMap((inner) => textsIn(inner));
  }
}

function isText(text: string, place: Place): boolean {
  if (place === 'name') return false;
  return place === 'shown' ? /\p{L}/u.test(text) : looksLikeText(text);
}

function templateTexts(node: Node, place: Place): string[] {
  const whole = quasisOf(node).join('\u0000');
  const isShown = place === 'shown' ? /\p{L}/u.test(whole) : / \p{L}{2,}|\p{L}{2,} /u.test(whole);
  const isSelector = /^[#.[]/u.test(whole);
  const own = place !== 'name' && isShown && !isSelector ? [whole.replaceAll('\u0000', '${}')] : [];
  return [...own, ...expressionsOf(node).flatMap((inner) => textsIn(inner))];
}

function propertyPlace(key: string): Place {
  if (textAttribute.test(key)) return 'shown';
  return /^(?:class|id|for|type|role|rel|href|property|inputmode|autocomplete|aria-[\w-]+|data-[\w-]+|opfs)$/u.test(key)
    ? 'name'
    : 'unknown';
}

function callTexts(node: Node): string[] {
  const name = nameOf(node['callee']);
  const given = (Array.isArray(node['arguments']) ? node['arguments'] : []).filter(isNode);
  if (namingCalls.has(name)) return given.flatMap((inner) => (inner.type.endsWith('Literal') ? [] : textsIn(inner)));
  const from = showingCalls.get(name) ?? Infinity;
  const callee = isNode(node['callee']) ? textsIn(node['callee']) : [];
  return [...callee, ...given.flatMap((inner, index) => textsIn(inner, index >= from ? 'shown' : 'unknown'))];
}

/** The texts in an `html` template: between tags, in attributes that are read out, and in its expressions. */
function htmlTexts(template: unknown): string[] {
  const quasis = quasisOf(template);
  const whole = quasis.join('\u0000');
  const between = whole.replace(/<[^>]*>/gu, ' ').replaceAll('\u0000', ' ');
  const attributes = Array.from(whole.matchAll(/\s([\w-]+)="([^"]*)"/gu))
    .filter(([, name = '', value = '']) => textAttribute.test(name) && /\p{L}/u.test(value))
    .map(([, , value = '']) => value);
  const own = /\p{L}/u.test(between) ? [between.trim().replace(/\s+/gu, ' ')] : [];
  const inner = expressionsOf(template).flatMap((expression, index) => {
    const before = quasis.slice(0, index + 1).join('\u0000');
    const attribute = /\s([.?@]?[\w-]+)=(?:"[^"]*|'[^']*|[^"'\s<>]*)$/u.exec(before)?.[1];
    const place: Place = attribute === undefined || textAttribute.test(attribute) ? 'shown' : 'name';
    return textsIn(expression, attribute?.startsWith('@') === true ? 'unknown' : place);
  });
  return [...own, ...attributes, ...inner];
}

function textsOf({ path, nodes }: SourceFile): string[] {
  const program = nodes[0]?.fields;
  if (!isNode(program)) return [];
  return textsIn(program).map((text) => `${path}: ${text}`);
}

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const elements = readSources('src').filter(({ path }) => path.startsWith('src/elements/') && !isTest.test(path));
const demo = readSources('demo').filter(({ path }) => !showNothing.has(path));

describe('texts that people see', () => {
  test('stand in the tables of strings alone', () => {
    const others = [...elements, ...demo].filter(({ path }) => !tables.has(path));
    expect(others.length).toBeGreaterThan(30);
    expect(others.flatMap(textsOf)).toEqual([]);
  });

  test.each([
    ['in a template', 'html`<p>Saved</p>`'],
    ['in an attribute that is read out', 'html`<input aria-label="Plug-in file" />`'],
    ['in an expression', "html`<p>${isOn ? 'on' : nothing}</p>`"],
    ['in an expression for an attribute', "html`<input placeholder=${isSet ? 'set' : ''} />`"],
    ['in a nested template', 'html`<ul>${rows.map(() => html`<li>one row</li>`)}</ul>`'],
    ['in a state', "this.status = 'Saved.'"],
    ['in a template literal', 'announce(`${name} removed`)'],
    ['in an element that is made', "make('p', { class: 'note' }, 'none')"],
    ['in an attribute that is made', "make('input', { placeholder: 'filter' })"],
    ['on a button', "button('undo', act)"],
  ])('would be found %s', (_where, code) => {
    expect(textsOf(parseSource('demo/sample.ts', code))).toHaveLength(1);
  });

  test.each([
    ['class names', "html`<p class=${isBad ? 'small error' : 'small quiet'}></p>`"],
    ['selectors', "this.querySelectorAll('summary, button, input:checked')"],
    ['styles', 'css`.row { color: red; }`'],
    ['events', "on('change', (event) => event.key === 'ArrowRight')"],
    ['made elements', "make('div', { class: 'small quiet' }, strings.list.empty)"],
  ])('are no %s', (_what, code) => {
    expect(textsOf(parseSource('demo/sample.ts', code))).toEqual([]);
  });

  test('are all used', () => {
    const code = elements
      .filter(({ path }) => !tables.has(path))
      .map(({ path }) => read(path))
      .join('\n');
    const [, table = ''] = /export interface ElementStrings \{(.*?)\n\}/su.exec(read('src/elements/strings.ts')) ?? [];
    const keys = Array.from(table.matchAll(/^ {2}readonly (\w+)/gmu), ([, key = '']) => key);
    expect(keys.length).toBeGreaterThan(90);
    expect(keys.filter((key) => !new RegExp(`\\.${key}\\b`, 'u').test(code))).toEqual([]);
  });

  test.each(['demo/index.html', 'demo/library.html'])('are named by %s, not written in it', (path) => {
    const [, body = ''] = /<body>(.*)<\/body>/su.exec(read(path)) ?? [];
    // Without JavaScript no table can be read.
    const markup = body.replace(/<noscript>.*?<\/noscript>/su, '');
    expect(markup.replace(/<[^>]*>/gu, ' ').match(/[\p{L}-]+/gu)).toEqual(['Tenon']);
    expect(markup).not.toMatch(/\s(?:aria-label|title|placeholder|alt)="/u);
    const [, table = ''] = / page: \{(.*?)\n {2}\},/su.exec(read('demo/strings.ts')) ?? [];
    const known = new Set(Array.from(table.matchAll(/^ {4}(\w+):/gmu), ([, key]) => key));
    const named = Array.from(markup.matchAll(/data-(?:text|label)="(\w+)"/gu), ([, key]) => key);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((key) => !known.has(key))).toEqual([]);
  });
});
