import { PluginError } from '../../contract/errors.js';
import type { PlannedGroup, PlannedModule } from './link-plan.js';

/**
 * In which order to instantiate: providers before those that import from them. Modules that import from each other in circles
 * make one group (a strongly connected component: Tarjan, https://doi.org/10.1137/0201010); within it only memories, tables
 * and globals decide, because functions can be filled in later.
 */
export function orderGroups(modules: readonly PlannedModule[]): PlannedGroup[] {
  return new Components(modules).groups.map(orderWithin);
}

class Components {
  readonly groups: PlannedModule[][] = [];
  readonly #byName: ReadonlyMap<string, PlannedModule>;
  /** When each was first seen, and the earliest that it reaches among those still open. */
  readonly #seen = new Map<PlannedModule, number>();
  readonly #earliest = new Map<PlannedModule, number>();
  readonly #open: PlannedModule[] = [];

  constructor(modules: readonly PlannedModule[]) {
    this.#byName = new Map(modules.map((planned) => [planned.module.name, planned]));
    for (const planned of modules) if (!this.#seen.has(planned)) this.#visit(planned);
  }

  #visit(planned: PlannedModule): number {
    const order = this.#seen.size;
    let earliest = order;
    this.#seen.set(planned, order);
    this.#open.push(planned);
    for (const name of providersOf(planned)) {
      const provider = this.#byName.get(name);
      if (provider === undefined) continue;
      if (!this.#seen.has(provider)) earliest = Math.min(earliest, this.#visit(provider));
      else if (this.#open.includes(provider)) earliest = Math.min(earliest, this.#seen.get(provider) ?? order);
    }
    this.#earliest.set(planned, earliest);
    if (earliest === order) this.groups.push(this.#open.splice(this.#open.indexOf(planned)));
    return earliest;
  }
}

function providersOf({ imports }: PlannedModule, onlyFixed = false): string[] {
  return imports.flatMap(({ provider, kind }) =>
    (provider.kind === 'module' || provider.kind === 'command') && !(onlyFixed && kind === 'function')
      ? provider.name
      : [],
  );
}

function orderWithin(group: readonly PlannedModule[]): PlannedGroup {
  const waiting = new Set(group);
  const ordered: PlannedModule[] = [];
  while (waiting.size > 0) {
    const names = new Set(Array.from(waiting, ({ module }) => module.name));
    const next = Array.from(waiting).find((planned) => !providersOf(planned, true).some((name) => names.has(name)));
    if (next === undefined) throw circle(Array.from(names));
    waiting.delete(next);
    ordered.push(next);
  }
  return ordered;
}

function circle(names: readonly string[]): PluginError {
  const list = names.map((name) => `"${name}"`).join(', ');
  return new PluginError('unsupported', {
    message: `linked modules import memories, tables or globals of each other in a circle: ${list}`,
    where: `module "${names[0] ?? ''}"`,
    expected: 'circles of functions only',
    fix: 'Break the circle by moving what they share into a third module.',
  });
}
