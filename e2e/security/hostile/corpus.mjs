// All hostile plug-ins, each with what it tries and how it must end.
import { binary } from './cases/binary.mjs';
import { compile } from './cases/compile.mjs';
import { floods } from './cases/floods.mjs';
import { heap } from './cases/heap.mjs';
import { javascript } from './cases/javascript.mjs';
import { tellingLies } from './cases/lies.mjs';
import { loops } from './cases/loops.mjs';
import { memory } from './cases/memory.mjs';
import { names } from './cases/names.mjs';
import { pairs } from './cases/pairs.mjs';
import { stack } from './cases/stack.mjs';
import { features } from './wat.mjs';

/** @typedef {{ name: string, ends: HostileCase['ends'], output?: string }} Attack An export, how it may end, and what it must return. */

/**
 * One hostile plug-in. It is contained when loading it and making its calls ends each time in one of `ends`, the page stays
 * intact, and a harmless plug-in works immediately afterwards.
 * @typedef {object} HostileCase
 * @property {string} name
 * @property {string} tries What it tries, in a few words.
 * @property {string} [wat]
 * @property {() => Uint8Array<ArrayBuffer> | readonly Uint8Array<ArrayBuffer>[]} [bytes] One module or several variants.
 * @property {() => string} [javascript] A source in JavaScript instead of a module.
 * @property {readonly Attack[]} [attacks] Calls that end in different ways, instead of `calls`.
 * @property {readonly (readonly [name: string, wat: string])[]} [links] Modules linked to it.
 * @property {readonly string[]} [calls] The exports called. Default: `run`.
 * @property {string} [input] Default: none.
 * @property {import('tenon').PluginOptions} [options]
 * @property {readonly (import('tenon').ErrorCode | 'value')[]} ends
 * @property {number} [mostBytes] The largest size of a value. Default: 0.
 * @property {number} [mostLogs] The largest number of lines that reach the page. Default: none, because there is no logger.
 * @property {number} [mostLogsPerSecond] Further lines for each second that the case takes. Default: none.
 * @property {boolean} [onlyInFull] Whether only `npm run soak` runs it. Default: false.
 * @property {boolean} [alive] Whether its function `ok`, if it has one, must still work in the end. Default: true.
 */

/** @type {readonly HostileCase[]} */
export const corpus = [
  ...loops,
  ...memory,
  ...heap,
  ...compile,
  ...stack,
  ...tellingLies,
  ...floods,
  ...names,
  ...binary,
  ...pairs,
  ...javascript,
];

/**
 * Cases that `npm test` leaves out in an engine, because Tenon's own code decides how they end: the gate refuses the module, or the page
 * parses a name. Chromium runs them, and `npm run soak -- hostile` runs everything in every engine.
 * @type {Readonly<Record<'chromium' | 'firefox' | 'webkit', ReadonlySet<HostileCase>>>}
 */
export const decidedByTenon = {
  chromium: new Set(),
  firefox: new Set([...names, ...binary, ...pairs]),
  // How JavaScript ends is decided by QuickJS, which is the same module in each engine; loops are stopped by Tenon.
  webkit: new Set([
    ...names,
    ...binary,
    ...pairs,
    ...compile,
    ...javascript.filter(({ name }) => name !== 'javascript-loops-metered'),
  ]),
};

/**
 * Returns the part of a case that the page needs.
 * @typedef {Omit<HostileCase, 'wat' | 'bytes' | 'javascript' | 'links'> & { variants: number, links: readonly string[], extension: 'wasm' | 'js' }} CaseSheet
 */

/** @typedef {{ sheet: CaseSheet, files: ReadonlyMap<string, Uint8Array<ArrayBuffer>> }} BuiltCase */

/** Assembles cases; created once, because the assembler is slow to start. */
export async function makeAssembler() {
  const { default: wabt } = await import('wabt');
  const tools = await wabt();
  /** @param {string} name @param {string} source */
  const assemble = (name, source) => {
    const module = tools.parseWat(name, source, features);
    try {
      module.resolveNames();
      module.validate();
      return Uint8Array.from(module.toBinary({}).buffer);
    } finally {
      module.destroy();
    }
  };
  /**
   * @param {HostileCase} hostile
   * @returns {BuiltCase}
   */
  return ({ wat, bytes, javascript: source, links = [], ...rest }) => {
    const made =
      source !== undefined
        ? new TextEncoder().encode(source())
        : wat === undefined
          ? (bytes?.() ?? [])
          : assemble(rest.name, wat);
    const variants = made instanceof Uint8Array ? [made] : made;
    const files = new Map(variants.map((variant, index) => [String(index), variant]));
    for (const [name, source] of links) files.set(name, assemble(name, source));
    return {
      sheet: {
        ...rest,
        variants: variants.length,
        links: links.map(([name]) => name),
        extension: source === undefined ? 'wasm' : 'js',
      },
      files,
    };
  };
}
