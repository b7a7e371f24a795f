import type { ModuleReport } from '../../contract/module-report.js';
import { startExport } from '../../contract/abi.js';
import type { ModuleFacts } from '../reader/module.js';

/** What the facts come to, for whoever asks about the module. */
export function reportModule(facts: ModuleFacts, sizeBytes: number, rewritten: boolean): ModuleReport {
  const { types, imports, exports, memories, tables, tags, globals, elements, dataSegments } = facts;
  const modules = new Set(imports.map(({ module }) => module));
  return {
    sizeBytes,
    rewritten,
    startExport: facts.start === null ? null : startExport,
    imports,
    exports,
    memories,
    tables,
    counts: {
      types: types.length,
      functions: facts.definedFunctions.length,
      globals,
      tags,
      elements,
      dataSegments,
    },
    customSections: [...facts.customNames],
    producers: facts.producers,
    wasi: [...modules].filter((module) => module.startsWith('wasi')),
  };
}
