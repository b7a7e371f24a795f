// Plug-ins in JavaScript that attack from within, as exports of one source for each kind of attack.

/** @typedef {'value' | 'guest-error' | 'guest-trap' | 'guest-exit' | 'timeout' | 'output-too-large'} End */

/**
 * @typedef {object} Attack
 * @property {string} name The name of the export.
 * @property {string} code The body of the export.
 * @property {readonly End[]} ends
 * @property {string} [output] What a value must be. Default: anything.
 * @property {boolean} [isAsync] Whether the export is an async function. Default: false.
 * @property {boolean} [takesMemory] Whether it allocates as long as it may, which only a host with a limit of memory withstands.
 */

/** @typedef {{ name: string, tries: string, attacks: readonly Attack[], before?: string }} AttackGroup */

/** However the engine ends it: a JavaScript error where it can, a trap where it cannot. @type {readonly End[]} */
const any = ['value', 'guest-error', 'guest-trap', 'timeout'];
/** @type {readonly End[]} */
const fails = ['guest-error', 'guest-trap'];
/** @type {readonly End[]} */
const value = ['value'];
/** @type {readonly End[]} */
const error = ['guest-error'];
/** @type {readonly End[]} */
const endless = ['timeout'];

/**
 * @param {readonly End[]} ends
 * @param {Readonly<Record<string, string>>} codes
 * @param {Partial<Attack>} [more]
 * @returns {Attack[]}
 */
const attacks = (ends, codes, more = {}) =>
  Object.entries(codes).map(([name, code]) => ({ name, code, ends, ...more }));

/** @type {AttackGroup} */
const prototypes = {
  name: 'prototypes',
  tries: 'to change what the prelude and its host rely on',
  attacks: [
    ...attacks(['value', 'guest-error'], {
      thenOfEverything: `Object.defineProperty(Object.prototype, 'then', { get() { throw new Error('then') } })`,
      settersOfEverything: `for (const name of ['value', 'kind', 'index', '0']) Object.defineProperty(Object.prototype, name, { set() { throw 1 } })`,
      arrays: `for (const name of ['map', 'filter', 'join', 'forEach', 'includes']) Array.prototype[name] = () => { throw 1 }; Array.prototype[Symbol.iterator] = null`,
      strings: `for (const name of ['split', 'replace', 'trim', 'startsWith', 'toWellFormed']) String.prototype[name] = () => 5`,
      regexps: `RegExp.prototype.exec = () => ({ index: -1e9, length: 1e9 }); RegExp.prototype[Symbol.replace] = () => { throw 1 }`,
      json: `JSON.parse = JSON.stringify = () => { throw 1 }`,
      reflect: `Reflect.get = Reflect.ownKeys = Object.entries = Object.fromEntries = Object.defineProperty = null`,
      functions: `Function.prototype.call = Function.prototype.apply = Function.prototype.bind = null; Function.prototype[Symbol.hasInstance] = null`,
      numbers: `Math.trunc = () => 1e300; Number.isSafeInteger = () => true; isNaN = Number = String = Object = null; return 7n`,
      deletion: `for (const name of Object.getOwnPropertyNames(globalThis)) try { delete globalThis[name] } catch {}`,
      freezing: `for (const name of Object.getOwnPropertyNames(globalThis)) Object.freeze(globalThis[name]); Object.freeze(globalThis)`,
      objects: `globalThis.Host = globalThis.plugin = globalThis.console = new Proxy({}, { get() { throw 1 } })`,
      prototypeOfGlobal: `Object.setPrototypeOf(globalThis, new Proxy({}, { get() { throw 1 }, has() { return true } }))`,
    }),
    ...attacks(['value', 'guest-error', 'guest-exit'], {
      promises: `Promise.prototype.then = () => {}; Promise.resolve = () => ({}); return Promise.reject(1)`,
      errors: `Error.prototype.toString = () => { throw 1 }; Object.defineProperty(Error.prototype, 'stack', { get() { throw 1 } }); throw new Error('x')`,
      iterators: `Object.getPrototypeOf([][Symbol.iterator]()).next = () => ({ done: true }); throw new Error('x')`,
      species: `Object.defineProperty(Promise, Symbol.species, { value: function () {} }); return new Promise(() => {})`,
      exitCode: `return 2 ** 40 + 5`,
    }),
    ...attacks(error, {
      throwsNothing: `throw undefined`,
      throwsSymbol: `throw Symbol('x')`,
      throwsProxy: `throw new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 1 } })`,
      throwsUnreadable: `throw { toString() { throw { toString() { throw 1 } } } }`,
      throwsStack: `const e = new Error('x'); Object.defineProperty(e, 'stack', { value: 'at f\\n'.repeat(2e5) }); throw e`,
      throwsText: `throw new Error('x'.repeat(5e6))`,
      throwsBinary: `throw '\\ud800\\0'.repeat(1e5)`,
    }),
  ],
};

/** @type {AttackGroup} */
const loops = {
  name: 'loops',
  tries: 'to run for ever',
  attacks: [
    ...attacks(endless, {
      spins: `while (true);`,
      generator: `for (const _ of (function* () { while (true) yield 1 })());`,
      regex: `/^(a|a|aa)+$/.test('a'.repeat(60) + 'b')`,
      jobs: `const go = () => Promise.resolve().then(go); go()`,
      microtasks: `const go = () => queueMicrotask(go); go()`,
      toText: `throw { toString() { while (true); } }`,
      thenable: `return { then() { while (true); } }`,
    }),
    ...attacks(
      endless,
      {
        interval: `await new Promise(() => setInterval(() => {}, 0))`,
        longTimer: `await new Promise((settle) => setTimeout(settle, 2 ** 53))`,
        infiniteTimer: `await new Promise((settle) => setTimeout(settle, Infinity))`,
      },
      { isAsync: true },
    ),
    ...attacks(error, { pending: `await new Promise(() => {})` }, { isAsync: true }),
    ...attacks(any, {
      atomics: `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)`,
      sparse: `const a = []; a[2 ** 32 - 2] = 1; a.sort(); a.reverse(); a.lastIndexOf(2)`,
      bigints: `let a = 3n; while (true) a *= a`,
    }),
  ],
};

/** @type {AttackGroup} */
const stack = {
  name: 'stack',
  tries: 'to exhaust the stack in script, in the parser and in native code',
  attacks: [
    ...attacks([...fails, 'value'], {
      recursion: `const go = () => go(); go()`,
      getters: `const o = { get a() { return this.a } }; o.a`,
      text: `const o = { toString() { return '' + this } }; '' + o`,
      nestedText: `let a = []; for (let i = 0; i < 2e4; i += 1) a = [a]; JSON.stringify(a)`,
      nestedJoin: `let a = []; for (let i = 0; i < 1e5; i += 1) a = [a]; String(a)`,
      nestedParse: `JSON.parse('['.repeat(1e6))`,
      nestedCode: `new Function('['.repeat(1e6))`,
      nestedRegex: `new RegExp('('.repeat(1e5) + ')'.repeat(1e5))`,
      nestedEval: `const go = () => eval('go()'); go()`,
      proxies: `let p = {}; for (let i = 0; i < 1e5; i += 1) p = new Proxy(p, {}); p.x`,
      bound: `let f = () => 1; for (let i = 0; i < 3000; i += 1) f = f.bind(null); f()`,
      sorting: `const go = () => [1, 2].sort(go); go()`,
      replacing: `const go = () => 'a'.replace(/a/, go); go()`,
      reviver: `const go = () => JSON.parse('[1]', go); go()`,
      clone: `let a = {}; for (let i = 0; i < 1e5; i += 1) a = { a }; structuredClone(a)`,
      jobsInJobs: `const go = () => { Host.outputString({ toString: go }); return '' }; go()`,
      manyArguments: `Math.max(...new Array(1e6).fill(1))`,
    }),
  ],
};

/** @type {AttackGroup} */
const memory = {
  name: 'memory',
  tries: 'to take all memory',
  attacks: [
    ...attacks(
      [...fails, 'timeout'],
      {
        strings: `let s = 'xy'; const all = []; while (true) { s += s.slice(0, 1e6); all.push(s + '') }`,
        arrays: `const a = []; while (true) a.push(new Array(1000).fill(0))`,
        maps: `const m = new Map(); for (let i = 0; ; i += 1) m.set(i, { i })`,
        promises: `const all = []; while (true) all.push(new Promise(() => {}).then(() => {}))`,
        closures: `let f = () => 1; for (;;) { const g = f; f = () => g }`,
        symbols: `for (let i = 0; ; i += 1) Symbol.for('symbol' + 'x'.repeat(1000) + i)`,
        buffers: `const all = []; while (true) all.push(new Uint8Array(1e6).fill(1))`,
        blocks: `while (true) Memory.fromString('x'.repeat(1e6))`,
        timers: `for (;;) setTimeout(() => {}, 1e9)`,
      },
      { takesMemory: true },
    ),
    ...attacks(
      any,
      {
        hugeString: `'x'.repeat(2 ** 30 - 2)`,
        hugePad: `'a'.padEnd(2 ** 29, 'bc')`,
        hugeBuffer: `new ArrayBuffer(2 ** 31)`,
        hugeArray: `new Array(2 ** 32 - 1).fill(0)`,
        hugeBigint: `2n ** (2n ** 31n)`,
        resizable: `const b = new ArrayBuffer(8, { maxByteLength: 2 ** 31 }); b.resize(2 ** 30)`,
        hugeJoin: `new Array(2 ** 28).join('abcd')`,
        hugeRandom: `crypto.getRandomValues(new Uint8Array(2 ** 28))`,
        hugeCapture: `'a'.repeat(1e6).replace(/a/g, '$&$&$&$&$&$&$&$&'.repeat(100))`,
      },
      { takesMemory: true },
    ),
    ...attacks(['value', 'guest-error'], {
      detached: `const b = new ArrayBuffer(64); const v = new Uint8Array(b); b.transfer(); Host.outputBytes(v); Host.outputBytes(b)`,
      shrunk: `const b = new ArrayBuffer(64, { maxByteLength: 64 }); const v = new Uint8Array(b, 32); b.resize(8); Host.outputBytes(v)`,
      views: `Host.outputBytes(new Proxy(new Uint8Array(8), {})); Host.outputBytes({ byteLength: 1e9, buffer: null })`,
    }),
  ],
};

/** @type {AttackGroup} */
const reach = {
  name: 'reach',
  tries: 'to reach what no plug-in may',
  before: 'globalThis.kept = [];',
  attacks: [
    ...attacks(
      value,
      {
        globals: `Host.outputString(['window', 'document', 'self', 'postMessage', 'importScripts', 'WebAssembly', 'process', 'require', 'Deno', 'Worker', 'XMLHttpRequest', 'indexedDB', 'caches', 'navigator', 'location', 'std', 'os', 'scriptArgs', 'print', 'load', 'quit', 'gc', 'native', 'qjs'].filter((name) => name in globalThis || (0, eval)('typeof ' + name) !== 'undefined').join())`,
        constructors: `const found = []; for (const f of [Function, (async () => {}).constructor, (function* () {}).constructor]) { const g = f('return this')(); found.push(typeof g === 'object' && g !== null && 'document' in g) } Host.outputString(found.filter(Boolean).join())`,
        callers: `const f = function () { return f.caller ?? '' }; try { Host.outputString(f()) } catch { Host.outputString('') }`,
        traces: `Error.prepareStackTrace = (_, sites) => sites; const { stack } = new Error('x'); const of = Array.isArray(stack) ? stack.map((site) => site.getFunction?.() ?? null) : []; Host.outputString(of.filter((one) => typeof one === 'object' && one !== null && 'a' in one).join())`,
      },
      { output: '' },
    ),
    ...attacks(
      value,
      {
        imports: `const found = []; for (const name of ['node:fs', 'std', 'qjs:std', 'data:text/javascript,1', 'https://a.example/', '<prelude>', '<platform>', 'program.json', './other.js', '__proto__']) try { await import(name); found.push(name) } catch {} Host.outputString(found.join())`,
      },
      { isAsync: true, output: '' },
    ),
    ...attacks(
      ['value', ...fails],
      {
        forgedBlocks: `const found = []; for (const at of [1, 8, 16, 1024, 2 ** 20, 2 ** 31, 2 ** 32, 2 ** 52, -1, NaN, Infinity]) { try { found.push(new MemoryHandle(at, 1e9).readBytes().byteLength) } catch {} try { new MemoryHandle(at, 8).free() } catch {} } Host.outputString(found.filter((one) => one > 0).join())`,
      },
      { output: '' },
    ),
    ...attacks(['value', 'guest-error'], {
      doubleFree: `const m = Memory.fromString('x'.repeat(100)); m.free(); m.free(); Memory.fromString('y').free(); m.readString()`,
      undeclared: `Host.getFunctions().anything(1)`,
      functionsOfProxy: `const all = Host.getFunctions(); Object.setPrototypeOf(all, new Proxy({}, { get: () => 1 })); all.constructor.constructor('return 1')()`,
      getters: `Host.outputString({ get toString() { return () => { throw new Error('x') } } })`,
      changingGetters: `let reads = 0; Var.set('a', { get byteLength() { reads += 1; return 1e9 }, get buffer() { return new ArrayBuffer(reads) } })`,
      config: `Config.get('__proto__'); Config.get('\\ud800\\0'); Config.get('x'.repeat(1e5))`,
      textDecoder: `new TextDecoder().decode(new Uint8Array(1e5).fill(0xed)); new TextEncoder().encode('\\ud800'.repeat(1e5))`,
      urls: `URL.parse('http://' + 'a.'.repeat(1e5)); new URLSearchParams('a=&'.repeat(1e4)).sort()`,
    }),
    ...attacks(fails, {
      toJson: `const o = { toJSON() { return { o: this } } }; plugin(() => o)()`,
    }),
    ...attacks(['value', 'guest-error', 'guest-exit'], {
      proxiedResult: `return new Proxy({}, { get(_, name) { return name === 'then' ? (a, b) => { a(1); b(2); throw 3 } : undefined } })`,
    }),
    ...attacks(any, {
      manyVars: `for (let i = 0; i < 100; i += 1) Var.set('v' + i, 'x'.repeat(1e5))`,
    }),
    ...attacks(['value', 'guest-error', 'output-too-large'], {
      hugeOutput: `Host.outputString('x'.repeat(5e6))`,
      manyLogs: `for (let i = 0; i < 2000; i += 1) console.log('x'.repeat(100), { a: i })`,
    }),
  ],
};

/** @type {readonly AttackGroup[]} */
export const attackGroups = [prototypes, loops, stack, memory, reach];

/** Returns the source of a group. Each attack is an export; `ok` is one that must work in the end. @param {AttackGroup} group */
export function sourceOf({ attacks: all, before = '' }) {
  const exported = all.map(
    ({ name, code, isAsync = false }) => `export ${isAsync ? 'async ' : ''}function ${name}() { ${code} }\n`,
  );
  return `${before}\n${exported.join('')}export function ok() { Host.outputString('ok') }\n`;
}
