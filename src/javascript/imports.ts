import type { Node } from 'acorn';
import { failAt } from './faults.js';
import { placeOf, type SourceModule } from './source-module.js';

/** One import of another file. */
export interface SourceImport {
  readonly specifier: string;
  readonly node: Node;
  readonly kind: 'import' | 'require';
}

/** Finds the imports of a module: declarations, `import()` and `require()` of a literal. */
export function importsOf({ program }: SourceModule): SourceImport[] {
  const found: SourceImport[] = [];
  visit(program, (node) => {
    const { type, source, callee, arguments: values } = node as NodeFields;
    const isRequire = type === 'CallExpression' && callee?.type === 'Identifier' && callee.name === 'require';
    const literal = isRequire ? values?.[0] : source;
    if (literal?.type !== 'Literal' || typeof literal.value !== 'string') return;
    if (isRequire || /^(?:Import|Export)/u.test(type)) {
      found.push({ specifier: literal.value, node, kind: isRequire ? 'require' : 'import' });
    }
  });
  return found;
}

interface NodeFields extends Node {
  readonly source?: LiteralFields;
  readonly callee?: NodeFields;
  readonly name?: string;
  readonly arguments?: readonly LiteralFields[];
}

interface LiteralFields extends Node {
  readonly value?: unknown;
}

/** Calls `enter` for every node below `root`. It keeps a list, because code may be nested deeper than the stack. */
function visit(root: Node, enter: (node: Node) => void): void {
  const queue: Node[] = [root];
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    enter(node);
    for (const value of Object.values(node)) {
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) queue.push(child);
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'type') === 'string';
}

const endings = ['', '.ts', '.js', '.mjs', '.mts', '/index.ts', '/index.js'];

/** Returns the name of the file that a relative import refers to. @throws PluginError `invalid-source` if there is none */
export function resolveImport(
  from: SourceModule,
  { specifier, node }: SourceImport,
  names: ReadonlySet<string>,
): string {
  const place = placeOf(from, node);
  if (!/^\.{1,2}\//u.test(specifier)) {
    failAt(place, `Cannot import "${specifier}": expected a relative path. Bundle packages into the source first`);
  }
  const path = joinPath(from.name, specifier);
  const bases = [path, path.replace(/\.([cm]?)js$/u, '.$1ts')];
  const found = bases.flatMap((base) => endings.map((ending) => base + ending)).find((name) => names.has(name));
  return found ?? failAt(place, `Cannot import "${specifier}": there is no file "${path}"`);
}

function joinPath(from: string, specifier: string): string {
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}
