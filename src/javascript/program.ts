import { PluginError } from '../contract/errors.js';
import { findExports, isEcmaScriptModule } from './exports.js';
import { failAt } from './faults.js';
import { hostTypes } from './host-types.js';
import { importsOf, resolveImport } from './imports.js';
import type { CompileOptions, HostFunctionDeclaration, JavaScriptFiles } from './options.js';
import { pluginPart, type PluginPart } from './plugin-part.js';
import type { HostSignature, HostValueType } from './prelude/program.js';
import { type ProgramModule, programBytes } from './program-bytes.js';
import { parseModule, type SourceModule } from './source-module.js';

/** The largest source, in UTF-16 code units: of all files together. */
const maxSourceLength = 4_194_304;
const maxFiles = 1_000;
const maxHostFunctions = 1_000;
const maxParams = 100;
const valueTypes: ReadonlySet<unknown> = new Set<HostValueType>(['I32', 'I64', 'F32', 'F64']);
const mainNames = ['main.js', 'main.mjs', 'main.ts', 'main.mts', 'index.js', 'index.ts'];

/** The texts of the prelude, which the build makes. */
export interface PreludeTexts {
  readonly preludeText: string;
  readonly platformText: string;
}

/** A plug-in's part, and what is known about it. */
export interface CompiledPart {
  readonly part: PluginPart;
  readonly exports: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Compiles JavaScript or TypeScript to the part that a plug-in adds to the engine. It runs nothing of the source.
 * @throws PluginError `invalid-source`, `invalid-argument`
 */
export function compilePart(
  source: string | JavaScriptFiles,
  options: CompileOptions,
  texts: PreludeTexts,
): CompiledPart {
  const files = checkedFiles(source, options);
  const declared = new Map<string, HostSignature>();
  const modules = new Map<string, SourceModule>();
  for (const [name, text] of files) {
    if (declaresHost(name, text)) for (const [one, signature] of hostTypes(name, text)) declared.set(one, signature);
    if (!name.endsWith('.d.ts') && /\.[cm]?[jt]s$/u.test(name)) modules.set(name, parseModule(name, text));
  }
  for (const [name, one] of Object.entries(options.hostFunctions ?? {}))
    declared.set(name, checkedSignature(name, one));
  const main = mainModule(modules, options.name);
  const names = new Set(modules.keys());
  const imports = new Map(
    Array.from(modules.values(), (module) => {
      const resolved = importsOf(module).map((one) => [one.specifier, resolveImport(module, one, names)] as const);
      return [module.name, new Map(resolved)];
    }),
  );
  const found = findExports(main, (from, specifier) => {
    return modules.get(imports.get(from.name)?.get(specifier) ?? '') ?? main;
  });
  const hostFunctions = checkedHostFunctions(declared, main);
  const all = Array.from(modules.values());
  const usesHttp = all.some((module) => module.usesHttp);
  const info = {
    main: main.name,
    exports: found.names,
    withoutColumns: all.filter((one) => !one.hasColumns || !isEcmaScriptModule(one)).map(({ name }) => name),
    imports: Object.fromEntries(Array.from(imports, ([name, map]) => [name, Object.fromEntries(map)])),
    hostFunctions,
    usesHttp,
  };
  const data = programBytes(texts, info, all.map(programModule));
  return {
    part: pluginPart(found.names, hostFunctions, usesHttp, data),
    exports: found.names,
    warnings: found.warnings,
  };
}

/** Whether a file may declare host functions: a `.d.ts`, or TypeScript with `declare module 'extism:host'`. */
function declaresHost(name: string, text: string): boolean {
  return name.endsWith('.ts') && (name.endsWith('.d.ts') || /\bdeclare\s+module\s+["']extism:host["']/u.test(text));
}

/** @throws PluginError `invalid-argument`, `invalid-source` */
function checkedFiles(source: string | JavaScriptFiles, { name = 'main.js' }: CompileOptions): [string, string][] {
  const given: [string, unknown][] = typeof source === 'string' ? [[name, source]] : Object.entries(Object(source));
  const files = given.map(([path, text]): [string, unknown] => [path, decoded(path, text)]);
  const faulty = files.find(([, text]) => typeof text !== 'string');
  if (files.length === 0 || faulty !== undefined) {
    throw new PluginError('invalid-argument', {
      message: 'Cannot compile the source',
      where: 'source',
      expected: 'text, or an object with the text of each file',
      actual: faulty === undefined ? 'no file' : `"${faulty[0]}" is ${typeof faulty[1]}`,
    });
  }
  const odd = files.find(([path]) => /[<>:"\\\p{Cc}]|^\/|(?:^|\/)\.{0,2}(?:\/|$)/u.test(path));
  if (odd !== undefined) failAt(odd[0], 'Expected the name of a file, as a relative path without ".."');
  if (files.length > maxFiles) failAt(name, `The source has ${files.length} files: expected at most ${maxFiles}`);
  const length = files.reduce((sum, [, text]) => sum + String(text).length, 0);
  if (length > maxSourceLength)
    failAt(name, `The source has ${length} characters: expected at most ${maxSourceLength}`);
  return files as [string, string][];
}

/** @throws PluginError `invalid-argument` */
function checkedSignature(name: string, declaration: unknown): HostSignature {
  const { params = [], result = null } = Object(declaration) as HostFunctionDeclaration;
  const isValid = Array.isArray(params) && [...params, result ?? 'I32'].every((type) => valueTypes.has(type));
  if (isValid && typeof declaration === 'object' && declaration !== null) return { params, result };
  throw new PluginError('invalid-argument', {
    message: `Cannot declare the host function "${name}"`,
    where: 'hostFunctions',
    expected: 'params and result with the types I32, I64, F32 and F64',
    actual: typeof declaration === 'object' ? `${String(params)} and ${String(result)}` : typeof declaration,
  });
}

/** @throws PluginError `invalid-source` for more than the engines of browsers import */
function checkedHostFunctions(
  declared: ReadonlyMap<string, HostSignature>,
  { name: main }: SourceModule,
): (readonly [string, HostSignature])[] {
  const functions = Array.from(declared);
  if (functions.length > maxHostFunctions)
    failAt(main, `The source declares ${functions.length} host functions: expected at most ${maxHostFunctions}`);
  const wide = functions.find(([, { params }]) => params.length > maxParams);
  if (wide !== undefined) failAt(main, `Host function "${wide[0]}" has more than ${maxParams} parameters`);
  const odd = functions.find(([name]) => !name.isWellFormed());
  if (odd !== undefined) failAt(main, `Host function ${JSON.stringify(odd[0])}: expected a name in Unicode`);
  return functions;
}

function decoded(path: string, text: unknown): unknown {
  if (!(text instanceof Uint8Array)) return text;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(text);
  } catch {
    return failAt(path, 'Expected text in UTF-8');
  }
}

function mainModule(modules: ReadonlyMap<string, SourceModule>, given: string | undefined): SourceModule {
  const [first] = modules.values();
  if (first !== undefined && modules.size === 1) return first;
  const expected = given === undefined ? mainNames : [given];
  const main = expected.map((name) => modules.get(name)).find((module) => module !== undefined);
  return main ?? failAt(expected[0] ?? '', `Expected one of the files ${expected.join(', ')}`);
}

/** Returns what the engine evaluates. CommonJS becomes a module whose default export is `module.exports`. */
function programModule(module: SourceModule): ProgramModule {
  const { name, text } = module;
  if (isEcmaScriptModule(module)) return { name, text };
  const required = importsOf(module).filter(({ kind }) => kind === 'require');
  const specifiers = Array.from(new Set(required.map(({ specifier }) => specifier)));
  const imports = specifiers.map((specifier, index) => `import __${index} from ${JSON.stringify(specifier)};`);
  const table = specifiers.map((specifier, index) => `[${JSON.stringify(specifier)},__${index}]`);
  // On the first line of the source, so that its lines stay the same.
  const before = `${imports.join('')}const module={exports:{}};(function(exports,require){`;
  const after = `\n}).call(module.exports,module.exports,(name)=>new Map([${table.join()}]).get(name));export default module.exports;`;
  return { name, text: before + text.replace(/^#!/u, '//') + after };
}
