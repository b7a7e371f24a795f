import { body, exportRun, moduleOf, section, text, times, u32 } from '../module-bytes.mjs';

/** @typedef {import('../module-bytes.mjs').Part} Part */

/**
 * One dimension of a module, of which there is so much as the gate admits. A module has at most one part of each kind.
 * @typedef {object} Dimension
 * @property {string} name
 * @property {number} most What the gate admits, or engines.
 * @property {(count: number) => Part} [types] After the type of the function.
 * @property {(count: number) => number} [functions] How many functions more than one there are.
 * @property {(count: number) => Part} [sections] Whole sections, and where they stand.
 * @property {number} [rank] Where the sections stand: by their ids, as the specification orders them.
 * @property {(count: number) => Part} [locals]
 * @property {(count: number, inner: Part) => Part} [code] Code around the code of the other dimension.
 */

const noCode = /** @type {Part} */ ([]);

/** @type {readonly Dimension[]} */
const dimensions = [
  { name: 'types', most: 90_000, types: (count) => times(count, [0x60, 0, 0]) },
  { name: 'parameters', most: 900, types: (count) => times(50, [0x60, u32(count), times(count, 0x7e), 0]) },
  { name: 'functions', most: 100_000, functions: (count) => count },
  {
    name: 'globals',
    most: 100_000,
    rank: 6,
    sections: (count) => section(6, u32(count), times(count, [0x7e, 1, 0x42, 0, 0x0b])),
  },
  {
    name: 'tables',
    most: 16,
    rank: 4,
    sections: (count) => section(4, u32(count), times(count, [0x70, 0, u32(6_000)])),
  },
  {
    name: 'element segments',
    most: 100_000,
    rank: 9,
    sections: (count) => section(9, u32(count), times(count, [1, 0, 1, 0])),
  },
  {
    name: 'custom sections',
    most: 10_000,
    rank: 12,
    sections: (count) => times(count, section(0, text('x'), 1, 2, 3)),
  },
  { name: 'locals', most: 50_000, locals: (count) => [1, u32(count), 0x7f] },
  { name: 'kinds of locals', most: 20_000, locals: (count) => [u32(count), times(count / 2, [1, 0x7f, 1, 0x7e])] },
  // Before the ones that have blocks: operands below a block count in it.
  {
    name: 'operands',
    most: 500_000,
    code: (count, inner) => [times(count, [0x41, 1]), inner, times(count, 0x1a)],
  },
  {
    name: 'nesting',
    most: 20_000,
    code: (count, inner) => [times(count, [0x02, 0x40]), inner, times(count, 0x0b)],
  },
  {
    name: 'loops',
    most: 20_000,
    code: (count, inner) => [times(count, [0x03, 0x40, 0x41, 0, 0x0d, 0, 0x0b]), inner],
  },
  {
    name: 'ifs',
    most: 20_000,
    code: (count, inner) => [times(count, [0x41, 0, 0x04, 0x40, 0x05, 0x0b]), inner],
  },
  {
    name: 'targets',
    most: 65_000,
    code: (count, inner) => [0x02, 0x40, inner, 0x41, 0, 0x0e, u32(count), times(count, 0), 0, 0x0b],
  },
  {
    name: 'calls',
    most: 20_000,
    // Compiled, never called.
    code: (count, inner) => [inner, times(count, [0x41, 0, 0x04, 0x40, 0x10, 0, 0x0b])],
  },
  {
    name: 'constants',
    most: 500_000,
    code: (count, inner) => [inner, 0x42, 0, times(count, [0x42, 0xff, 0xff, 0xff, 0x7f, 0x7c]), 0x1a],
  },
];

/**
 * A module with so many of one and of the other.
 * @param {readonly [Dimension, number][]} parts The code of the first is around that of the second.
 */
function moduleWith(parts) {
  const more = parts.reduce((sum, [{ functions }, count]) => sum + (functions?.(count) ?? 0), 0);
  const types = parts.map(([{ types: made }, count]) => made?.(count) ?? noCode);
  const typeCount =
    1 + parts.reduce((sum, [{ name, types: made }, count]) => sum + (made ? (name === 'types' ? count : 50) : 0), 0);
  const code = parts.reduceRight((inner, [{ code: around }, count]) => around?.(count, inner) ?? inner, noCode);
  const locals = parts.find(([dimension]) => dimension.locals !== undefined);
  const ranked = [
    { rank: 1, made: section(1, u32(typeCount), 0x60, 0, 0, types) },
    { rank: 3, made: section(3, u32(1 + more), times(1 + more, 0)) },
    { rank: 7, made: exportRun },
    {
      rank: 10,
      made: section(10, u32(1 + more), body(code, locals?.[0].locals?.(locals[1]) ?? 0), times(more, body([]))),
    },
    ...parts.flatMap(([{ rank, sections }, count]) =>
      sections === undefined ? [] : [{ rank: rank ?? 0, made: sections(count) }],
    ),
  ];
  return moduleOf(ranked.toSorted((a, b) => a.rank - b.rank).map(({ made }) => made));
}

/** Of both dimensions as much as there may be, and less in steps: the most costly module is the first that is not refused. */
const shares = [1, 4, 16, 64];

/**
 * All pairs of dimensions, generated: what costs time or memory in proportion to a product. One in ten runs in each `npm test`.
 * @type {readonly import('../corpus.mjs').HostileCase[]}
 */
export const pairs = dimensions.flatMap((one, index) =>
  dimensions.slice(index + 1).flatMap((other, at) => {
    // A function has one list of locals.
    if (one.locals && other.locals) return [];
    return [
      {
        name: `pair-${one.name}-${other.name}`.replaceAll(' ', '-'),
        tries: `${one.name} times ${other.name}, as many of both as there may be, a fourth, a sixteenth, a sixty-fourth`,
        bytes: () =>
          shares.map((share) =>
            moduleWith([
              [one, 2 * Math.ceil(one.most / share / 2)],
              [other, 2 * Math.ceil(other.most / share / 2)],
            ]),
          ),
        ends: /** @type {const} */ ([
          'value',
          'compile-cost',
          'invalid-module',
          'load-timeout',
          'module-limit',
          'timeout',
          'guest-trap',
        ]),
        onlyInFull: (index + at) % 10 !== 0,
      },
    ];
  }),
);
