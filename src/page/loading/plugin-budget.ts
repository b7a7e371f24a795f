import type { ModuleReport } from '../../contract/module-report.js';
import type { GateOptions } from '../../contract/protocol.js';
import { admit, atMost, functionsOfMostCost } from '../../wasm/reader/caps.js';
import { mostPages } from '../../wasm/reader/limits.js';

/** How many modules a plug-in may have. */
export const mostModules = 64;
/** All tables of a plug-in together may grow to so many times the entries that one module may have. */
const tablesOfMostEntries = 4;

/**
 * Sums what all modules of a plug-in have. The gate limits each module by itself, and many modules cost many times as much as one.
 * The sums have the limits of one module, except that of table entries, which may be `tablesOfMostEntries` times as large.
 */
export class PluginBudget {
  readonly #gate: GateOptions;
  readonly #reports: ModuleReport[] = [];

  constructor(gate: GateOptions, modules: number) {
    this.#gate = gate;
    const fix = 'Link some of the modules into one.';
    atMost({ code: 'module-limit', most: mostModules, what: 'modules', fix }, modules, 'wasm');
  }

  /** Adds a module, `where` in the manifest. @throws PluginError if the plug-in then has more than it may have of something */
  add(report: ModuleReport, where: string): void {
    this.#reports.push(report);
    const place = `${where} with the modules loaded before it`;
    admit(
      'imports',
      this.#sum(({ imports }) => imports.length),
      place,
    );
    admit(
      'exports',
      this.#sum(({ exports }) => exports.length),
      place,
    );
    admit(
      'types',
      this.#sum(({ counts }) => counts.types),
      place,
    );
    admit(
      'functions',
      this.#sum(({ counts }) => counts.functions),
      place,
    );
    admit(
      'globals',
      this.#sum(({ counts }) => counts.globals),
      place,
    );
    admit(
      'tags',
      this.#sum(({ counts }) => counts.tags),
      place,
    );
    admit(
      'element segments',
      this.#sum(({ counts }) => counts.elements),
      place,
    );
    admit(
      'data segments',
      this.#sum(({ counts }) => counts.dataSegments),
      place,
    );
    this.#admitSizes(place);
  }

  /** What the memories of the added modules have at the start together, in pages. */
  get initialPages(): number {
    return this.#sum(({ memories }) => sumOf(memories, ({ imported, initial }) => (imported ? 0 : initial)));
  }

  #admitSizes(place: string): void {
    const { maxModuleBytes, maxCompileCost, maxPages, maxTableEntries } = this.#gate;
    atMost(
      { code: 'module-size', most: maxModuleBytes, what: 'bytes', fix: 'Raise maxModuleBytes.' },
      this.#sum(({ sizeBytes }) => sizeBytes),
      place,
    );
    atMost(
      {
        code: 'compile-cost',
        most: maxCompileCost * functionsOfMostCost,
        what: 'units of compile cost',
        fix: 'Build smaller modules, or raise maxCompileCost for a plug-in that you trust.',
      },
      this.#sum(({ compileCost }) => compileCost.sum),
      place,
    );
    atMost(
      {
        code: 'memory-limit',
        most: maxPages ?? mostPages,
        what: 'initial pages of 64 KiB',
        fix: 'Raise memory.maxPages, or build the modules with smaller memories.',
      },
      this.initialPages,
      place,
    );
    atMost(
      {
        code: 'table-limit',
        most: maxTableEntries * tablesOfMostEntries,
        what: 'table entries',
        fix: 'Raise memory.maxTableEntries, or build the modules with tables that do not grow.',
      },
      this.#sum(({ tables }) => sumOf(tables, (one) => (one.imported ? 0 : (one.maximum ?? one.initial)))),
      place,
    );
  }

  #sum(part: (report: ModuleReport) => number): number {
    return sumOf(this.#reports, part);
  }
}

function sumOf<Item>(items: readonly Item[], part: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + part(item), 0);
}
