import { PluginError } from '../../contract/errors.js';
import { hex, invalid } from '../reader/reader.js';

/** `\0asm`, then the version, 1, and the layer, 0: https://webassembly.github.io/spec/core/binary/modules.html#binary-module */
const preamble = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** Looks at the first bytes, as many as there are; true when the preamble is whole and good. */
export function checkPreamble(head: readonly number[]): boolean {
  if (head.length === 4) checkMagic(head);
  if (head.length < preamble.length) return false;
  if (head[6] === 1) throw component();
  const version = head.slice(4).map(hex).join(' ');
  if (preamble.some((byte, at) => byte !== head[at]))
    throw invalid('module', 4, 'version 1 (0x01 0x00 0x00 0x00)', version);
  return true;
}

/** The error for a file that ends within its first eight bytes. */
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
    message: `not WebAssembly: expected ${expected}, found ${actual}`,
    expected,
    actual,
    fix: 'Check that the address or file is that of the .wasm file itself.',
  });
}

function component(): PluginError {
  return new PluginError('component', {
    message: 'a WebAssembly component, where a core module is needed',
    expected: 'a core module',
    actual: 'a component',
    fix: 'Build for wasm32-wasip1 or wasm32-unknown-unknown, not for wasip2.',
  });
}
