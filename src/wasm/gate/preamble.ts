import { PluginError } from '../../contract/errors.js';
import { hex, invalid } from '../reader/reader.js';

/** `\0asm`, then version 1 and layer 0: https://webassembly.github.io/spec/core/binary/modules.html#binary-module */
const preamble = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** Checks the bytes of the preamble that have arrived, and returns whether it is complete. */
export function checkPreamble(head: readonly number[]): boolean {
  if (head.length === 4) checkMagic(head);
  if (head.length < preamble.length) return false;
  if (head[6] === 1) throw component();
  const version = head.slice(4).map(hex).join(' ');
  if (preamble.some((byte, at) => byte !== head[at]))
    throw invalid('module', 4, 'version 1 (0x01 0x00 0x00 0x00)', version);
  return true;
}

/** Returns the error for a file that ends within the preamble. */
export function shortPreamble(head: readonly number[]): PluginError {
  checkMagic(head);
  return invalid('module', head.length, `${preamble.length - head.length} more bytes`, 'the end of the file');
}

function checkMagic(head: readonly number[]): void {
  const start = head.slice(0, 4);
  if (head.length > 0 && start.every((byte, at) => byte === preamble[at])) return;
  const expected = '0x00 0x61 0x73 0x6d';
  const actual = start.map(hex).join(' ') || 'an empty file';
  throw new PluginError('not-a-plugin', {
    message: `Not a WebAssembly file: expected ${expected} at the start, found ${actual}`,
    expected,
    actual,
    fix: 'Check that the URL or path refers to the .wasm file itself.',
  });
}

function component(): PluginError {
  return new PluginError('component', {
    message: 'Unsupported WebAssembly file: expected a core module, found a component',
    expected: 'a core module',
    actual: 'a component',
    fix: 'Build the plug-in for wasm32-wasip1 or wasm32-unknown-unknown, not for wasip2.',
  });
}
