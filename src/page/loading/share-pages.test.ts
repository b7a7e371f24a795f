import { expect, test } from 'vitest';
import type { MemoryReport, ModuleReport } from '../../contract/module-report.js';
import { sharePages } from './share-pages.js';

const most = 100;
const noReport: ModuleReport = {
  sizeBytes: 8,
  rewritten: false,
  startExport: null,
  imports: [],
  exports: [],
  memories: [],
  tables: [],
  counts: { types: 0, functions: 0, globals: 0, tags: 0, elements: 0, dataSegments: 0 },
  compileCost: { sum: 0, largest: 0 },
  customSections: [],
  producers: [],
  wasi: [],
};

/** A module with this memory, as the gate reports it under a limit of `most` pages. */
function withMemory(initial: number, declaredMaximum: number | null, imported = false): ModuleReport {
  const memory: MemoryReport = { imported, initial, declaredMaximum, maximum: Math.min(most, declaredMaximum ?? most) };
  return { ...noReport, memories: [memory] };
}

test.each<[string, readonly (ModuleReport | null)[], readonly (number | null)[]]>([
  ['a single memory keeps the whole limit', [withMemory(1, null)], [null]],
  [
    'modules without a memory of their own take nothing',
    [noReport, withMemory(1, null, true), withMemory(1, null), null],
    [null, null, null, null],
  ],
  ['what is left is divided evenly', [withMemory(10, null), withMemory(30, null)], [40, 60]],
  ['an odd page is not lost', [withMemory(1, null), withMemory(1, null), withMemory(1, null)], [33, 33, 34]],
  ['a small declared maximum leaves its part to the others', [withMemory(1, 2), withMemory(1, null)], [null, 98]],
  ['declared maxima that fit stay', [withMemory(1, 60), withMemory(1, 40)], [null, null]],
  ['memories that fill the limit at the start do not grow', [withMemory(40, null), withMemory(60, null)], [40, 60]],
])('%s', (_title, reports, expected) => {
  expect(sharePages(reports, most)).toEqual(expected);
});

test('all memories together never have more than the limit, and none less than at the start', () => {
  for (let seed = 1; seed < 500; seed += 1) {
    const reports = Array.from({ length: 1 + (seed % 7) }, (_, index) => {
      const initial = (seed * (index + 3)) % 14;
      return withMemory(initial, (seed + index) % 3 === 0 ? initial + ((seed * 31 + index) % 90) : null);
    });
    const limits = sharePages(reports, most);
    const maxima = reports.map(({ memories }, index) => limits[index] ?? memories[0]?.maximum ?? 0);
    expect(maxima.reduce((sum, pages) => sum + pages, 0)).toBeLessThanOrEqual(most);
    expect(reports.every(({ memories }, index) => (maxima[index] ?? 0) >= (memories[0]?.initial ?? 0))).toBe(true);
  }
});
