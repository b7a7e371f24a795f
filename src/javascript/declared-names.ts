import type { AnyNode, Program, Statement } from 'acorn';

/** What the source says about a value. */
export type ValueKind = 'function' | 'other' | 'unknown';

/** How many names are followed from one to the next. */
const maxAliases = 100;

/** What the declarations of a module's top level say about its names. */
export class DeclaredNames {
  readonly #values = new Map<string, ValueKind | AnyNode>();

  constructor({ body }: Program) {
    for (const node of body) {
      const declaration = node.type === 'ExportNamedDeclaration' ? node.declaration : node;
      if (declaration != null) this.#declare(declaration);
    }
  }

  /** Returns the kind of what a name stands for; undefined if the module does not declare it. */
  kindOfName(name: string): ValueKind | undefined {
    const value = this.#values.get(name);
    return typeof value === 'object' ? this.kindOf(value) : value;
  }

  /** Returns what kind of value an expression has. */
  kindOf(expression: AnyNode | null | undefined): ValueKind {
    let node = expression;
    for (let aliases = 0; node?.type === 'Identifier'; aliases += 1) {
      const value = this.#values.get(node.name);
      if (value === undefined || aliases === maxAliases) return 'unknown';
      if (typeof value === 'string') return value;
      node = value;
    }
    return kindOfExpression(node);
  }

  #declare(declaration: Statement | AnyNode): void {
    if (declaration.type === 'VariableDeclaration') {
      for (const { id, init } of declaration.declarations) {
        // A variable may be assigned another value.
        if (id.type === 'Identifier') this.#add(id.name, declaration.kind === 'const' && init ? init : 'unknown');
      }
    } else if (declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration') {
      if (declaration.id)
        this.#add(declaration.id.name, declaration.type === 'ClassDeclaration' ? 'other' : 'function');
    }
  }

  #add(name: string, value: ValueKind | AnyNode): void {
    if (!this.#values.has(name)) this.#values.set(name, value);
  }
}

function kindOfExpression(node: AnyNode | null | undefined): ValueKind {
  switch (node?.type) {
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return 'function';
    case 'CallExpression':
      return node.callee.type === 'Identifier' && node.callee.name === 'plugin' ? 'function' : 'unknown';
    case 'MemberExpression':
    case 'ConditionalExpression':
    case 'LogicalExpression':
    case 'AwaitExpression':
      return 'unknown';
    default:
      return 'other';
  }
}
