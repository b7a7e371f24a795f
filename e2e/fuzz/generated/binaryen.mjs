// Binaryen's tools, many times in one process: each script compiles 10 MB of WebAssembly whenever it is run by itself.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { compileFunction } from 'node:vm';

const require = createRequire(import.meta.url);
const folder = join(dirname(require.resolve('binaryen')), 'bin');

/**
 * A script of Emscripten in two: its WebAssembly, and the JavaScript around it.
 * @param {string} path
 */
function takeApart(path) {
  const script = readFileSync(path, 'utf8').replace(/^#!.*\n/u, '');
  const head = 'function findWasmBinary(){return ';
  const start = script.indexOf(head) + head.length;
  const end = script.indexOf("')}", start) + 2;
  const decoder = /function binaryDecode\(bin\)\{.*?return o\}/su.exec(script)?.[0];
  if (start < head.length || end < start || decoder === undefined) {
    throw new Error(`${path} is not built as it was in the version that package.json pins`);
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
 * Gives what runs a tool with arguments as on a command line. Rejects with what it said when it failed.
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
