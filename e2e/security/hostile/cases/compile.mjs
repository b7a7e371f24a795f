import {
  body,
  bytesOf,
  custom,
  exportRun,
  moduleOf,
  oneFunction,
  runModule,
  section,
  text,
  times,
  u32,
  unitType,
} from '../module-bytes.mjs';

/** What an engine may do with a module that is within every limit but hard to compile. @type {readonly import('tenon').ErrorCode[]} */
const hard = ['invalid-module', 'load-timeout', 'module-limit', 'timeout'];

/** A passive segment of so many entries, of one byte each. */
const elements = (/** @type {number} */ count) =>
  moduleOf(
    unitType,
    oneFunction,
    exportRun,
    section(9, 1, 1, 0, u32(count), times(count, 0)),
    section(10, 1, body([])),
  );

/** @param {number} count */
const functions = (count) =>
  moduleOf(
    unitType,
    section(3, u32(count), times(count, 0)),
    exportRun,
    section(10, u32(count), times(count, body([]))),
  );

/** @param {number} count */
const locals = (count) => runModule([], [1, u32(count), 0x7f]);

/**
 * @param {number} depth
 * @param {number} opcode
 */
const nested = (depth, opcode, declared = /** @type {import('../module-bytes.mjs').Part} */ (0)) =>
  runModule([times(depth, [opcode, 0x40]), times(depth, 0x0b)], declared);

/** @param {number} count */
const branchTable = (count) => runModule([0x02, 0x40, 0x41, 0, 0x0e, u32(count), times(count, 0), 0, 0x0b]);

/** Numbered names, all different. @param {number} count @param {(name: Uint8Array) => import('../module-bytes.mjs').Part} entry */
const named = (count, entry) => Array.from({ length: count }, (_, index) => entry(text(index.toString(36))));

/** @param {number} count */
const imports = (count) =>
  moduleOf(
    unitType,
    section(
      2,
      u32(count),
      named(count, (name) => [text('m'), name, 0, 0]),
    ),
  );

/** @param {number} count */
const exports = (count) =>
  moduleOf(
    unitType,
    oneFunction,
    section(
      7,
      u32(count),
      named(count, (name) => [name, 0, 0]),
    ),
    section(10, 1, body([])),
  );

/** Guests that are hard to compile. @type {readonly import('../corpus.mjs').HostileCase[]} */
export const compile = [
  {
    name: 'functions-100000',
    tries: 'a hundred thousand functions',
    bytes: () => functions(100_000),
    ends: ['value', 'load-timeout'],
  },
  {
    name: 'functions-200001',
    tries: 'more functions than there may be',
    bytes: () => functions(200_001),
    ends: ['module-limit'],
  },
  {
    name: 'functions-claimed',
    tries: 'four billion functions, none of which follow',
    bytes: () => moduleOf(unitType, section(3, u32(0xffff_ffff))),
    ends: ['module-limit', 'invalid-module'],
  },
  {
    name: 'bodies-claimed',
    tries: 'more function bodies than functions',
    bytes: () => moduleOf(unitType, oneFunction, exportRun, section(10, u32(1_000_000), times(10, body([])))),
    ends: ['invalid-module', 'module-limit'],
  },
  {
    name: 'locals-50000',
    tries: 'as many locals as there may be',
    bytes: () => locals(50_000),
    ends: ['value', ...hard],
  },
  { name: 'locals-50001', tries: 'one more', bytes: () => locals(50_001), ends: ['module-limit'] },
  {
    name: 'locals-wrap',
    tries: 'groups of locals whose sum wraps around 2^32',
    bytes: () => runModule([], [2, u32(0xffff_ffff), 0x7f, u32(2), 0x7f]),
    ends: ['module-limit'],
  },
  {
    name: 'locals-50000-many-times',
    tries: '5,000 functions of 50,000 locals each',
    bytes: () =>
      moduleOf(
        unitType,
        section(3, u32(5_000), times(5_000, 0)),
        exportRun,
        section(10, u32(5_000), times(5_000, body([], [1, u32(50_000), 0x7e]))),
      ),
    ends: ['value', ...hard],
  },
  {
    name: 'cost-nested-blocks',
    tries: '49,000 locals in 12,000 nested blocks, in 36 KB',
    bytes: () => nested(12_000, 0x02, [1, u32(49_000), 0x7f]),
    ends: ['compile-cost'],
  },
  {
    name: 'cost-optimizing-compiler',
    tries: '5,000 locals in 20,000 loops with a branch each, in 360 KB, for the optimizing compiler',
    bytes: () =>
      runModule(times(20_000, [0x03, 0x40, 0x41, 0, 0x0d, 0, times(9, 0x01), 0x0b, times(2, 0x01)]), [
        1,
        u32(5_000),
        0x7f,
      ]),
    ends: ['compile-cost'],
  },
  {
    name: 'cost-of-many-functions',
    tries: 'six functions that each cost as much as one may: their sum is above that of a plug-in',
    bytes: () =>
      moduleOf(
        unitType,
        section(3, u32(6), times(6, 0)),
        exportRun,
        section(10, u32(6), times(6, body([times(3_000, [0x03, 0x40]), times(3_000, 0x0b)], [1, u32(2_400), 0x7f]))),
      ),
    ends: ['compile-cost'],
  },
  {
    name: 'cost-below-the-limit',
    tries: 'one function of the greatest admitted cost, in blocks with a branch each',
    bytes: () => runModule(times(6_000, [0x02, 0x40, 0x41, 0, 0x0d, 0, 0x0b]), [1, u32(4_900), 0x7f]),
    ends: ['value', ...hard],
  },
  { name: 'nesting-50000', tries: 'blocks 50,000 deep', bytes: () => nested(50_000, 0x02), ends: ['value', ...hard] },
  {
    name: 'nesting-loops-1000000',
    tries: 'loops a million deep',
    bytes: () => nested(1_000_000, 0x03),
    ends: ['value', 'guest-trap', ...hard],
  },
  {
    name: 'nesting-ifs',
    tries: 'ifs 100,000 deep',
    bytes: () => runModule([times(100_000, [0x41, 1, 0x04, 0x40]), times(100_000, 0x0b)]),
    ends: ['value', 'guest-trap', ...hard],
  },
  {
    name: 'nesting-tries',
    tries: 'try blocks 20,000 deep',
    bytes: () => runModule([times(20_000, [0x06, 0x40]), times(20_000, [0x19, 0x0b])]),
    ends: ['value', 'guest-trap', ...hard],
  },
  {
    name: 'branch-table-giant',
    tries: 'a br_table of 65,000 targets',
    bytes: () => branchTable(65_000),
    ends: ['value', ...hard],
  },
  {
    name: 'branch-table-impossible',
    tries: 'a br_table of a million targets',
    bytes: () => branchTable(1_000_000),
    ends: ['value', ...hard],
  },
  {
    name: 'branch-tables-nested',
    tries: '300 br_tables of 3,000 targets each, 3,000 blocks deep',
    bytes: () => {
      const targets = Array.from({ length: 3_000 }, (_, index) => u32(index));
      return runModule([
        times(3_000, [0x02, 0x40]),
        times(300, [0x41, 5, 0x0e, u32(3_000), targets, 0]),
        times(3_000, 0x0b),
      ]);
    },
    ends: ['value', ...hard],
  },
  {
    name: 'body-of-7-mb',
    tries: 'one function of 7 MB',
    bytes: () => runModule(times(1_400_000, [0x41, 1, 0x1a, 0x01, 0x01])),
    ends: ['value', ...hard],
  },
  {
    name: 'body-of-7-mb-of-adds',
    tries: 'one expression of 7 MB, whose value depends on all of it',
    bytes: () => runModule([0x41, 0, times(2_300_000, [0x41, 1, 0x6a]), 0x1a]),
    ends: ['value', ...hard],
  },
  {
    name: 'body-too-large',
    tries: 'one function of 8 MB',
    bytes: () => runModule(times(8_000_000, 0x01)),
    ends: ['module-limit'],
  },
  {
    name: 'stack-of-values',
    tries: 'a million values on the stack at once',
    bytes: () => runModule([times(1_000_000, [0x41, 1]), times(1_000_000, 0x1a)]),
    ends: ['value', 'guest-trap', ...hard],
  },
  {
    name: 'calls-of-many-arguments',
    tries: '2,000 calls that pass a thousand arguments each',
    bytes: () => {
      const types = section(1, 2, 0x60, 0, 0, 0x60, u32(1_000), times(1_000, 0x7e), 0);
      const call = [times(1_000, [0x42, 1]), 0x10, 1];
      return moduleOf(
        types,
        section(3, 2, 0, 1),
        exportRun,
        section(10, 2, body(times(2_000, bytesOf(call))), body([])),
      );
    },
    ends: ['value', ...hard],
  },
  {
    name: 'types-100000',
    tries: 'as many types as there may be',
    bytes: () => moduleOf(section(1, u32(100_000), times(100_000, [0x60, 0, 0]))),
    calls: [],
    ends: ['value', ...hard],
  },
  {
    name: 'types-100001',
    tries: 'one more',
    bytes: () => moduleOf(section(1, u32(100_001), times(100_001, [0x60, 0, 0]))),
    ends: ['module-limit'],
  },
  {
    name: 'types-wide',
    tries: '4,000 types of a thousand parameters and a thousand results each',
    bytes: () =>
      moduleOf(
        section(1, u32(4_000), times(4_000, [0x60, u32(1_000), times(1_000, 0x7e), u32(1_000), times(1_000, 0x7e)])),
      ),
    calls: [],
    ends: ['module-limit'],
  },
  {
    name: 'parameters-1001',
    tries: 'a function type of more parameters than there may be',
    bytes: () => moduleOf(section(1, 1, 0x60, u32(1_001), times(1_001, 0x7f), 0)),
    ends: ['module-limit'],
  },
  {
    name: 'imports-10000',
    tries: 'as many imports as there may be, none of which exist',
    bytes: () => imports(10_000),
    ends: ['missing-import'],
  },
  { name: 'imports-10001', tries: 'one more', bytes: () => imports(10_001), ends: ['module-limit'] },
  {
    name: 'exports-10000',
    tries: 'as many exports as there may be',
    bytes: () => exports(10_000),
    calls: ['0', 'none'],
    ends: ['value', 'function-not-found', 'load-timeout'],
  },
  { name: 'exports-10001', tries: 'one more', bytes: () => exports(10_001), ends: ['module-limit'] },
  {
    name: 'globals-100000',
    tries: 'as many globals as there may be',
    bytes: () => moduleOf(section(6, u32(100_000), times(100_000, [0x7e, 1, 0x42, 0, 0x0b]))),
    calls: [],
    ends: ['value', ...hard],
  },
  {
    name: 'globals-100001',
    tries: 'one more',
    bytes: () => moduleOf(section(6, u32(100_001), times(100_001, [0x7e, 1, 0x42, 0, 0x0b]))),
    ends: ['module-limit'],
  },
  {
    name: 'global-of-a-long-sum',
    tries: 'a global whose initial value is a sum of a million terms',
    bytes: () => moduleOf(section(6, 1, 0x7f, 0, 0x41, 0, times(1_000_000, [0x41, 1, 0x6a]), 0x0b)),
    calls: [],
    ends: ['value', ...hard],
  },
  {
    name: 'elements-giant',
    tries: 'an element segment of as many entries as there may be bytes of them',
    bytes: () => elements(1_048_570),
    ends: ['value', ...hard],
  },
  {
    name: 'elements-too-giant',
    tries: 'one of two million',
    bytes: () => elements(2_000_000),
    ends: ['module-limit'],
  },
  {
    name: 'elements-100001',
    tries: 'more element segments than there may be',
    bytes: () => moduleOf(section(9, u32(100_001), times(100_001, [1, 0, 0]))),
    ends: ['module-limit'],
  },
  {
    name: 'name-of-1-mb',
    tries: 'an export whose name is 1 MB long',
    bytes: () =>
      moduleOf(
        unitType,
        oneFunction,
        section(7, 1, u32(1_000_000), times(1_000_000, 0x61), 0, 0),
        section(10, 1, body([])),
      ),
    calls: [],
    ends: ['value', ...hard],
  },
  {
    name: 'import-name-of-1-mb',
    tries: 'an import whose name is 1 MB long',
    bytes: () => moduleOf(unitType, section(2, 1, text('m'), u32(1_000_000), times(1_000_000, 0x61), 0, 0)),
    ends: ['missing-import', ...hard],
  },
  {
    name: 'import-names-of-50-kb',
    tries: '150 missing imports whose names are 50 KB long each',
    bytes: () =>
      moduleOf(
        unitType,
        section(
          2,
          u32(150),
          named(150, (name) => [text('m'), u32(50_000 + name.length), times(50_000, 0x61), name, 0, 0]),
        ),
      ),
    ends: ['missing-import', ...hard],
  },
  {
    name: 'customs-10000',
    tries: 'as many custom sections as there may be',
    bytes: () => moduleOf(unitType, oneFunction, exportRun, section(10, 1, body([])), times(10_000, custom('x'))),
    ends: ['value'],
  },
  {
    name: 'customs-10001',
    tries: 'one more',
    bytes: () => moduleOf(times(10_001, custom('x'))),
    ends: ['module-limit'],
  },
  {
    name: 'custom-of-20-mb',
    tries: 'a custom section of 20 MB',
    bytes: () => bytesOf(runModule([]), custom('junk', times(20_000_000, 7))),
    ends: ['value'],
  },
  {
    name: 'names-claimed',
    tries: 'a name section that claims four billion names',
    bytes: () => bytesOf(runModule([]), custom('name', 1, u32(10), u32(0xffff_ffff), 0, 0, 0, 0, 0)),
    ends: ['value'],
  },
  {
    name: 'producers-claimed',
    tries: 'a producers section that claims four billion tools',
    bytes: () => bytesOf(runModule([]), custom('producers', u32(0xffff_ffff), text('language'), u32(0xffff_ffff))),
    ends: ['value'],
  },
  {
    name: 'debug-sections',
    tries: 'debug information that is noise',
    bytes: () =>
      bytesOf(
        runModule([0x00]),
        custom('.debug_info', times(100_000, 0xff)),
        custom('.debug_line', times(100_000, 0x80)),
        custom('sourceMappingURL', text('http://127.0.0.1:9/x.map')),
      ),
    ends: ['guest-trap'],
  },
  {
    name: 'compilation-hints',
    tries: 'hints and priorities that are noise',
    bytes: () =>
      bytesOf(
        runModule([]),
        custom('compilationHints', times(1_000, 0xff)),
        custom('metadata.code.branch_hint', times(1_000, 0xff)),
      ),
    ends: ['value', 'invalid-module'],
  },
  {
    name: 'dylink',
    tries: 'passes for a dynamic library that wants 4 GiB',
    bytes: () =>
      moduleOf(
        custom('dylink.0', 1, 12, u32(0xffff_ffff), u32(31), u32(0xffff_ffff)),
        unitType,
        oneFunction,
        exportRun,
        section(10, 1, body([])),
      ),
    ends: ['value'],
  },
];
