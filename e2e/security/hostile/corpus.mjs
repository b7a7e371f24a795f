// Every hostile plug-in: what it tries, and what containing it means.
import { binary } from './cases/binary.mjs';
import { compile } from './cases/compile.mjs';
import { floods } from './cases/floods.mjs';
import { heap } from './cases/heap.mjs';
import { tellingLies } from './cases/lies.mjs';
import { loops } from './cases/loops.mjs';
import { memory } from './cases/memory.mjs';
import { names } from './cases/names.mjs';
import { stack } from './cases/stack.mjs';
import { features } from './wat.mjs';

/**
 * One hostile plug-in. It is contained when loading it and making its calls ends each time in one of `ends`, the page stays
 * whole, and a good plug-in answers right after.
 * @typedef {object} HostileCase
 * @property {string} name
 * @property {string} tries What it tries, in one line.
 * @property {string} [wat]
 * @property {() => Uint8Array<ArrayBuffer> | readonly Uint8Array<ArrayBuffer>[]} [bytes] Several: all of them are tried.
 * @property {readonly (readonly [name: string, wat: string])[]} [links] Modules linked to it.
 * @property {readonly string[]} [calls] The exports called. Default: `run`.
 * @property {string} [input] Default: none.
 * @property {import('tenon').PluginOptions} [options]
 * @property {readonly (import('tenon').ErrorCode | 'value')[]} ends
 * @property {number} [mostBytes] Of each value. Default: 0.
 * @property {number} [mostLogs] Lines that may reach the page. Default: none may, as there is no logger.
 * @property {number} [mostLogsPerSecond] Lines that may come on top of these for each second that the case takes. Default: none.
 * @property {boolean} [alive] Whether it must still answer in the end, if it has a function `ok`. Default: yes.
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
];

/**
 * What the page needs to know of a case.
 * @typedef {Omit<HostileCase, 'wat' | 'bytes' | 'links'> & { variants: number, links: readonly string[] }} CaseSheet
 */

/** @typedef {{ sheet: CaseSheet, files: ReadonlyMap<string, Uint8Array<ArrayBuffer>> }} BuiltCase */

/** Assembles cases; made once, as the assembler takes a while to start. */
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
  return ({ wat, bytes, links = [], ...rest }) => {
    const made = wat === undefined ? (bytes?.() ?? []) : assemble(rest.name, wat);
    const variants = made instanceof Uint8Array ? [made] : made;
    const files = new Map(variants.map((variant, index) => [String(index), variant]));
    for (const [name, source] of links) files.set(name, assemble(name, source));
    return { sheet: { ...rest, variants: variants.length, links: links.map(([name]) => name) }, files };
  };
}
