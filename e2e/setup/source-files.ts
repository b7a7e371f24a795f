import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'vite';

/** A parsed source file, for tests about the sources. */
export interface SourceFile {
  /** Relative to the project's root, with `/`. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly SourceImport[];
  /** Every node of the syntax tree, with its first line. */
  readonly nodes: readonly SourceNode[];
}

export interface SourceImport {
  readonly specifier: string;
  readonly line: number;
  /** `url` is `new URL('…', import.meta.url)`: the file is named, not loaded. */
  readonly kind: 'import' | 're-export' | 'url';
}

export interface SourceNode {
  readonly type: string;
  readonly line: number;
  /** Whether it is a statement of the module itself, not inside a function or block. */
  readonly topLevel: boolean;
  readonly fields: Readonly<Record<string, unknown>>;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const isSource = /\.(?:ts|mjs)$/u;
/** Matches tests and the helpers that only tests import: `x.test.ts`, `x.test-kit.ts`, `test-x.ts`. */
export const isTest: RegExp = /(?:\.test(?:-[\w-]+)?|\/test-[\w-]+)\.ts$/u;
const isOutside = /(?:\.as|\.generated|\.d)\.ts$/u;

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function collectNodes(program: unknown, lineAt: (offset: number) => number): SourceNode[] {
  const nodes: SourceNode[] = [];
  const visit = (value: unknown, depth: number): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item, depth);
      return;
    }
    if (!isRecord(value)) return;
    const { type, start } = value;
    const isNode = typeof type === 'string' && typeof start === 'number';
    if (isNode) nodes.push({ type, line: lineAt(start), topLevel: depth === 1, fields: value });
    // The declaration of `export let x` is one level deeper.
    const below = isNode && type !== 'ExportNamedDeclaration' ? depth + 1 : depth;
    for (const inner of Object.values(value)) visit(inner, below);
  };
  visit(program, 0);
  return nodes;
}

function literalOf(value: unknown): string | undefined {
  return isRecord(value) && typeof value['value'] === 'string' ? value['value'] : undefined;
}

function urlArgumentOf(fields: Readonly<Record<string, unknown>>): string | undefined {
  const { callee, arguments: given } = fields;
  if (!isRecord(callee) || callee['name'] !== 'URL' || !Array.isArray(given)) return undefined;
  const [path, base]: unknown[] = given;
  const ofModule = isRecord(base) && base['type'] === 'MemberExpression' && isRecord(base['object']);
  return ofModule && isRecord(base['object']) && base['object']['type'] === 'MetaProperty'
    ? literalOf(path)
    : undefined;
}

function importOf({ type, line, fields }: SourceNode): SourceImport[] {
  const source = literalOf(fields['source']);
  if (type === 'NewExpression') {
    const url = urlArgumentOf(fields);
    return url === undefined ? [] : [{ specifier: url, line, kind: 'url' }];
  }
  if (source === undefined) return [];
  if (type === 'ImportDeclaration' || type === 'ImportExpression' || type === 'TSImportType') {
    return [{ specifier: source, line, kind: 'import' }];
  }
  const reExport = type === 'ExportAllDeclaration' || type === 'ExportNamedDeclaration';
  return reExport ? [{ specifier: source, line, kind: 're-export' }] : [];
}

/** Parses one file. Throws its first syntax error. */
export function parseSource(path: string, code: string): SourceFile {
  const { program, errors } = parseSync(path, code);
  const [error] = errors;
  if (error !== undefined) throw new SyntaxError(`${path}: ${error.message}`);
  const starts = Array.from(code.matchAll(/^/gmu), ({ index }) => index);
  const lineAt = (offset: number): number => {
    const after = starts.findIndex((start) => start > offset);
    return after === -1 ? starts.length : after;
  };
  const nodes = collectNodes(program, lineAt);
  return { path, lines: code.trimEnd().split('\n').length, imports: nodes.flatMap(importOf), nodes };
}

/** Parses every TypeScript and JavaScript file of a folder except AssemblyScript, generated files and built ones. */
export function readSources(folder: 'src' | 'demo' | 'e2e'): SourceFile[] {
  return readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((path) => isSource.test(path) && !isOutside.test(path))
    .filter((path) => !path.startsWith('demo/plugins/') && !path.startsWith('e2e/fixtures/'))
    .toSorted()
    .map((path) => parseSource(path, readFileSync(`${root}${path}`, 'utf8')));
}
