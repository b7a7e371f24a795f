import { envNamespace, wasiNamespace, wasiNamespaces } from '../../contract/abi.js';
import type { ImportPlace } from '../../contract/errors.js';
import { envSignatures, wasiParameters } from '../../contract/import-types.js';
import { suggest } from '../../manifest/suggest.js';
import type { ModuleIndex } from '../../wasm/module-index.js';
import type { HostFunctions } from '../base/host-function.js';

/** What a plug-in's modules can import, beside what they do import. */
export interface ImportOffer {
  /** Host functions of the app. */
  readonly functions: HostFunctions;
  /** The plug-in's modules by name. */
  readonly modules: ReadonlyMap<string, ModuleIndex>;
}

/** Names that one namespace offers. */
interface Namespace {
  readonly name: string;
  readonly by: 'runtime' | 'app' | 'module';
  readonly offers: readonly string[];
}

/**
 * Returns a sentence about an unresolved import whose name exists elsewhere, or is similar to an existing one of its namespace;
 * null if there is neither.
 */
export function importHint(wanted: ImportPlace, offer: ImportOffer): string | null {
  const namespaces = namespacesFor(wanted, offer);
  const elsewhere = namespaces.find(({ name, offers }) => !isSame(name, wanted.module) && offers.includes(wanted.name));
  if (elsewhere !== undefined) return elsewhereSentence(wanted, elsewhere);
  const own = namespaces.filter(({ name }) => isSame(name, wanted.module));
  const similar = suggest(
    wanted.name,
    own.flatMap(({ offers }) => offers),
  );
  return similar === undefined ? null : `Did you mean ${quote(similar)}, which ${quote(wanted.module)} has?`;
}

function namespacesFor({ kind, from }: ImportPlace, { functions, modules }: ImportOffer): Namespace[] {
  const linked = Array.from(modules, ([name, { exports }]): Namespace => {
    const offers = Array.from(exports.values()).flatMap((entry) => (entry.kind === kind ? entry.name : []));
    return { name, by: 'module', offers };
  }).filter(({ name }) => name !== from);
  if (kind !== 'function') return linked;
  const app = Object.entries(functions).map(([name, group]): Namespace => ({
    name,
    by: 'app',
    offers: Object.keys(group),
  }));
  return [
    ...app,
    ...linked,
    { name: envNamespace, by: 'runtime', offers: Object.keys(envSignatures) },
    { name: wasiNamespace, by: 'runtime', offers: Object.keys(wasiParameters) },
  ];
}

/** Both namespaces of WASI have the same functions. */
function isSame(namespace: string, wanted: string): boolean {
  return namespace === wanted || (namespace === wasiNamespace && wasiNamespaces.includes(wanted));
}

function elsewhereSentence({ module, name, kind }: ImportPlace, { name: other, by }: Namespace): string {
  switch (by) {
    case 'runtime':
      return `${quote(other)} has a function ${quote(name)}: rebuild the plug-in so that it imports it from there.`;
    case 'app':
      return `The app offers ${quote(name)} in ${quote(other)}: offer it in ${quote(module)} of \`functions\`, or import it from ${quote(other)}.`;
    case 'module':
      return `Module ${quote(other)} exports a ${kind} ${quote(name)}: name that module ${quote(module)} in the manifest, or import it from ${quote(other)}.`;
  }
}

function quote(text: string): string {
  return `"${text.slice(0, 80)}"`;
}
