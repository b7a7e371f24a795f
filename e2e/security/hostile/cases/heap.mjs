import {
  body,
  bytesOf,
  exportRun,
  moduleOf,
  oneFunction,
  section,
  text,
  times,
  u32,
  unitType,
} from '../module-bytes.mjs';
import { plugin } from '../wat.mjs';

/** @param {...import('../module-bytes.mjs').Part} types */
const withTypes = (...types) => moduleOf(section(1, types));

/** `i32.const`, signed. @param {number} value */
function i32(value) {
  const bytes = [];
  let rest = value;
  for (; rest >= 64; rest >>= 7) bytes.push((rest & 0x7f) | 0x80);
  return bytesOf(0x41, bytes, rest);
}

/** try_table that catches all with a reference to the exception, around `code`; leaves the exnref on the stack. @param {import('../module-bytes.mjs').Part} code */
const caughtByReference = (code) => [0x02, 0x69, 0x1f, 0x40, 1, 0x03, 0, code, 0x0b, 0x00, 0x0b];

/**
 * A function that puts 100,000 exceptions into a table of exnref.
 * @param {import('../module-bytes.mjs').Part} thrower
 */
const hoard = (thrower) =>
  body(
    [
      0x03,
      0x40,
      0x20,
      0,
      caughtByReference(thrower),
      0x26,
      0,
      0x20,
      0,
      0x41,
      1,
      0x6a,
      0x22,
      0,
      i32(100_000),
      0x49,
      0x0d,
      0,
      0x0b,
    ],
    [1, 1, 0x7f],
  );
const tableOfExceptions = section(4, 1, 0x69, 1, u32(100_000), u32(100_000));

/** Guests that fill the engine's own heap, which no cap on memory bounds. @type {readonly import('../corpus.mjs').HostileCase[]} */
export const heap = [
  { name: 'gc-array', tries: 'an array type', bytes: () => withTypes(1, 0x5e, 0x78, 1), ends: ['gc-types'] },
  { name: 'gc-struct', tries: 'a struct type', bytes: () => withTypes(1, 0x5f, 1, 0x7e, 1), ends: ['gc-types'] },
  {
    name: 'gc-struct-of-itself',
    tries: 'a list without end, in a rec group',
    bytes: () => withTypes(1, 0x4e, 1, 0x5f, 1, 0x63, 0, 1),
    ends: ['gc-types'],
  },
  {
    name: 'gc-sub-final',
    tries: 'an array type behind a subtype declaration',
    bytes: () => withTypes(1, 0x4f, 0, 0x5e, 0x7e, 1),
    ends: ['gc-types'],
  },
  {
    name: 'gc-after-functions',
    tries: 'a struct type behind 50,000 function types',
    bytes: () => withTypes(u32(50_001), times(50_000, [0x60, 0, 0]), 0x5f, 0),
    ends: ['gc-types'],
  },
  {
    name: 'gc-hidden-in-rec',
    tries: 'a struct type at the end of a rec group of functions',
    bytes: () => withTypes(1, 0x4e, u32(1_001), times(1_000, [0x60, 0, 0]), 0x5f, 0),
    ends: ['gc-types'],
  },
  {
    name: 'continuations',
    tries: 'a continuation type: stacks of its own',
    bytes: () => withTypes(2, 0x60, 0, 0, 0x5d, 0),
    ends: ['gc-types'],
  },
  {
    name: 'descriptor-type',
    tries: 'a type of an unknown proposal',
    bytes: () => withTypes(1, 0x4d, 0, 0x5f, 0),
    ends: ['invalid-module', 'gc-types'],
  },
  {
    name: 'rec-group-giant',
    tries: 'a rec group of a million types',
    bytes: () => withTypes(1, 0x4e, u32(1_000_000), times(1_000_000, [0x60, 0, 0])),
    ends: ['module-limit'],
  },
  {
    name: 'rec-groups-empty',
    tries: 'a million empty rec groups',
    bytes: () => withTypes(u32(1_000_000), times(1_000_000, [0x4e, 0])),
    ends: ['module-limit'],
  },
  {
    name: 'rec-groups-empty-100000',
    tries: 'as many empty rec groups as there may be types',
    bytes: () => withTypes(u32(100_000), times(100_000, [0x4e, 0])),
    calls: [],
    ends: ['value', 'invalid-module'],
  },
  {
    name: 'gc-array-in-code',
    tries: 'array.new of a type that is a function',
    bytes: () => moduleOf(unitType, oneFunction, exportRun, section(10, 1, body([0x41, 0, 0xfb, 0x07, 0, 0x1a]))),
    ends: ['invalid-module'],
  },
  {
    name: 'exception-list',
    tries: 'a tag whose exceptions hold another: a list without end',
    bytes: () => moduleOf(section(1, 1, 0x60, 1, 0x69, 0), section(13, 1, 0, 0)),
    ends: ['gc-types'],
  },
  {
    name: 'exception-fat',
    tries: 'a tag whose exceptions hold a thousand values',
    bytes: () => moduleOf(section(1, 1, 0x60, u32(1_000), times(1_000, 0x7b), 0), section(13, 1, 0, 0)),
    ends: ['module-limit'],
  },
  {
    name: 'exception-hoard',
    tries: 'keeps 100,000 exceptions of its own in a table',
    bytes: () =>
      moduleOf(
        section(1, 2, 0x60, 0, 0, 0x60, u32(16), times(16, 0x7b), 0),
        oneFunction,
        tableOfExceptions,
        section(13, 1, 0, 1),
        exportRun,
        section(10, 1, hoard([times(16, [0xfd, 0x0c, times(16, 1)]), 0x08, 0])),
      ),
    ends: ['value', 'timeout'],
  },
  {
    name: 'exception-hoard-of-the-host',
    tries: "keeps 100,000 of the host's own exceptions in a table",
    bytes: () =>
      moduleOf(
        section(1, 2, 0x60, 0, 0, 0x60, 1, 0x7e, 1, 0x7e),
        section(2, 1, text('extism:host/env'), text('config_get'), 0, 1),
        oneFunction,
        tableOfExceptions,
        section(7, 1, text('run'), 0, 1),
        section(10, 1, hoard([0x42, 1, 0x10, 0, 0x1a])),
      ),
    ends: ['guest-trap', 'timeout'],
  },
  {
    name: 'exception-kept-over-calls',
    tries: "keeps one of the host's exceptions in a global and throws it again in the next call",
    bytes: () =>
      moduleOf(
        section(1, 2, 0x60, 0, 0, 0x60, 1, 0x7e, 1, 0x7e),
        section(2, 1, text('extism:host/env'), text('config_get'), 0, 1),
        section(3, 2, 0, 0),
        section(6, 1, 0x69, 1, 0xd0, 0x69, 0x0b),
        section(7, 2, text('run'), 0, 1, text('again'), 0, 2),
        section(10, 2, body([caughtByReference([0x42, 1, 0x10, 0, 0x1a]), 0x24, 0]), body([0x23, 0, 0x0a])),
      ),
    calls: ['run', 'again', 'run', 'again', 'again'],
    ends: ['guest-trap'],
  },
  {
    name: 'exceptions-uncaught',
    tries: 'throws exceptions of its own out of every call',
    wat: plugin('(tag $e (param i32)) (func (export "run") (throw $e (i32.const 7)))'),
    calls: Array.from({ length: 50 }, () => 'run'),
    ends: ['guest-trap'],
  },
  {
    name: 'table-of-functions-full',
    tries: 'fills a table of 100,000 entries with references, and copies it over itself',
    wat: plugin(`(table $t 100000 funcref) (elem declare func $f) (func $f)
      (func (export "run") (table.fill $t (i32.const 0) (ref.func $f) (i32.const 100000))
        (table.copy (i32.const 1) (i32.const 0) (i32.const 99999)))`),
    ends: ['value'],
  },
  {
    name: 'string-builtins',
    tries: "JavaScript's own strings, which no cap bounds",
    bytes: () =>
      moduleOf(
        section(1, 1, 0x60, 2, 0x6f, 0x6f, 1, 0x6f),
        section(2, 1, text('wasm:js-string'), text('concat'), 0, 0),
      ),
    ends: ['missing-import'],
  },
  {
    name: 'string-constants',
    tries: 'strings as imported globals',
    bytes: () => moduleOf(section(2, 1, text("'"), text('x'), 3, 0x6f, 0)),
    ends: ['missing-import'],
  },
  {
    name: 'javascript-tag',
    tries: "the tag of JavaScript's own exceptions",
    bytes: () => moduleOf(section(1, 1, 0x60, 1, 0x6f, 0), section(2, 1, text('wasm:js'), text('tag'), 4, 0, 0)),
    ends: ['missing-import'],
  },
];
