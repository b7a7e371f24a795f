import type { ExportNamedDeclaration, Identifier, ImportDeclaration, Literal } from 'acorn';
import { commonJsExports, type FoundExport } from './commonjs-exports.js';
import { DeclaredNames } from './declared-names.js';
import { failAt, textOfPlace } from './faults.js';
import { placeOf, type SourceModule } from './source-module.js';

/** Returns the module that a relative import of another refers to. */
export type FollowImport = (from: SourceModule, specifier: string) => SourceModule;

export interface FoundExports {
  readonly names: readonly string[];
  readonly warnings: readonly string[];
}

const maxExports = 1_000;

/** Whether a module has imports or exports of ECMAScript. If not, it is CommonJS. */
export function isEcmaScriptModule({ program }: SourceModule): boolean {
  return program.body.some(({ type }) => /^(?:Import|Export)\w*Declaration$/u.test(type));
}

/**
 * Finds the functions that a module exports, by reading it.
 * @throws PluginError `invalid-source` for exports that are known only when the code runs, for names that WebAssembly cannot export, and for
 * a module that exports no function or too many names
 */
export function findExports(module: SourceModule, follow: FollowImport): FoundExports {
  const found = isEcmaScriptModule(module) ? new ExportFinder(follow).all(module) : commonJsExports(module);
  if (found.size > maxExports) tooMany(module, found.size);
  const warnings: string[] = [];
  const names: string[] = [];
  for (const [name, { kind, module: owner, node }] of found) {
    const place = textOfPlace(placeOf(owner, node));
    if (kind === 'other') {
      warnings.push(`${place}: "${name}" is not a function, so the plug-in does not export it`);
      continue;
    }
    if (isReserved(name)) failAt(place, `A function cannot be exported as ${JSON.stringify(name)}: rename the export`);
    if (kind === 'unknown') {
      warnings.push(`${place}: "${name}" is exported as a function, which is checked only when it is called`);
    }
    names.push(name);
  }
  if (names.length === 0) failAt(module.name, 'The source exports no function');
  return { names, warnings };
}

function tooMany({ name }: SourceModule, count: number): never {
  failAt(name, `The source exports ${count} names: expected at most ${maxExports}`);
}

/** Whether the compiled modules export the name themselves, or WebAssembly, whose names are Unicode, cannot. */
function isReserved(name: string): boolean {
  return name === 'memory' || name.startsWith('javascript:') || !name.isWellFormed();
}

/** What a module says about one of its exports: what it is, or the name of another module that it stands for. */
type OwnExport = FoundExport | { readonly from: SourceModule; readonly name: string; readonly found: FoundExport };

/** The exports of one module. */
interface ExportTable {
  readonly own: ReadonlyMap<string, OwnExport>;
  /** The modules of its `export *`. */
  readonly stars: readonly SourceModule[];
}

/** Finds exports across modules. It reads each module once, because modules may import each other in cycles. */
class ExportFinder {
  readonly #follow: FollowImport;
  readonly #tables = new Map<SourceModule, ExportTable>();
  readonly #reached = new Map<SourceModule, ReadonlySet<SourceModule>>();
  readonly #resolved = new Map<OwnExport, FoundExport>();

  constructor(follow: FollowImport) {
    this.#follow = follow;
  }

  /** Returns all exports of a module, in their order. */
  all(module: SourceModule): Map<string, FoundExport> {
    const names = new Map<string, OwnExport>();
    for (const one of this.#withStars(module)) {
      for (const [name, found] of this.#table(one).own) {
        if (!names.has(name) && (one === module || name !== 'default')) names.set(name, found);
      }
    }
    if (names.size > maxExports) tooMany(module, names.size);
    return new Map(Array.from(names, ([name, found]) => [name, this.#resolve(found)]));
  }

  /** Returns a module and those of its `export *`, in the order in which their exports are found. */
  #withStars(module: SourceModule): ReadonlySet<SourceModule> {
    const known = this.#reached.get(module);
    if (known !== undefined) return known;
    const found = new Set<SourceModule>();
    const stack = [module];
    for (let one = stack.pop(); one !== undefined; one = stack.pop()) {
      if (found.has(one)) continue;
      found.add(one);
      for (const star of this.#table(one).stars.toReversed()) stack.push(star);
    }
    this.#reached.set(module, found);
    return found;
  }

  /** Follows an export to the module that declares it. In a cycle nothing does. */
  #resolve(start: OwnExport): FoundExport {
    const visited = new Set<OwnExport>();
    let one = start;
    let found = this.#resolved.get(one);
    while (found === undefined) {
      visited.add(one);
      const next = 'from' in one ? this.#lookUp(one.from, one.name) : undefined;
      if (next === undefined || visited.has(next)) found = 'from' in one ? one.found : one;
      else {
        one = next;
        found = this.#resolved.get(one);
      }
    }
    for (const each of visited) this.#resolved.set(each, found);
    return found;
  }

  #lookUp(module: SourceModule, name: string): OwnExport | undefined {
    const own = this.#table(module).own.get(name);
    if (own !== undefined || name === 'default') return own;
    for (const star of this.#withStars(module)) {
      const found = this.#table(star).own.get(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #table(module: SourceModule): ExportTable {
    const known = this.#tables.get(module);
    if (known !== undefined) return known;
    const table = new TableReader(module, this.#follow).read();
    this.#tables.set(module, table);
    return table;
  }
}

/** Reads the exports of one module. */
class TableReader {
  readonly #module: SourceModule;
  readonly #follow: FollowImport;
  readonly #declared: DeclaredNames;
  readonly #imported = new Map<string, OwnExport>();
  readonly #own = new Map<string, OwnExport>();
  readonly #stars: SourceModule[] = [];

  constructor(module: SourceModule, follow: FollowImport) {
    this.#module = module;
    this.#follow = follow;
    this.#declared = new DeclaredNames(module.program);
  }

  read(): ExportTable {
    const module = this.#module;
    const { body } = module.program;
    for (const node of body) if (node.type === 'ImportDeclaration') this.#readImport(node);
    for (const node of body) {
      if (node.type === 'ExportNamedDeclaration') this.#readNamed(node);
      else if (node.type === 'ExportDefaultDeclaration') {
        this.#own.set('default', { kind: this.#declared.kindOf(node.declaration), module, node });
      } else if (node.type === 'ExportAllDeclaration') {
        if (node.exported != null) this.#own.set(nameOf(node.exported), { kind: 'other', module, node });
        else this.#stars.push(this.#follow(module, String(node.source.value)));
      }
    }
    return { own: this.#own, stars: this.#stars };
  }

  #readImport({ source, specifiers }: ImportDeclaration): void {
    for (const node of specifiers) {
      const name = node.type === 'ImportSpecifier' ? nameOf(node.imported) : 'default';
      const isNamespace = node.type === 'ImportNamespaceSpecifier';
      const found: FoundExport = { kind: isNamespace ? 'other' : 'unknown', module: this.#module, node };
      const one = isNamespace ? found : { from: this.#follow(this.#module, String(source.value)), name, found };
      this.#imported.set(node.local.name, one);
    }
  }

  #readNamed({ declaration, source, specifiers }: ExportNamedDeclaration): void {
    const module = this.#module;
    if (declaration?.type === 'VariableDeclaration') {
      for (const { id, init } of declaration.declarations) {
        if (id.type !== 'Identifier') {
          failAt(placeOf(module, id), 'An exported function needs a name of its own: do not destructure in an export');
        }
        this.#own.set(id.name, { kind: this.#declared.kindOf(init), module, node: id });
      }
    } else if (declaration != null) {
      this.#own.set(declaration.id.name, { kind: this.#declared.kindOf(declaration), module, node: declaration });
    }
    for (const node of specifiers) {
      const local = nameOf(node.local);
      const found: FoundExport = { kind: this.#declared.kindOfName(local) ?? 'unknown', module, node };
      const one =
        source == null
          ? (this.#imported.get(local) ?? found)
          : {
              from: this.#follow(module, String(source.value)),
              name: local,
              found: { ...found, kind: 'unknown' as const },
            };
      this.#own.set(nameOf(node.exported), one);
    }
  }
}

function nameOf(node: Identifier | Literal): string {
  return node.type === 'Identifier' ? node.name : String(node.value);
}
