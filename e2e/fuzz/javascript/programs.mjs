// Generates programs of the part of JavaScript that QuickJS and the engines of browsers run alike: nothing of them depends on a locale, a
// clock, the precision of Math.sin, the text of an error or of a function, or the depth of the stack.

/** @typedef {() => number} Random Returns the next number from 0 to 1. */

/** Returns the same numbers for the same seed. @param {number} seed @returns {Random} */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const literals = [
  '0',
  '-0',
  '1',
  '-1',
  '7',
  '255',
  '2 ** 31',
  '-(2 ** 31)',
  '0.1',
  '1e21',
  '1e-7',
  'NaN',
  'Infinity',
  '9007199254740993',
  '0n',
  '7n',
  '-3n',
  '2n ** 70n',
  'true',
  'false',
  'null',
  'undefined',
  '[]',
  '{}',
  '[1, 2, 3]',
  "['b', 'a']",
  '[, 1]',
  '""',
  '"a"',
  '"abc"',
  '"12"',
  '" 0x1f "',
  '"ä😀"',
  '"\\ud800"',
  '"a,b,c"',
  '"The quick brown fox"',
  '"1e3"',
  '{ a: 1, b: 2 }',
  '{ 2: "two", b: 1, 1: "one" }',
  '{ get a() { return 5 } }',
  '{ a: { b: { c: 3 } } }',
  'new Set([1, 1, 2])',
  'new Map([["k", 1], [NaN, 2]])',
  'new Uint8Array([1, 300, -1])',
  'new Float32Array([0.1, 1e40])',
  'Symbol.iterator',
];
const unary = ['-', '+', '!', '~', 'typeof ', 'void '];
const binary = [
  '+',
  '-',
  '*',
  '/',
  '%',
  '&',
  '|',
  '^',
  '<<',
  '>>',
  '>>>',
  '<',
  '<=',
  '>',
  '>=',
  '==',
  '!=',
  '===',
  '!==',
  '&&',
  '||',
  '??',
  ',',
];
const assigning = ['=', '+=', '-=', '*=', '%=', '|=', '&&=', '||=', '??='];
const names = ['a', 'b', 'c', 'length', '0', '1'];
const regexes = [
  '/a/',
  '/[a-c]+/g',
  '/(?<first>\\w)(\\w)?/',
  '/^\\s*|\\s*$/g',
  '/\\d+(?=e)/',
  '/(?<!q)u/i',
  '/./gu',
  '/(a)|(b)|,/g',
  '/\\bq\\w*/y',
  '/[^\\x00-\\x7f]/gu',
];
const onText = [
  '.length',
  '.toUpperCase()',
  '.trim()',
  '.split("")',
  '.split(",")',
  '.split("", 2)',
  '.charCodeAt(1)',
  '.codePointAt(1)',
  '.at(-1)',
  '.slice(1, -1)',
  '.substring(2, 1)',
  '.padStart(6, "xy")',
  '.repeat(2)',
  '.indexOf("b")',
  '.lastIndexOf("a")',
  '.isWellFormed()',
  '.replaceAll("a", "[$&]")',
  '.concat(1, null)',
  '.includes("bc")',
  '.localeCompare === undefined',
  '[Symbol.iterator]().next()',
];
const onList = [
  '.length',
  '.at(-1)',
  '.slice(1)',
  '.concat([4], 5)',
  '.join("-")',
  '.indexOf(2)',
  '.includes(NaN)',
  '.flat()',
  '.toReversed()',
  '.keys().next()',
  '.toSorted()',
  '.with(0, 9)',
  '.toSpliced(1, 1, "x", "y")',
  '.fill(8, 1)',
  '.copyWithin(0, 1)',
];
const onAny = [
  'JSON.stringify(X)',
  'Object.keys(Object(X))',
  'Object.entries(Object(X)).length',
  'Number(X)',
  'String(X)',
  'Boolean(X)',
  'parseInt(X)',
  'parseFloat(X)',
  'Array.isArray(X)',
  'Math.trunc(X)',
  'Math.imul(X, 3)',
  'Math.clz32(X)',
  'Math.fround(X)',
  'Math.round(X)',
  'Math.sign(X)',
  'Math.max(X, 2)',
  'isNaN(X)',
  'Number(X).toString(2).length',
  'Number(X).toFixed(2)',
  'Number(X).toPrecision(3)',
  'BigInt(X)',
  'BigInt.asIntN(8, X)',
  'structuredClone === undefined',
  'encodeURIComponent(X)',
  'Object.is(X, -0)',
  '[...X]',
  '({ ...Object(X) })',
  'JSON.parse(X)',
  'Array.from({ length: 3 }, (_, i) => [i, X])',
  'new Date(5).getTime()',
  'Reflect.ownKeys(Object(X)).length',
];

/** Writes one program. */
class Writer {
  #random;
  #functions = 0;
  #generators = 0;
  #labels = 0;
  #mayAwait = false;

  /** @param {Random} random */
  constructor(random) {
    this.#random = random;
  }

  /** @param {number} below */
  #number(below) {
    return Math.floor(this.#random() * below);
  }

  /** @template Item @param {readonly Item[]} items @returns {Item} */
  #oneOf(items) {
    return /** @type {Item} */ (items[this.#number(items.length)]);
  }

  #variable() {
    return `v${this.#number(5)}`;
  }

  /** @param {number} depth @returns {string} */
  expression(depth) {
    if (depth <= 0) return this.#random() < 0.5 ? this.#variable() : this.#literal();
    const inner = () => this.expression(depth - 1);
    const text = () => `text(${inner()})`;
    const items = () => `list(${inner()})`;
    const forms = [
      () => `(${inner()} ${this.#oneOf(binary)} ${inner()})`,
      () => `(${inner()} ${this.#oneOf(binary)} ${inner()})`,
      () => `(${this.#oneOf(unary)}${this.#variable()})`,
      () => `(${inner()} ? ${inner()} : ${inner()})`,
      () => `[${inner()}, ...list(${inner()})]`,
      () => `{ a: ${inner()}, [${text()}]: ${inner()}, ...Object(${this.#variable()}) }`,
      () => `\`<\${text(${inner()})}>\``,
      () => `${text()}${this.#oneOf(onText)}`,
      () => `${items()}${this.#oneOf(onList)}`,
      () =>
        `${text()}.replace(${this.#oneOf(regexes)}, ${this.#random() < 0.5 ? '"[$1$&]"' : '(...all) => all.length'})`,
      () => `${this.#oneOf(regexes)}.exec(${text()})`,
      () => `Array.from(${text()}.matchAll(/${this.#oneOf(['a', '\\w', '(.)(?<n>.)?'])}/g), (m) => [m.index, ...m])`,
      () => `${text()}.split(${this.#oneOf(regexes)})`,
      () => `${items()}.map((x, i) => (tick(), ${this.#callback(inner())}))`,
      () => `${items()}.filter((x) => (tick(), ${this.#callback(inner())}))`,
      () => `${items()}.reduce((x, y) => (tick(), [x, y, ${inner()}].length), 0)`,
      () => `${items()}.toSorted((x, y) => (text(x) < text(y) ? -1 : text(x) > text(y) ? 1 : 0))`,
      () => `Object(${inner()})?.[${JSON.stringify(this.#oneOf(names))}]`,
      () => `(${this.#variable()} ${this.#oneOf(assigning)} ${inner()})`,
      () => this.#oneOf(onAny).replaceAll('X', `(${inner()})`),
      () => (this.#functions === 0 ? inner() : `f${this.#number(this.#functions)}(${inner()}, ${inner()})`),
      () => (this.#generators === 0 ? inner() : `[...g${this.#number(this.#generators)}(${inner()})]`),
    ];
    return bracketed(this.#oneOf(forms)());
  }

  #literal() {
    return bracketed(this.#oneOf(literals));
  }

  /** Uses the parameter of a callback in a half of all cases. @param {string} other */
  #callback(other) {
    return this.#random() < 0.5 ? `[x, ${other}]` : other;
  }

  /** @param {number} depth @returns {string} */
  statement(depth) {
    const value = () => this.expression(2);
    if (depth <= 0) return `${this.#variable()} = ${this.expression(3)};`;
    const block = () => Array.from({ length: 1 + this.#number(2) }, () => this.statement(depth - 1)).join(' ');
    const variable = this.#variable();
    const forms = [
      () => `${variable} = ${this.expression(3)};`,
      () => `note(${this.expression(3)});`,
      () => `if (${value()}) { ${block()} } else { ${block()} }`,
      () =>
        `for (let i = 0; i < ${1 + this.#number(5)}; i += 1) { tick(); ${block()} if (${value()}) continue; note(i); }`,
      () => `for (const x of list(${value()})) { tick(); note(x); ${block()} if (${value()}) break; }`,
      () => `for (const x in Object(${value()})) { tick(); note(x); }`,
      () => `try { ${block()} throw ${value()}; } catch (e) { keep(e); ${block()} } finally { ${block()} }`,
      () =>
        `switch (${value()}) { case ${value()}: ${block()} case ${value()}: ${block()} break; default: ${block()} }`,
      () => {
        const label = `l${(this.#labels += 1)}`;
        return `${label}: for (let i = 0; i < 3; i += 1) { for (;;) { tick(); ${block()} if (${value()}) continue ${label}; break ${label}; } }`;
      },
      () => `{ const { a, b = ${value()}, ...rest } = Object(${value()}); note([a, b, rest]); }`,
      () => `{ const [a, , b = ${value()}, ...rest] = list(${value()}); note([a, b, rest]); }`,
      () => this.#class(),
      () => `{ const m = new Map([[${value()}, 1], [${value()}, 2]]); m.delete(${value()}); note([...m]); }`,
      () =>
        `{ const b = new DataView(new ArrayBuffer(8)); b.setFloat32(0, Number(text(${this.#variable()})) || 0); note([b.getInt32(0, true), b.getUint8(3)]); }`,
    ];
    return this.#oneOf(this.#mayAwait ? [...forms, ...this.#awaiting()] : forms)();
  }

  #awaiting() {
    const value = () => this.expression(2);
    return [
      () => `note(await ${value()});`,
      () =>
        `note(await Promise.allSettled([(async () => ${value()})(), (async () => { throw ${value()} })(), (async () => ${value()})().then((x) => [x])]));`,
      () => `(async () => ${value()})().then(note).finally(() => keep('end')).catch(() => keep('caught'));`,
    ];
  }

  #class() {
    const value = () => this.expression(1);
    return (
      `{ class A { static s = ${value()}; #p = ${value()}; a = ${value()}; get p() { return this.#p } set p(x) { this.#p = [x] } m() { return ${value()} } } ` +
      `class B extends A { m() { return [super.m(), this.a, this.p] } [Symbol.toPrimitive](hint) { return hint } } ` +
      `const b = new B(); b.p = ${value()}; note([b.m(), B.s, \`\${b}\`, b + '', +b, b instanceof A, Object.keys(b)]); }`
    );
  }

  #declaration() {
    const value = () => this.expression(2);
    if (this.#random() < 0.5) {
      const code = `function f${this.#functions}(x, y = ${value()}) { tick(); ${this.statement(1)} return ${value()}; }`;
      this.#functions += 1;
      return code;
    }
    const code = `function* g${this.#generators}(x) { tick(); note(yield x); yield* list(${value()}); try { yield ${value()} } finally { note('done') } }`;
    this.#generators += 1;
    return code;
  }

  program() {
    const functions = Array.from({ length: 1 + this.#number(3) }, () => this.#declaration());
    const variables = Array.from({ length: 5 }, (_, index) => `v${index} = ${this.#literal()};`);
    this.#mayAwait = true;
    const statements = Array.from({ length: 4 + this.#number(6) }, () => {
      return `try { trim(); ${this.statement(2)} } catch (e) { keep(e) }`;
    });
    return [
      support,
      variables.join(' '),
      ...functions,
      ...statements,
      'for (let turns = 0; turns < 20; turns += 1) await null;',
      'keep([v0, v1, v2, v3, v4]);',
      'return [...notes];',
    ].join('\n');
  }
}

/** An object literal is not an expression everywhere. @param {string} code */
function bracketed(code) {
  return code.startsWith('{') ? `(${code})` : code;
}

/** What each program has: notes as text, and a limit of steps. Errors are noted by their names, because engines word them differently. */
const support = `const notes = []; let steps = 0; let v0, v1, v2, v3, v4;
const weight = (x, left) => {
  if (typeof x !== 'object' || x === null || left <= 0) return 1;
  let sum = 1;
  for (const one of x instanceof Map || x instanceof Set ? x : Object.values(x)) if ((sum += weight(one, left - sum)) > left) break;
  return sum;
};
const trimmed = (x) => typeof x === 'string' ? x.slice(0, 300) : typeof x === 'bigint' ? BigInt.asIntN(256, x) : weight(x, 40) > 40 ? 0 : x;
const trim = () => { v0 = trimmed(v0); v1 = trimmed(v1); v2 = trimmed(v2); v3 = trimmed(v3); v4 = trimmed(v4) };
const tick = () => { trim(); if ((steps += 1) > 300) throw new EvalError() };
const shown = (x, depth) => {
  if (typeof x === 'string') return JSON.stringify(x.slice(0, 200)) + x.length;
  if (typeof x === 'bigint') return x.toString(16).slice(0, 200) + 'n';
  if (typeof x === 'symbol') return String(x);
  if (typeof x === 'function') return 'function';
  if (typeof x !== 'object' || x === null) return Object.is(x, -0) ? '-0' : String(x);
  if (x instanceof Error) return x.name;
  if (depth > 4) return '...';
  const items = (all) => Array.from(all).slice(0, 20).map((one) => shown(one, depth + 1)).join();
  if (x instanceof Map) return 'Map(' + items(x) + ')';
  if (x instanceof Set) return 'Set(' + items(x) + ')';
  if (Array.isArray(x) || ArrayBuffer.isView(x)) return '[' + items(x) + ']' + x.length;
  return '{' + Reflect.ownKeys(x).slice(0, 20).map((key) => String(key) + ':' + shown(x[key], depth + 1)).join() + '}';
};
const keep = (x) => void notes.push(shown(x, 0));
const note = (x) => { tick(); keep(x); return x };
const text = (x) => (typeof x === 'object' || typeof x === 'symbol' || typeof x === 'function' ? shown(x, 3) : String(x)).slice(0, 300);
const list = (x) => Array.isArray(x) || x instanceof Set || x instanceof Map ? [...x].slice(0, 20) : [x, 2, 'z'];`;

/**
 * Returns the bodies of async functions without parameters, which return lists of text.
 * @param {number} seed
 * @param {number} count
 */
export function generatedPrograms(seed, count) {
  const random = randomFrom(seed);
  return Array.from({ length: count }, () => new Writer(random).program());
}

/** Returns a plug-in that exports each program: `p0`, `p1` and so on. @param {readonly string[]} programs */
export function pluginOf(programs) {
  return programs
    .map(
      (body, index) =>
        `export async function p${index}() { Host.outputString(JSON.stringify(await (async () => { ${body} })())) }\n`,
    )
    .join('');
}

/** Returns a module whose default export runs all programs in this engine. @param {readonly string[]} programs */
export function moduleOf(programs) {
  return `export default [${programs.map((body) => `async () => { ${body} }`).join(',\n')}];`;
}
