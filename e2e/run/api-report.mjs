// The public API as one text: for each entry of the package its exported names with their signatures, and the types these refer to.
// `npm run api-report` writes e2e/api-report.txt; a step of `npm test` compares it, so that a change of the API shows in review.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from '../setup/build.mjs';
import { entries } from '../setup/entries.mjs';
import { root, say } from '../setup/processes.mjs';

const reportFile = join(root, 'e2e/api-report.txt');

/** @typedef {{ type: string, start: number, end: number } & Record<string, any>} Node */
/** @typedef {{ file: string, name: string }} Place A declaration, by the name it has in its file. */
/** @typedef {{ start: number, end: number }} Range */
/** @typedef {{ code: string, comments: readonly Range[], node: Node, isType: boolean }} Declaration */
/** @typedef {{ exported: string, place: Place, typeOnly: boolean }} Export */

/**
 * @typedef {object} DeclarationFile
 * @property {Map<string, Declaration[]>} declarations By name; overloads and merged interfaces have several.
 * @property {Map<string, Place>} imports By local name.
 * @property {Export[]} exports
 * @property {Declaration[]} globals `declare global` blocks.
 */

/**
 * Where a relative specifier leads; undefined for another package.
 * @param {string} file
 * @param {string} specifier
 */
function resolve(file, specifier) {
  return specifier.startsWith('.') ? join(dirname(file), specifier.replace(/\.js$/u, '.d.ts')) : undefined;
}

/**
 * Calls `visit` with every node of a tree; not with those inside a node for which it returns false.
 * @param {unknown} value
 * @param {(node: Node) => boolean} visit
 */
function walk(value, visit) {
  if (typeof value !== 'object' || value === null) return;
  if ('type' in value && 'start' in value && !visit(/** @type {Node} */ (value))) return;
  for (const inner of Object.values(value)) walk(inner, visit);
}

/**
 * Whether apps cannot use a member: it is private, or it belongs to the class itself, which is exported as a type only.
 * @param {Node} node
 * @param {boolean} typeOnly
 */
function isHidden(node, typeOnly) {
  if (node.accessibility === 'private' || (node.key?.type ?? '') === 'PrivateIdentifier') return true;
  return typeOnly && (node.static === true || node.kind === 'constructor');
}

/**
 * The text of a declaration without comments and hidden members, and the names that it uses.
 * @param {Declaration} declaration
 * @param {boolean} typeOnly
 */
function describe({ code, comments, node }, typeOnly) {
  /** @type {Set<string>} */
  const names = new Set();
  const omitted = comments.filter(({ start, end }) => start >= node.start && end <= node.end);
  walk(node, (inner) => {
    if (isHidden(inner, typeOnly)) {
      omitted.push({ start: inner.start, end: inner.end });
      return false;
    }
    if (inner.type === 'Identifier') names.add(inner['name']);
    return true;
  });
  let text = code.slice(node.start, node.end);
  for (const { start, end } of omitted.toSorted((one, other) => other.start - one.start)) {
    if (end - node.start <= text.length) text = text.slice(0, start - node.start) + text.slice(end - node.start);
  }
  // What was omitted leaves empty lines.
  return { text: text.replace(/^declare /u, '').replaceAll(/\n(?:\s*\n)+/gu, '\n'), names };
}

/**
 * The names that a declaration statement declares.
 * @param {Node} node
 * @returns {string[]}
 */
function namesOf(node) {
  if (node.type !== 'VariableDeclaration') return node['id']?.name === undefined ? [] : [node['id'].name];
  return node['declarations'].map((/** @type {Node} */ { id }) => id.name);
}

/**
 * Reads one declaration file.
 * @param {string} file
 * @param {typeof import('vite').parseSync} parse
 * @returns {DeclarationFile}
 */
function readDeclarations(file, parse) {
  const code = readFileSync(file, 'utf8');
  const { program, comments } = parse(file, code);
  /** @type {DeclarationFile} */
  const found = { declarations: new Map(), imports: new Map(), exports: [], globals: [] };
  const nameOf = (/** @type {Node} */ node) => node['name'] ?? node['value'];
  for (const statement of /** @type {Node[]} */ (program.body)) {
    const source = statement['source']?.value;
    const target = source === undefined ? file : resolve(file, source);
    if (statement.type === 'ImportDeclaration') {
      for (const { local, imported } of statement['specifiers']) {
        if (target !== undefined) found.imports.set(local.name, { file: target, name: nameOf(imported ?? local) });
      }
      continue;
    }
    if (statement.type === 'ExportAllDeclaration') {
      throw new Error(`${file}: expected exports by name, found "export *"; name each export`);
    }
    if (statement.type === 'ExportDefaultDeclaration') {
      const place = { file, name: statement['declaration'].name };
      found.exports.push({ exported: 'default', place, typeOnly: false });
      continue;
    }
    for (const { local, exported, exportKind } of statement['specifiers'] ?? []) {
      const typeOnly = statement['exportKind'] === 'type' || exportKind === 'type';
      if (target !== undefined) {
        found.exports.push({ exported: nameOf(exported), place: { file: target, name: nameOf(local) }, typeOnly });
      }
    }
    const inner = /** @type {Node | null} */ (statement['declaration'] ?? (source === undefined ? statement : null));
    if (inner === null || inner.type === 'ExportNamedDeclaration') continue;
    const declaration = { code, comments, node: inner, isType: /^TS(?:Interface|TypeAlias)/u.test(inner.type) };
    if (inner.type === 'TSGlobalDeclaration' || inner['global'] === true) {
      found.globals.push(declaration);
      continue;
    }
    for (const name of namesOf(inner)) {
      found.declarations.set(name, [...(found.declarations.get(name) ?? []), declaration]);
      if (statement['declaration']) {
        found.exports.push({ exported: name, place: { file, name }, typeOnly: declaration.isType });
      }
    }
  }
  return found;
}

/**
 * Describes entries in order. A type that several refer to is described once, where it is exported or first used.
 * @param {readonly string[]} entryFiles Paths of their declaration files.
 * @param {typeof import('vite').parseSync} parse
 * @returns {string[]} For each entry TypeScript text, not formatted.
 */
export function describeEntries(entryFiles, parse) {
  /** @type {Map<string, DeclarationFile>} */
  const files = new Map();
  const fileAt = (/** @type {string} */ path) => {
    const known = files.get(path) ?? readDeclarations(path, parse);
    files.set(path, known);
    return known;
  };
  /** Follows imports and re-exports to the declaration. @type {(place: Place) => Place} */
  const originOf = (place) => {
    const { declarations, imports, exports } = fileAt(place.file);
    if (declarations.has(place.name)) return place;
    const next = imports.get(place.name) ?? exports.find(({ exported }) => exported === place.name)?.place;
    if (next === undefined) throw new Error(`${place.file}: expected a declaration of "${place.name}", found none`);
    return originOf(next);
  };
  const keyOf = (/** @type {Place} */ { file, name }) => `${name} ${file}`;

  const exportsOf = (/** @type {string} */ entry) =>
    fileAt(entry)
      .exports.map((one) => ({ ...one, place: originOf(one.place) }))
      .toSorted((one, other) => (one.exported < other.exported ? -1 : 1));
  /** Whether apps get only the type: a class that no entry exports as a value. @type {Map<string, boolean>} */
  const typeOnly = new Map();
  for (const { place, typeOnly: only } of entryFiles.flatMap(exportsOf)) {
    typeOnly.set(keyOf(place), only && (typeOnly.get(keyOf(place)) ?? true));
  }
  /** @type {Set<string>} */
  const written = new Set();

  /**
   * The text of a declaration, and the places of what it uses. A name inside a package's own class that no entry exports counts as a type.
   * @param {Place} place
   */
  const describePlace = (place) => {
    const declarations = fileAt(place.file).declarations.get(place.name) ?? [];
    return describeIn(place.file, declarations, typeOnly.get(keyOf(place)) ?? true);
  };
  const describeIn = (
    /** @type {string} */ file,
    /** @type {readonly Declaration[]} */ declarations,
    /** @type {boolean} */ only,
  ) => {
    const { declarations: own, imports } = fileAt(file);
    const described = declarations.map((declaration) => describe(declaration, only));
    const uses = described
      .flatMap(({ names }) => Array.from(names))
      .filter((name) => own.has(name) || imports.has(name))
      .map((name) => originOf({ file, name }));
    return { texts: described.map(({ text }) => text), uses };
  };

  return entryFiles.map((entry) => {
    /** @type {string[]} */
    const blocks = [];
    /** @type {Place[]} */
    const used = [];
    for (const { exported, place } of exportsOf(entry)) {
      const key = keyOf(place);
      const { texts, uses } = describePlace(place);
      const isClass = !(fileAt(place.file).declarations.get(place.name) ?? []).every(({ isType }) => isType);
      const note = isClass && typeOnly.get(key) === true ? ['// Exported as a type only.'] : [];
      const named = exported === place.name;
      const lines = written.has(key) ? [] : [...note, ...texts.map((text) => (named ? `export ${text}` : text))];
      if (!named) lines.push(`export { ${place.name} as ${exported} };`);
      else if (written.has(key)) lines.push(`export { ${exported} };`);
      written.add(key);
      used.push(...uses);
      blocks.push(lines.join('\n'));
    }
    const globals = describeIn(entry, fileAt(entry).globals, true);
    blocks.push(...globals.texts);
    used.push(...globals.uses);
    /** @type {Map<string, string[]>} */
    const others = new Map();
    for (let place = used.pop(); place !== undefined; place = used.pop()) {
      const key = keyOf(place);
      if (typeOnly.has(key) || written.has(key)) continue;
      written.add(key);
      const { texts, uses } = describePlace(place);
      others.set(key, texts);
      used.push(...uses);
    }
    const sorted = Array.from(others).toSorted(([one], [other]) => (one < other ? -1 : 1));
    if (sorted.length > 0) blocks.push('// Not exported, but used above:', ...sorted.flatMap(([, texts]) => texts));
    return `${blocks.join('\n\n')}\n`;
  });
}

/** The report of all entries. */
async function reportText() {
  // Imported here because `npm test` loads this file before it installs dependencies.
  const [{ parseSync }, { format, resolveConfig }] = await Promise.all([import('vite'), import('prettier')]);
  const options = { ...(await resolveConfig(reportFile)), parser: 'typescript' };
  const described = entries.filter(({ types, subpath }) => types !== undefined && subpath !== undefined);
  const files = described.map(({ types = '' }) => join(root, 'dist/types', types));
  const texts = describeEntries(files, parseSync);
  const sections = described.map(async ({ subpath = '' }, index) => {
    const text = await format(texts[index] ?? '', options);
    const title = subpath.replace(/^\./u, 'tenon');
    return `${'='.repeat(8)} ${title} ${'='.repeat(8)}\n\n${text.trim() === '' ? '(exports nothing)\n' : text}`;
  });
  const introduction = 'The public API, generated from the built declarations by `npm run api-report`.';
  return `${introduction}\n\n${(await Promise.all(sections)).join('\n')}`;
}

/** Prints the first line that differs. Returns whether e2e/api-report.txt shows the API of the built declarations. */
export async function checkApiReport() {
  const found = await reportText();
  const expected = existsSync(reportFile) ? readFileSync(reportFile, 'utf8') : '';
  if (found === expected) return true;
  const lines = expected.split('\n');
  const at = found.split('\n').findIndex((line, index) => line !== lines[index]);
  say(
    `  e2e/api-report.txt:${at + 1}: expected ${lines[at] ?? 'the end'}, found ${found.split('\n')[at] ?? 'the end'}`,
  );
  say('  If the change of the API is intended, run `npm run api-report` and commit the file.');
  return false;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.exitCode = (await build([])) ? 0 : 1;
  if (process.exitCode === 0) writeFileSync(reportFile, await reportText());
}
