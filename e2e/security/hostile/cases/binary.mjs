import {
  body,
  bytesOf,
  custom,
  exportRun,
  moduleOf,
  oneFunction,
  preamble,
  runModule,
  section,
  text,
  times,
  u32,
  unitType,
} from '../module-bytes.mjs';

const bad = /** @type {const} */ (['invalid-module']);
const code = section(10, 1, body([]));
const plain = moduleOf(
  unitType,
  oneFunction,
  section(5, 1, 0, 1),
  section(6, 1, 0x7f, 1, 0x41, 0, 0x0b),
  exportRun,
  section(10, 1, body([0x41, 7, 0x24, 0])),
  section(11, 1, 0, 0x41, 0, 0x0b, text('data')),
  custom('name', 0),
);

/** The same numbers each time. @param {number} seed */
function random(seed) {
  let state = seed;
  return () => {
    // xorshift32
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

function flipped() {
  const next = random(20_261_122);
  return Array.from({ length: 60 }, () => {
    const bytes = Uint8Array.from(plain);
    for (let flips = 1 + (next() % 3); flips > 0; flips -= 1) {
      const at = next() % bytes.length;
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (next() % 8));
    }
    return bytes;
  });
}

/** In one function they are harmless: Chromium refuses it. */
function bothForms() {
  const older = body([0x06, 0x40, 0x19, 0x0b]);
  const newer = [
    body([0x1f, 0x40, 0, 0x0b]),
    body([0x00, 0x0a]),
    body([], [1, 1, 0x69]),
    body([0xd0, 0x69, 0x1a]),
    body([0xd0, 0x74, 0x1a]),
    body([0x02, 0x69, 0x00, 0x0b, 0x1a]),
    body([0x02, 0x63, 0x69, 0x00, 0x0b, 0x1a]),
    body([0x00, 0x1c, 1, 0x69, 0x1a]),
  ];
  return newer.flatMap((one) =>
    [
      [older, one],
      [one, older],
      [...times(20, older), ...one],
    ].map((bodies, at) => {
      const count = at < 2 ? 2 : 21;
      return moduleOf(unitType, section(3, count, times(count, 0)), section(10, count, bodies));
    }),
  );
}

/** @param {...number} name */
const exportNamed = (...name) => moduleOf(unitType, oneFunction, section(7, 1, name.length, name, 0, 0), code);

/** What a flipped bit may make of a module. @type {readonly (import('tenon').ErrorCode | 'value')[]} */
const anything = [
  'value',
  'invalid-module',
  'not-a-plugin',
  'component',
  'module-limit',
  'module-size',
  'memory-limit',
  'memory-count',
  'memory-shared',
  'memory-64',
  'table-limit',
  'gc-types',
  'missing-import',
  'function-not-found',
  // With metering: an unknown instruction.
  'unsupported',
  'function-type',
  'guest-trap',
  'guest-exit',
  'invalid-manifest',
];

/** Files that are no modules, or nearly so. @type {readonly import('../corpus.mjs').HostileCase[]} */
export const binary = [
  {
    name: 'truncated',
    tries: 'a good module cut short after each of its bytes',
    bytes: () => Array.from({ length: plain.length - 9 }, (_, index) => plain.slice(0, index + 1)),
    ends: ['invalid-module', 'not-a-plugin', 'function-not-found', 'value', 'guest-trap'],
  },
  {
    name: 'bit-flips',
    tries: 'a good module with one to three bits flipped, 60 times',
    bytes: flipped,
    mostBytes: 0,
    ends: anything,
  },
  {
    name: 'exceptions-of-both-forms',
    tries: 'functions with the older exceptions beside functions with the newer, which ends the process of Chromium',
    bytes: bothForms,
    ends: ['unsupported', 'function-not-found'],
  },
  {
    name: 'empty-file',
    tries: 'a file without a byte',
    bytes: () => new Uint8Array(0),
    ends: ['not-a-plugin', 'invalid-module'],
  },
  {
    name: 'preamble-alone',
    tries: 'a module without anything in it',
    bytes: () => Uint8Array.from(preamble),
    ends: ['function-not-found'],
  },
  {
    name: 'component',
    tries: 'a component',
    bytes: () => bytesOf(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0),
    ends: ['component'],
  },
  {
    name: 'version-2',
    tries: 'a version that there is not',
    bytes: () => bytesOf(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0),
    ends: ['invalid-module', 'not-a-plugin'],
  },
  {
    name: 'trailing-garbage',
    tries: 'noise after the last section',
    bytes: () => bytesOf(plain, times(1_000, 0xff)),
    ends: bad,
  },
  { name: 'trailing-module', tries: 'a second module after the first', bytes: () => bytesOf(plain, plain), ends: bad },
  {
    name: 'sections-out-of-order',
    tries: 'the code before the types',
    bytes: () => moduleOf(code, unitType, oneFunction, exportRun),
    ends: bad,
  },
  {
    name: 'sections-twice',
    tries: 'two of each section',
    bytes: () => [
      moduleOf(unitType, unitType),
      moduleOf(unitType, oneFunction, oneFunction, code),
      moduleOf(unitType, oneFunction, exportRun, code, code),
      moduleOf(section(5, 1, 0, 1), section(5, 1, 0, 1)),
    ],
    ends: bad,
  },
  {
    name: 'memory-section-late',
    tries: 'a memory section after the code, where a gate might not look',
    bytes: () => moduleOf(unitType, oneFunction, exportRun, code, section(5, 1, 0, u32(65_536))),
    ends: bad,
  },
  {
    name: 'memory-in-custom',
    tries: 'a memory section inside a custom section whose size lies',
    bytes: () =>
      moduleOf(unitType, oneFunction, bytesOf(0, 2, 1, 0x61), section(5, 1, 0, u32(65_536)), exportRun, code),
    ends: ['memory-limit'],
  },
  {
    name: 'section-unknown',
    tries: 'sections of unknown proposals',
    bytes: () => [14, 15, 64, 127, 128, 255].map((id) => moduleOf(unitType, section(id, 0))),
    ends: bad,
  },
  {
    name: 'section-sizes-lie',
    tries: 'sections that are longer or shorter than they say',
    bytes: () => [
      moduleOf(bytesOf(1, 5, 1, 0x60, 0, 0), oneFunction),
      moduleOf(bytesOf(1, 3, 1, 0x60, 0, 0), oneFunction),
      moduleOf(bytesOf(1, 4, 2, 0x60, 0, 0)),
    ],
    ends: bad,
  },
  {
    name: 'section-of-4-gib',
    tries: 'a section that says it is 4 GiB long',
    bytes: () => [1, 0, 10, 11].map((id) => moduleOf(bytesOf(id, u32(0xffff_ffff), 0))),
    ends: ['module-size', 'module-limit', 'invalid-module'],
  },
  {
    name: 'section-empty',
    tries: 'sections without even a count',
    bytes: () => [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13].map((id) => moduleOf(bytesOf(id, 0))),
    ends: ['invalid-module', 'memory-count', 'value', 'function-not-found'],
  },
  {
    name: 'overlong-numbers',
    tries: 'numbers of six bytes, and ones with bits past the 32nd',
    bytes: () => [
      moduleOf(bytesOf(1, 0x80, 0x80, 0x80, 0x80, 0x80, 0)),
      moduleOf(bytesOf(1, 0x84, 0x80, 0x80, 0x80, 0x70, 1, 0x60, 0, 0)),
      moduleOf(section(5, 1, 0, 0x80, 0x80, 0x80, 0x80, 0x10)),
    ],
    ends: bad,
  },
  {
    name: 'padded-numbers',
    tries: 'sizes and limits in five bytes where one does',
    bytes: () =>
      moduleOf(
        unitType,
        oneFunction,
        section(5, 1, 0, 0x81, 0x80, 0x80, 0x80, 0),
        bytesOf(7, 0x87, 0x80, 0x80, 0x80, 0, 1, text('run'), 0, 0),
        code,
      ),
    ends: ['value'],
  },
  {
    name: 'padded-numbers-over-the-cap',
    tries: 'a padded memory limit over the cap',
    bytes: () => moduleOf(section(5, 1, 1, 0x81, 0x82, 0x80, 0x80, 0, 0xff, 0xff, 0x83, 0x80, 0)),
    ends: ['memory-limit'],
  },
  {
    name: 'names-not-utf8',
    tries: 'names that are not UTF-8: cut short, overlong, surrogates, past the last code point',
    bytes: () => [
      exportNamed(0xff),
      exportNamed(0xc3),
      exportNamed(0xc0, 0x80),
      exportNamed(0xed, 0xa0, 0x80),
      exportNamed(0xf4, 0x90, 0x80, 0x80),
      exportNamed(0x80),
      moduleOf(unitType, section(2, 1, 1, 0xff, 1, 0x61, 0, 0)),
      moduleOf(section(0, 1, 0xff)),
    ],
    ends: bad,
  },
  {
    name: 'name-past-its-section',
    tries: 'a name that is longer than its section',
    bytes: () => moduleOf(unitType, oneFunction, section(7, 1, u32(0xffff_fff0), 0x61, 0, 0), code),
    ends: ['invalid-module', 'module-limit'],
  },
  {
    name: 'start-of-no-function',
    tries: 'a start section that names no function',
    bytes: () => [0, 1, 7].map((index) => moduleOf(unitType, section(8, index))),
    ends: bad,
  },
  {
    name: 'start-with-parameters',
    tries: 'a start function that wants parameters',
    bytes: () => moduleOf(section(1, 1, 0x60, 1, 0x7f, 0), oneFunction, section(8, 0), section(10, 1, body([]))),
    ends: bad,
  },
  {
    name: 'start-that-traps',
    tries: 'a start section that traps',
    bytes: () => moduleOf(unitType, oneFunction, exportRun, section(8, 0), section(10, 1, body([0]))),
    ends: ['guest-trap'],
  },
  {
    name: 'start-is-an-import',
    tries: 'a start section that is an import of the runtime',
    bytes: () =>
      moduleOf(
        section(1, 1, 0x60, 0, 1, 0x7f),
        section(2, 1, text('extism:host/env'), text('get_log_level'), 0, 0),
        section(8, 0),
      ),
    ends: bad,
  },
  {
    name: 'start-before-exports',
    tries: 'a start section before the exports',
    bytes: () => moduleOf(unitType, oneFunction, section(8, 0), exportRun, code),
    ends: bad,
  },
  {
    name: 'starts-twice',
    tries: 'two start sections',
    bytes: () => moduleOf(unitType, oneFunction, exportRun, section(8, 0), section(8, 0), code),
    ends: bad,
  },
  {
    name: 'does-not-validate',
    tries: 'code that pops an empty stack, branches out of range, calls what is not there',
    bytes: () =>
      [[0x1a], [0x0c, 99], [0x10, 99], [0x41, 0], [0x28, 2, 0], [0x05], [0xfe, 0x7f], [0xff], [0x06]].map(
        (instructions) => runModule(instructions),
      ),
    // With metering, an unknown instruction is refused before compilation.
    ends: [...bad, 'unsupported'],
  },
  {
    name: 'bodies-missing',
    tries: 'functions without bodies',
    bytes: () => [moduleOf(unitType, oneFunction, exportRun), moduleOf(unitType, section(3, 2, 0, 0), exportRun, code)],
    ends: bad,
  },
  {
    name: 'body-sizes-lie',
    tries: 'function bodies that are longer or shorter than they say',
    bytes: () => [1, 3, 127].map((size) => moduleOf(unitType, oneFunction, exportRun, section(10, 1, size, 0, 0x0b))),
    ends: bad,
  },
  {
    name: 'indices-wild',
    tries: 'types, functions and tables that are not there',
    bytes: () => [
      moduleOf(unitType, section(3, 1, 5), code),
      moduleOf(unitType, oneFunction, section(7, 1, text('x'), 0, 9), code),
      moduleOf(unitType, oneFunction, section(7, 1, text('x'), 2, 0), code),
      moduleOf(section(7, 1, text('x'), 3, 0)),
      moduleOf(section(7, 1, text('x'), 9, 0)),
    ],
    ends: bad,
  },
  {
    name: 'data-count-lies',
    tries: 'a data count that is not the count of data',
    bytes: () => [moduleOf(section(12, 5), section(11, 0)), moduleOf(section(12, u32(99_999)))],
    ends: ['invalid-module', 'function-not-found'],
  },
  {
    name: 'data-count-absurd',
    tries: 'a data count of four billion',
    bytes: () => moduleOf(section(12, u32(0xffff_ffff))),
    ends: ['module-limit', 'invalid-module'],
  },
  {
    name: 'tags-unknown',
    tries: 'a tag that is no exception',
    bytes: () => moduleOf(unitType, section(13, 1, 1, 0)),
    ends: bad,
  },
  {
    name: 'tags-1001',
    tries: 'more tags than there may be',
    bytes: () => moduleOf(unitType, section(13, u32(1_001), times(1_001, [0, 0]))),
    ends: ['module-limit'],
  },
  {
    name: 'not-wasm',
    tries: 'files of other kinds: markup, script, an archive, a binary',
    bytes: () =>
      [
        '<!doctype html><script>alert(1)</script>',
        'alert(1)',
        'PK\u0003\u0004',
        '\u007fELF',
        '\u0000asn',
        ' '.repeat(100),
        '\uFEFF{"wasm":[]}',
      ].map((content) => new TextEncoder().encode(content)),
    ends: ['not-a-plugin', 'invalid-manifest', 'invalid-module'],
  },
  {
    name: 'manifest-of-noise',
    tries: 'manifests: cut short, deep, with every name objects know, of itself',
    bytes: () =>
      [
        '{',
        '{}',
        '{"wasm":1}',
        '{"wasm":[{"url":"0.wasm"}],"__proto__":{"polluted":1}}',
        '{"wasm":['.repeat(5_000),
        '{"wasm":[{"url":"javascript:alert(1)"}]}',
        '{"wasm":[{"url":"file:///etc/passwd"}]}',
        '{"wasm":[{"path":"/etc/passwd"}]}',
        '{"wasm":[{"data":"####"}]}',
        '{"wasm":[{"url":"8.wasm"}]}',
        `{"wasm":[{"url":"0.wasm","hash":"${'0'.repeat(64)}"}]}`,
      ].map((content) => new TextEncoder().encode(content)),
    ends: [
      'invalid-manifest',
      'host-not-allowed',
      'fetch-failed',
      'not-a-plugin',
      'invalid-module',
      'hash-mismatch',
      'unsupported',
    ],
  },
];
