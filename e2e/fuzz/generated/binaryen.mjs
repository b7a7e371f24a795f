// Runs Binaryen's tools many times in one process. Run alone, each would compile 10 MB of WebAssembly every time.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { compileFunction } from 'node:vm';

const require = createRequire(import.meta.url);
const folder = join(dirname(require.resolve('binaryen')), 'bin');

/**
 * Splits a script of Emscripten into its WebAssembly and its JavaScript.
 * @param {string} path
 */
function takeApart(path) {
  const script = readFileSync(path, 'utf8').replace(/^#!.*\n/u, '');
  const head = 'function findWasmBinary(){return ';
  const start = script.indexOf(head) + head.length;
  const end = script.indexOf("')}", start) + 2;
  const decoder = /function binaryDecode\(bin\)\{.*?return o\}/su.exec(script)?.[0];
  if (start < head.length || end < start || decoder === undefined) {
    throw new Error(`${path}: expected the structure of the version in package.json, found another one`);
  }
  const decode = /** @type {() => Uint8Array<ArrayBuffer>} */ (
    compileFunction(`${decoder};return ${script.slice(start, end)}`)
  );
  return { wasm: decode(), script: `${script.slice(0, start)}null${script.slice(end)}` };
}

/** @typedef {(info: WebAssembly.Imports, receive: (instance: WebAssembly.Instance) => void) => object} InstantiateWasm */
/** @typedef {{ instantiateWasm: InstantiateWasm, postRun: (() => void)[], printErr: (line: string) => void }} ToolOptions */
/** @typedef {(options: ToolOptions, load: NodeJS.Require, process: object, file: string, folder: string) => void} Tool */

/**
 * Returns a function that runs a tool with command-line arguments. It rejects with the tool's messages.
 * @param {'wasm-opt' | 'wasm-merge'} name
 */
export function makeTool(name) {
  const path = join(folder, name);
  const { wasm, script } = takeApart(path);
  const module = new WebAssembly.Module(wasm);
  const parameters = ['Module', 'require', 'process', '__filename', '__dirname'];
  const tool = /** @type {Tool} */ (compileFunction(script, parameters));
  return (/** @type {string[]} */ ...args) =>
    /** @type {Promise<void>} */ (
      new Promise((done, fail) => {
        const own = { argv: { value: ['node', path, ...args] }, exitCode: { value: 0, writable: true } };
        /** @type {string[]} */
        const said = [];
        const options = {
          /** @type {InstantiateWasm} */
          instantiateWasm: (info, receive) => {
            receive(new WebAssembly.Instance(module, info));
            return {};
          },
          printErr: (/** @type {string} */ line) => said.push(line),
          postRun: [() => (said.length === 0 ? done() : fail(new Error(said.join('\n'))))],
        };
        tool(options, require, Object.create(process, own), path, folder);
      })
    );
}
