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
 * Reads the host functions that a `.d.ts` file declares in `interface user`, as plug-ins of the Extism JS PDK do. Each expression passes
 * over the text once, whatever it is: what is not closed reaches to the end.
 * @throws PluginError `invalid-source` for a type that WebAssembly does not have
 */
export function hostTypes(file: string, source: string): Map<string, HostSignature> {
  const found = new Map<string, HostSignature>();
  // Comments become spaces, so that places stay the same.
  const text = source.replace(/\/\*[\s\S]*?(?:\*\/|$)|\/\/[^\n]*/gu, (comment) => comment.replace(/[^\n]/gu, ' '));
  for (const { 1: body = '', index, 0: whole } of text.matchAll(/\binterface\s+user\s*\{([^}]*)(?:\}|$)/gu)) {
    const start = index + whole.indexOf('{') + 1;
    let end = 0;
    for (const member of body.matchAll(/\(([^()]*)\)\s*:\s*(\w+)/gu)) {
      const [matched, params = '', result = ''] = member;
      const name =
        body
          .slice(end, member.index)
          .split(/[;,\n]/u)
          .at(-1)
          ?.trim() ?? '';
      end = member.index + matched.length;
      if (name === '') continue;
      const typeOf = (word: string): HostValueType | null => {
        const type = types.get(word);
        if (type !== undefined) return type;
        const line = text.slice(0, start + member.index).split('\n').length;
        return failAt({ file, line, column: null }, unknownType(word));
      };
      const words = params.split(',').filter((param) => param.trim() !== '');
      const read = words.map((param) => typeOf(param.split(':')[1]?.trim() ?? '') ?? 'I64');
      found.set(name.replace(/^["']|["']$/gu, ''), { params: read, result: typeOf(result) });
    }
  }
  return found;
}

function unknownType(word: string): string {
  return `Unknown type "${word.slice(0, 100)}" of a host function: expected I32, I64, F32, F64 or PTR`;
}
