import { PluginError } from '../../contract/errors.js';
import type { PlannedGroup, PlannedModule } from './link-plan.js';

/**
 * Returns the order of instantiation: providers before the modules that import from them. Modules in an import cycle form one
 * group, a strongly connected component (Tarjan, https://doi.org/10.1137/0201010). Within it only memories, tables and globals
 * decide the order, because functions can be filled in later.
 */
export function orderGroups(modules: readonly PlannedModule[]): PlannedGroup[] {
  const byName = new Map(modules.map((planned) => [planned.module.name, planned]));
  /** The order in which modules were visited, from 0; Infinity once the group of the module is complete. */
  const visited = new Map<PlannedModule, number>();
  const open: PlannedModule[] = [];
  const groups: PlannedGroup[] = [];
  /** Visits `planned` and its providers. Returns its low-link: the earliest visit among the modules it reaches whose group is not complete. */
  const visit = (planned: PlannedModule): number => {
    const order = visited.size;
    visited.set(planned, order);
    const start = open.push(planned) - 1;
    let earliest = order;
    for (const name of providersOf(planned)) {
      const provider = byName.get(name);
      if (provider !== undefined) earliest = Math.min(earliest, visited.get(provider) ?? visit(provider));
    }
    if (earliest === order) {
      const group = open.splice(start);
      for (const member of group) visited.set(member, Infinity);
      groups.push(orderWithin(group));
    }
    return earliest;
  };
  for (const planned of modules) if (!visited.has(planned)) visit(planned);
  return groups;
}

function providersOf({ imports }: PlannedModule, exceptFunctions = false): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { provider, kind } of imports) {
    if ('name' in provider && !(exceptFunctions && kind === 'function')) names.add(provider.name);
  }
  return names;
}

function orderWithin(group: readonly PlannedModule[]): PlannedGroup {
  const waiting = new Map(group.map((planned) => [planned.module.name, providersOf(planned, true)]));
  const ordered: PlannedModule[] = [];
  while (waiting.size > 0) {
    const next = group.find(({ module }) => {
      const providers = waiting.get(module.name);
      return providers !== undefined && !Array.from(providers).some((name) => waiting.has(name));
    });
    if (next === undefined) throw unorderable(Array.from(waiting.keys()));
    waiting.delete(next.module.name);
    ordered.push(next);
  }
  return ordered;
}

function unorderable(names: readonly string[]): PluginError {
  const list = names.map((name) => `"${name}"`).join(', ');
  return new PluginError('unsupported', {
    message: `Cannot link modules ${list}: they import memories, tables or globals in a cycle`,
    where: `module "${names[0] ?? ''}"`,
    expected: 'cycles of functions only',
    fix: 'Break the cycle by moving what they share into a third module.',
  });
}
