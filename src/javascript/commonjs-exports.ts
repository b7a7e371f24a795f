import type { AnyNode, AssignmentExpression, ObjectExpression } from 'acorn';
import { DeclaredNames, type ValueKind } from './declared-names.js';
import { failAt } from './faults.js';
import { placeOf, type SourceModule } from './source-module.js';

/** Something that a module exports: what it is, and where. */
export interface FoundExport {
  readonly kind: ValueKind;
  readonly module: SourceModule;
  readonly node: AnyNode;
}

/** Reads `module.exports = { ... }`, `module.exports.name = ...` and `exports.name = ...` at the top level. */
export function commonJsExports(module: SourceModule): Map<string, FoundExport> {
  const reader = new CommonJsReader(module);
  for (const statement of module.program.body) {
    if (statement.type !== 'ExpressionStatement' || statement.expression.type !== 'AssignmentExpression') continue;
    reader.readAssignment(statement.expression);
  }
  return reader.found;
}

class CommonJsReader {
  readonly found = new Map<string, FoundExport>();
  readonly #module: SourceModule;
  readonly #declared: DeclaredNames;

  constructor(module: SourceModule) {
    this.#module = module;
    this.#declared = new DeclaredNames(module.program);
  }

  readAssignment({ left, right }: AssignmentExpression): void {
    if (left.type !== 'MemberExpression') return;
    if (isModuleExports(left)) {
      if (right.type !== 'ObjectExpression') {
        this.#fail(right, 'Exports must be an object literal, so that their names are known before the code runs');
      }
      this.found.clear();
      this.#readObject(right);
      return;
    }
    if (!isNamed(left.object, 'exports') && !isModuleExports(left.object)) return;
    const name = nameOfKey(left.property, left.computed);
    if (name === null) this.#fail(left, 'The name of an export must be known before the code runs');
    this.#add(name, right, left);
  }

  #readObject({ properties }: ObjectExpression): void {
    for (const property of properties) {
      if (property.type === 'SpreadElement')
        this.#fail(property, 'Exports must be listed: they cannot be spread from an object');
      const name = nameOfKey(property.key, property.computed);
      if (name === null) this.#fail(property, 'The name of an export must be known before the code runs');
      this.#add(name, property.value, property);
    }
  }

  #add(name: string, value: AnyNode, node: AnyNode): void {
    this.found.set(name, { kind: this.#declared.kindOf(value), module: this.#module, node });
  }

  #fail(node: AnyNode, message: string): never {
    failAt(placeOf(this.#module, node), message);
  }
}

function isModuleExports(node: AnyNode): boolean {
  return node.type === 'MemberExpression' && isNamed(node.object, 'module') && isNamed(node.property, 'exports');
}

function isNamed(node: AnyNode, name: string): boolean {
  return node.type === 'Identifier' && node.name === name;
}

/** Returns the name that a key is; null if it is known only when the code runs. */
function nameOfKey(key: AnyNode, isComputed: boolean): string | null {
  if (key.type === 'Identifier' && !isComputed) return key.name;
  return key.type === 'Literal' && typeof key.value === 'string' ? key.value : null;
}
