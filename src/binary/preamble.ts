import { PluginError } from '../contract/errors.js';
import { hex, invalid } from './reader.js';

/** `\0asm`, then the version, 1, and the layer, 0: https://webassembly.github.io/spec/core/binary/modules.html#binary-module */
const magic = [0x00, 0x61, 0x73, 0x6d];
const preambleBytes = 8;

/** Looks at the first bytes, as many as there are; true when the preamble is whole and good. */
export function checkPreamble(head: readonly number[]): boolean {
  if (head.length === magic.length && !beginsLikeModule(head)) throw notAPlugin(head);
  if (head.length < preambleBytes) return false;
  const version = (head[4] ?? 0) + (head[5] ?? 0) * 256;
  const layer = (head[6] ?? 0) + (head[7] ?? 0) * 256;
  if (layer === 1) throw component();
  if (version !== 1 || layer !== 0) throw invalid('module', 4, 'version 1', `version ${version}, layer ${layer}`);
  return true;
}

/** The error for a file that ends within its first eight bytes. */
export function checkShortPreamble(head: readonly number[]): PluginError {
  if (head.length === 0 || !beginsLikeModule(head)) return notAPlugin(head);
  return invalid('module', head.length, `${preambleBytes - head.length} more bytes`, 'the end of the file');
}

function beginsLikeModule(head: readonly number[]): boolean {
  return magic.every((byte, at) => at >= head.length || head[at] === byte);
}

function component(): PluginError {
  return new PluginError('component', {
    message: 'this is a WebAssembly component, and plug-ins are core modules',
    expected: 'a core module (version 1, layer 0)',
    actual: 'a component (layer 1)',
    fix: 'Build for wasm32-wasip1 or wasm32-unknown-unknown, not for wasip2, and leave out the step that makes a component.',
  });
}

/** What people hand over by mistake, by its first bytes. */
const lookalikes: readonly (readonly [RegExp, string])[] = [
  [/^$/, 'an empty file'],
  [/^\s*</, 'a page of HTML or XML: perhaps a "not found" page'],
  [/^\s*\{/, 'JSON'],
  [/^\s*\(/, 'WebAssembly text, which has to be assembled first'],
  [/^\x1f\x8b/, 'a gzip file, which has to be unpacked first'],
  [/^PK/, 'a zip file'],
  [/^version|^vers/, 'a pointer of Git LFS'],
];

function notAPlugin(head: readonly number[]): PluginError {
  const text = String.fromCharCode(...head);
  const found = lookalikes.find(([pattern]) => pattern.test(text))?.[1];
  const bytes = head.map(hex).join(' ');
  const actual = found === undefined ? bytes : `${found} (${bytes || 'no bytes'})`;
  const expected = '"\\0asm" (0x00 0x61 0x73 0x6d)';
  return new PluginError('not-a-plugin', {
    message: `not WebAssembly: expected ${expected}, found ${actual}`,
    expected,
    actual,
    fix: 'Check that the address or file is that of the .wasm file itself.',
  });
}
