import type {
  AssignmentExpression,
  ExportNamedDeclaration,
  Identifier,
  Literal,
  ModuleDeclaration,
  Node,
  ObjectExpression,
  Statement,
} from 'acorn';
import { failAt, textOfPlace } from './faults.js';
import { placeOf, type SourceModule } from './source-module.js';

/** Returns the module that a relative import of another refers to. */
export type FollowImport = (from: SourceModule, specifier: string) => SourceModule;

/** What the source says about an exported value. */
type Kind = 'function' | 'other' | 'unknown';

interface Found {
  readonly kind: Kind;
  readonly module: SourceModule;
  readonly node: Node;
}

export interface FoundExports {
  readonly names: readonly string[];
  readonly warnings: readonly string[];
}

/** Whether a module has imports or exports of ECMAScript. If not, it is CommonJS. */
export function isEcmaScriptModule({ program }: SourceModule): boolean {
  return program.body.some(({ type }) => /^(?:Import|Export)\w*Declaration$/u.test(type));
}

/**
 * Finds the functions that a module exports, by reading it.
 * @throws PluginError `invalid-source` for exports that are known only when the code runs, and for a module that exports no function
 */
export function findExports(module: SourceModule, follow: FollowImport): FoundExports {
  const found = isEcmaScriptModule(module) ? new ExportFinder(follow).of(module, new Set()) : commonJsExports(module);
  const warnings: string[] = [];
  const names: string[] = [];
  for (const [name, { kind, module: owner, node }] of found) {
    const place = textOfPlace(placeOf(owner, node));
    if (kind === 'other') {
      warnings.push(`${place}: "${name}" is not a function, so the plug-in does not export it`);
      continue;
    }
    if (kind === 'unknown') {
      warnings.push(`${place}: "${name}" is exported as a function, which is checked only when it is called`);
    }
    names.push(name);
  }
  if (names.length === 0) failAt(module.name, 'The source exports no function');
  return { names, warnings };
}

class ExportFinder {
  readonly #follow: FollowImport;

  constructor(follow: FollowImport) {
    this.#follow = follow;
  }

  /** @param seen the modules whose `export *` led here */
  of(module: SourceModule, seen: ReadonlySet<SourceModule>): Map<string, Found> {
    const found = new Map<string, Found>();
    const stars: SourceModule[] = [];
    for (const node of module.program.body) {
      if (node.type === 'ExportNamedDeclaration') this.#named(module, node, found);
      else if (node.type === 'ExportDefaultDeclaration') {
        found.set('default', { kind: kindOf(node.declaration, module), module, node });
      } else if (node.type === 'ExportAllDeclaration') {
        if (node.exported != null) found.set(nameOf(node.exported), { kind: 'other', module, node });
        else stars.push(this.#follow(module, String(node.source.value)));
      }
    }
    const next = new Set([...seen, module]);
    for (const star of stars) {
      if (next.has(star)) continue;
      for (const [name, one] of this.of(star, next)) if (name !== 'default' && !found.has(name)) found.set(name, one);
    }
    return found;
  }

  #named(module: SourceModule, node: ExportNamedDeclaration, found: Map<string, Found>): void {
    const { declaration, source, specifiers } = node;
    if (declaration?.type === 'VariableDeclaration') {
      for (const { id, init } of declaration.declarations) {
        if (id.type !== 'Identifier') {
          failAt(placeOf(module, id), 'An exported function needs a name of its own: do not destructure in an export');
        }
        found.set(id.name, { kind: kindOf(init, module), module, node: id });
      }
    } else if (declaration != null) {
      const isFunction = declaration.type === 'FunctionDeclaration';
      found.set(declaration.id.name, { kind: isFunction ? 'function' : 'other', module, node: declaration });
    }
    for (const { local, exported, ...specifier } of specifiers) {
      const one =
        source == null
          ? this.#local(module, nameOf(local), specifier)
          : this.of(this.#follow(module, String(source.value)), new Set()).get(nameOf(local));
      found.set(nameOf(exported), one ?? { kind: 'unknown', module, node: specifier });
    }
  }

  /** Finds what a name of the module stands for. */
  #local(module: SourceModule, name: string, node: Node): Found {
    for (const statement of module.program.body) {
      if (statement.type === 'ImportDeclaration') {
        const one = statement.specifiers.find(({ local }) => local.name === name);
        if (one === undefined) continue;
        if (one.type === 'ImportNamespaceSpecifier') return { kind: 'other', module, node };
        const imported = one.type === 'ImportSpecifier' ? nameOf(one.imported) : 'default';
        const other = this.#follow(module, String(statement.source.value));
        return this.of(other, new Set()).get(imported) ?? { kind: 'unknown', module, node };
      }
      const kind = declaredKind(statement, name, module);
      if (kind !== undefined) return { kind, module, node };
    }
    return { kind: 'unknown', module, node };
  }
}

function nameOf(node: Identifier | Literal): string {
  return node.type === 'Identifier' ? node.name : String(node.value);
}

/** Returns what a statement declares under a name; undefined if it does not declare it. */
function declaredKind(statement: Statement | ModuleDeclaration, name: string, module: SourceModule): Kind | undefined {
  const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
  if (declaration == null) return undefined;
  if (declaration.type === 'FunctionDeclaration') return declaration.id?.name === name ? 'function' : undefined;
  if (declaration.type === 'ClassDeclaration') return declaration.id?.name === name ? 'other' : undefined;
  if (declaration.type !== 'VariableDeclaration') return undefined;
  const found = declaration.declarations.find(({ id }) => id.type === 'Identifier' && id.name === name);
  if (found === undefined) return undefined;
  // A variable may be assigned another value.
  return declaration.kind === 'const' ? kindOf(found.init, module) : 'unknown';
}

/** Returns what kind of value an expression has. */
function kindOf(node: Node | null | undefined, module: SourceModule): Kind {
  switch (node?.type) {
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return 'function';
    case 'CallExpression': {
      const { callee } = node as unknown as { readonly callee: Node & { readonly name?: string } };
      return callee.type === 'Identifier' && callee.name === 'plugin' ? 'function' : 'unknown';
    }
    case 'Identifier': {
      const { name } = node as Identifier;
      const kinds = module.program.body.map((statement) => declaredKind(statement, name, module));
      return kinds.find((kind) => kind !== undefined) ?? 'unknown';
    }
    case 'MemberExpression':
    case 'ConditionalExpression':
    case 'LogicalExpression':
    case 'AwaitExpression':
      return 'unknown';
    default:
      return 'other';
  }
}

/** Reads `module.exports = { ... }`, `module.exports.name = ...` and `exports.name = ...` at the top level. */
function commonJsExports(module: SourceModule): Map<string, Found> {
  const found = new Map<string, Found>();
  for (const statement of module.program.body) {
    if (statement.type !== 'ExpressionStatement' || statement.expression.type !== 'AssignmentExpression') continue;
    readAssignment(module, statement.expression, found);
  }
  return found;
}

function readAssignment(module: SourceModule, node: AssignmentExpression, found: Map<string, Found>): void {
  const { left, right } = node;
  if (left.type !== 'MemberExpression') return;
  if (isModuleExports(left)) {
    if (right.type !== 'ObjectExpression') {
      failAt(
        placeOf(module, right),
        'Exports must be an object literal, so that their names are known before the code runs',
      );
    }
    found.clear();
    readObject(module, right, found);
    return;
  }
  const isExports = left.object.type === 'Identifier' && left.object.name === 'exports';
  if (!isExports && !isModuleExports(left.object)) return;
  const name = left.property.type === 'Identifier' && !left.computed ? left.property.name : literalName(left.property);
  if (name === null) failAt(placeOf(module, left), 'The name of an export must be known before the code runs');
  found.set(name, { kind: kindOf(right, module), module, node: left });
}

function isModuleExports(node: Node): boolean {
  if (node.type !== 'MemberExpression') return false;
  const { object, property } = node as unknown as { readonly object: Node; readonly property: Node };
  return isNamed(object, 'module') && isNamed(property, 'exports');
}

function isNamed(node: Node, name: string): boolean {
  return node.type === 'Identifier' && (node as Identifier).name === name;
}

function literalName(node: Node): string | null {
  const { value } = node as { readonly value?: unknown };
  return node.type === 'Literal' && typeof value === 'string' ? value : null;
}

function readObject(module: SourceModule, object: ObjectExpression, found: Map<string, Found>): void {
  for (const property of object.properties) {
    const place = placeOf(module, property);
    if (property.type === 'SpreadElement')
      failAt(place, 'Exports must be listed: they cannot be spread from an object');
    const { key, value, computed } = property;
    const name = key.type === 'Identifier' && !computed ? key.name : literalName(key);
    if (name === null) failAt(place, 'The name of an export must be known before the code runs');
    found.set(name, { kind: kindOf(value, module), module, node: property });
  }
}
