import { issueOf } from '../../contract/waiting/cannot-wait.js';
import { describeMissingImport, type ImportOrigin, type MissingImport } from '../../wasm/inspect.js';
import { type ErrorCode, type ImportPlace, PluginError } from '../../contract/errors.js';
import type { ModuleIndex } from '../../wasm/module-index.js';
import type { PluginPlan } from '../loading/plan-parts.js';
import { importHint, type ImportOffer } from './import-hints.js';

/** Origins that identify the plug-in's target runtime. The first one found among the missing imports determines the error code. */
const targetOrigins: readonly (readonly [ImportOrigin, ErrorCode])[] = [
  ['pre-1-0', 'pre-1-0'],
  ['wasi-other', 'wasi-version'],
];

/** Origins of which a similar name, or the same name in another namespace, says more. */
const namedOrigins: ReadonlySet<ImportOrigin> = new Set(['host-function', 'extism', 'wasi-preview-1']);

const namedInMessage = 8;

/** Returns the worker's `missing-import` error with an explanation of each import and what to do about it. */
export function explainMissingImports(error: PluginError, plan: PluginPlan): PluginError {
  const modules = indexesOf(plan);
  const offer: ImportOffer = { functions: plan.functions ?? {}, modules };
  const found = inOrderOfLinking(error, plan.main, modules);
  const missing = found.map(({ place }) => describe(place, offer));
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
    details: { path: found[0]?.path ?? '', isLinked: modules.has(first.module) },
    issues: missing.map(({ sentence, from, module, name, kind }) => ({
      ...issueOf({ from, module, name, kind }),
      message: sentence,
    })),
  });
}

function describe(place: ImportPlace, offer: ImportOffer): MissingImport {
  const described = describeMissingImport(place);
  const hint = namedOrigins.has(described.seems) ? importHint(place, offer) : null;
  return hint === null ? described : { ...described, sentence: hint };
}

function indexesOf({ modules, entries }: PluginPlan): ReadonlyMap<string, ModuleIndex> {
  return new Map(
    modules.flatMap(({ name }, at) => {
      const index = entries[at]?.index;
      return index === undefined ? [] : [[name, index] as const];
    }),
  );
}

interface Found {
  readonly place: ImportPlace;
  /** The names of the modules that lead from the main module to the import: `"main"/"dep"`. */
  readonly path: string;
}

/** Returns the missing imports in the order in which linking reaches them: module by module, dependencies where they are imported. */
function inOrderOfLinking({ issues }: PluginError, main: string, modules: ReadonlyMap<string, ModuleIndex>): Found[] {
  const open = new Map(issues.flatMap(({ import: place }) => (place === undefined ? [] : [[keyOf(place), place]])));
  const found: Found[] = [];
  const seen = new Set<string>();
  const visit = (from: string, path: string): void => {
    seen.add(from);
    for (const { module, name } of modules.get(from)?.imports ?? []) {
      const key = keyOf({ from, module, name });
      const place = open.get(key);
      if (place !== undefined) found.push({ place, path });
      open.delete(key);
      if (modules.has(module) && !seen.has(module)) visit(module, `${path}/"${module}"`);
    }
  };
  visit(main, `"${main}"`);
  // Names that were cut on their way from the worker are not found in an index.
  return [...found, ...Array.from(open.values(), (place) => ({ place, path: `"${place.from}"` }))];
}

function keyOf({ from, module, name }: Pick<ImportPlace, 'from' | 'module' | 'name'>): string {
  return JSON.stringify([from, module, name]);
}
