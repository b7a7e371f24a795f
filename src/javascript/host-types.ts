import { failAt } from './faults.js';
import type { HostSignature, HostValueType } from './prelude/program.js';

const types: ReadonlyMap<string, HostValueType | null> = new Map([
  ['I32', 'I32'],
  ['I64', 'I64'],
  ['PTR', 'I64'],
  ['F32', 'F32'],
  ['F64', 'F64'],
  ['void', null],
]);

/**
 * Reads the host functions that a `.d.ts` file declares in `interface user`, as plug-ins of the Extism JS PDK do.
 * @throws PluginError `invalid-source` for a type that WebAssembly does not have
 */
export function hostTypes(file: string, source: string): Map<string, HostSignature> {
  const found = new Map<string, HostSignature>();
  // Comments become spaces, so that places stay the same.
  const text = source.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/gu, (comment) => comment.replace(/[^\n]/gu, ' '));
  for (const { 1: body = '', index, 0: whole } of text.matchAll(/\binterface\s+user\s*\{([^}]*)\}/gu)) {
    const start = index + whole.length - body.length - 1;
    for (const member of body.matchAll(/([^;,\n(]+)\(([^)]*)\)\s*:\s*(\w+)/gu)) {
      const [, name = '', params = '', result = ''] = member;
      const line = text.slice(0, start + member.index).split('\n').length + leadingLines(name);
      const typeOf = (word: string): HostValueType | null =>
        types.get(word) ?? (word === 'void' ? null : failAt({ file, line, column: null }, unknownType(word)));
      const words = params.split(',').filter((param) => param.trim() !== '');
      const read = words.map((param) => typeOf(param.split(':')[1]?.trim() ?? '') ?? 'I64');
      found.set(name.trim().replace(/^["']|["']$/gu, ''), { params: read, result: typeOf(result) });
    }
  }
  return found;
}

function leadingLines(text: string): number {
  return (/^\s*/u.exec(text)?.[0].split('\n').length ?? 1) - 1;
}

function unknownType(word: string): string {
  return `Unknown type "${word}" of a host function: expected I32, I64, F32, F64 or PTR`;
}
