// A worker that runs one module and its metered versions. Their results, their traps, and the contents of memory, globals and tables
// afterwards must be equal.
/** @typedef {import('../window.d.ts').DifferentialReply} DifferentialReply */
/** @typedef {import('../window.d.ts').DifferentialModules} DifferentialModules */

/** The fuel of all calls of one module. A module that uses more is considered endless. */
const mostWork = 20_000_000;
const mostCalls = 12;
/** The export into which the gate turns a start section. */
const startExport = 'tenon:start';
/** The result of every import and the argument of every function; it converts to every numeric type. */
const seven = '7';

/** (module (import "m" "f" (func (param i32) (result i32))) (func (export "f") ...)): only a WebAssembly function can be stored in a table. */
const thunk = new WebAssembly.Module(
  Uint8Array.from([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f, 2, 7, 1, 1, 0x6d, 1, 0x66, 0, 0, 3, 2, 1, 0, 7, 5,
    1, 1, 0x66, 0, 1, 10, 8, 1, 6, 0, 0x20, 0, 0x10, 0, 0x0b,
  ]),
);

/**
 * Returns deterministic imports.
 * @param {WebAssembly.Module} module
 */
function importsOf(module) {
  /** @type {WebAssembly.Imports} */
  const imports = Object.create(null);
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    const group = (imports[from] ??= Object.create(null));
    if (kind === 'function') group[name] = () => seven;
    else if (kind === 'memory') group[name] = new WebAssembly.Memory({ initial: 1, maximum: 64 });
  }
  return imports;
}

/** @param {unknown} value @returns {string} */
function show(value) {
  if (Array.isArray(value)) return value.map(show).join();
  if (typeof value === 'function') return 'function';
  return Object.is(value, -0) ? '-0' : `${typeof value} ${String(value)}`;
}

/** @param {unknown} thrown */
function showThrown(thrown) {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : `threw ${typeof thrown}`;
}

/** The depth at which the stack overflows depends on the engine. */
const isFullStack = (/** @type {string} */ line) => /call stack|too much recursion/iu.test(line);

/** @param {Function} run */
function outcomeOf(run) {
  try {
    return show(run(...Array.from({ length: run.length }, () => seven)));
  } catch (thrown) {
    return showThrown(thrown);
  }
}

/** @param {WebAssembly.Memory} memory */
function digest({ buffer }) {
  let hash = 0x811c_9dc5;
  for (const word of new Uint32Array(buffer)) hash = Math.imul(hash ^ word, 0x0100_0193);
  return `${buffer.byteLength} bytes, ${hash >>> 0}`;
}

/** @param {WebAssembly.Global} global */
function valueOf(global) {
  try {
    return show(global.value);
  } catch (thrown) {
    return showThrown(thrown); // JavaScript cannot read a vector.
  }
}

/**
 * Runs a module and returns a transcript. `most` is the limit of fuel, where fuel is counted.
 * @param {WebAssembly.Module} module
 * @param {number} most
 * @returns {string[] | null} Null when it was stopped or had nothing to run.
 */
function runAll(module, most) {
  /** @type {WebAssembly.Exports} */
  let exports;
  try {
    ({ exports } = new WebAssembly.Instance(module, importsOf(module)));
  } catch (thrown) {
    return thrown instanceof WebAssembly.LinkError ? null : [showThrown(thrown)];
  }
  let granted = 0;
  let isStopped = false;
  const { 'tenon:ask': table } = exports;
  if (table instanceof WebAssembly.Table) {
    const f = () => {
      isStopped = granted >= most;
      granted += 1_000_000;
      return isStopped ? -1 : 1_000_000;
    };
    table.set(0, new WebAssembly.Instance(thunk, { m: { f } }).exports['f']);
  }
  const own = Object.entries(exports).filter(([name]) => name === startExport || !name.startsWith('tenon:'));
  own.sort(([a], [b]) => Number(b === startExport) - Number(a === startExport));
  /** @type {string[]} */
  const lines = [];
  for (const [name, run] of own.filter(([, value]) => typeof value === 'function').slice(0, mostCalls)) {
    const line = outcomeOf(/** @type {Function} */ (run));
    lines.push(`"${name}": ${line}`);
    if (isStopped) return null;
    if (isFullStack(line)) return lines;
  }
  for (const [name, value] of own) {
    if (value instanceof WebAssembly.Memory) lines.push(`memory "${name}": ${digest(value)}`);
    if (value instanceof WebAssembly.Global) lines.push(`global "${name}": ${valueOf(value)}`);
    if (value instanceof WebAssembly.Table) lines.push(`table "${name}": ${value.length}`);
  }
  return lines;
}

/** @param {DifferentialModules} modules @returns {DifferentialReply} */
function compare({ plain, fuel, interrupt }) {
  const fuelled = runAll(fuel, mostWork);
  if (fuelled === null) return { compared: false, faults: [] };
  const expected = runAll(plain, Infinity) ?? [];
  const interrupted = runAll(interrupt, Infinity);
  const faults = [];
  for (const [level, lines] of /** @type {const} */ ([
    ['fuel', fuelled],
    ['interrupt', interrupted],
  ])) {
    const at = expected.findIndex((line, place) => line !== lines?.[place]);
    const [wanted, got] = [expected[at] ?? '', lines?.[at] ?? 'nothing'];
    // After a stack overflow the states may differ.
    if (at >= 0 && !isFullStack(wanted) && !isFullStack(got)) faults.push(`${wanted}, but metered (${level}) ${got}`);
  }
  return { compared: true, faults };
}

addEventListener('message', ({ data }) => postMessage(compare(data)));
postMessage(null);
