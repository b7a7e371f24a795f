import { describeMissingImport, type ImportOrigin } from '../../wasm/inspect.js';
import { type ErrorCode, PluginError } from '../../contract/errors.js';
import type { ModuleIndex } from '../../wasm/module-index.js';
import type { PluginPlan } from '../loading/plan-parts.js';

/** Origins that identify the plug-in's target runtime. The first one found among the missing imports determines the error code. */
const targetOrigins: readonly (readonly [ImportOrigin, ErrorCode])[] = [
  ['pre-1-0', 'pre-1-0'],
  ['wasi-other', 'wasi-version'],
];

const namedInMessage = 8;

/** Returns the worker's `missing-import` error with an explanation of each import and what to do about it. */
export function explainMissingImports(error: PluginError, { main, modules, entries }: PluginPlan): PluginError {
  const missing = error.issues.flatMap(({ import: place }) =>
    place === undefined ? [] : [describeMissingImport(place)],
  );
  const [first] = missing;
  if (first === undefined) return error;
  const target = targetOrigins.find(([origin]) => missing.some(({ seems }) => seems === origin));
  const lead = missing.find(({ seems }) => seems === target?.[0]) ?? first;
  const names = missing.slice(0, namedInMessage).map(({ module, name }) => `"${module}" "${name}"`);
  const isOneModule = missing.every(({ from }) => from === lead.from);
  const more = missing.length > namedInMessage ? ` and ${missing.length - namedInMessage} more` : '';
  return new PluginError(target?.[1] ?? 'missing-import', {
    message: `Unresolved import${missing.length === 1 ? '' : 's'} ${names.join(', ')}${more}${isOneModule ? ` in module "${lead.from}"` : ''}. ${lead.sentence}`,
    where: `module "${lead.from}"`,
    fix: lead.sentence,
    details: { path: importPath(first.from, main, new Map(modules.map(({ name }, at) => [name, entries[at]?.index]))) },
    issues: missing.map(({ sentence, ...place }, index) => ({
      path: error.issues[index]?.path ?? '',
      message: sentence,
      import: { from: place.from, module: place.module, name: place.name, kind: place.kind },
    })),
  });
}

/** Returns the names of the modules that lead from `main` to `module` through their imports: `"main"/"dep"`. */
function importPath(module: string, main: string, indexes: ReadonlyMap<string, ModuleIndex | undefined>): string {
  const seen = new Set<string>();
  const open: string[][] = [[main]];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const name = path.at(-1) ?? main;
    if (name === module) return path.map((one) => `"${one}"`).join('/');
    if (seen.has(name)) continue;
    seen.add(name);
    const imported = new Set(indexes.get(name)?.imports.map((wanted) => wanted.module));
    // The last one is looked at first, so that the order is that of the imports.
    for (const next of Array.from(imported).toReversed()) if (indexes.has(next)) open.push([...path, next]);
  }
  return `"${module}"`;
}
