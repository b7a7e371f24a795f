import { parseAst, type Plugin } from 'vite';

/** Returns the positions of a program's private names. */
function privateNames(node: unknown): number[] {
  if (typeof node !== 'object' || node === null) return [];
  const { type, start } = node as { type?: unknown; start?: unknown };
  if (type === 'PrivateIdentifier' && typeof start === 'number') return [start];
  return Object.values(node).flatMap(privateNames);
}

/**
 * Turns private members of the built code into public ones: `#left` becomes `$left`. Firefox accesses private members more slowly, which
 * costs a fifth to a quarter of the time of rewriting. This is safe for a file whose classes extend no other and whose objects stay inside.
 */
export function plainFieldsPlugin(): Plugin {
  return {
    name: 'tenon:plain-fields',
    apply: 'build',
    generateBundle(_options, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue;
        const clash = /(?<!\.)\.\$\w+|#\w+ in /u.exec(chunk.code)?.[0];
        if (clash !== undefined) this.error(`${chunk.fileName} has "${clash}", whose meaning would change`);
        const starts = privateNames(parseAst(chunk.code)).toSorted((a, b) => a - b);
        const parts = starts.map((start, at) => chunk.code.slice((starts[at - 1] ?? -1) + 1, start));
        // The length stays the same, so that the source map remains valid.
        chunk.code = [...parts, chunk.code.slice((starts.at(-1) ?? -1) + 1)].join('$');
      }
    },
  };
}
