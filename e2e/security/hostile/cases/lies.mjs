import { environment, plugin, run } from '../wat.mjs';

/** Addresses that are no handle; kernel memory is at most 256 pages, 2^24 bytes. */
const lies = [
  '1',
  '7',
  '15',
  '64',
  '4096',
  '65535',
  '65536',
  '16777215',
  '16777216',
  '4294967295',
  '4294967296',
  '9007199254740993',
  '0x7fffffffffffffff',
  '0x8000000000000000',
  '-65536',
  '-8',
  '-1',
];

/**
 * Calls one import with each lie for each of its parameters, in a call of its own: a lie may trap.
 * @param {string} name
 * @param {string} type
 */
function liesTo(name, type) {
  const parameters = /\(param (?<types>[^)]*)\)/u.exec(type)?.groups?.['types']?.split(' ') ?? [];
  const drop = type.includes('result')
    ? (/** @type {string} */ call) => `(drop ${call})`
    : (/** @type {string} */ call) => call;
  const functions = lies.map((lie, index) => {
    const values = parameters.map((parameter) => (parameter === 'i32' ? '(i32.const 255)' : `(i64.const ${lie})`));
    const calls = [drop(`(call $${name} ${values.join(' ')})`)];
    // The first handle is good, and only the second a lie.
    if (parameters.length === 2 && parameters[1] === 'i64')
      calls.push(drop(`(call $${name} (call $alloc (i64.const 3)) (i64.const ${lie}))`));
    return `(func (export "lie${index}") (drop (call $alloc (i64.const 100))) ${calls.join(' ')})`;
  });
  return plugin(`(memory 1) ${functions.join('\n')}`);
}

const traps = new Set([
  'config_get',
  'var_get',
  'var_set',
  'http_request',
  'log_trace',
  'log_debug',
  'log_info',
  'log_warn',
  'log_error',
]);

/** @type {readonly import('../corpus.mjs').HostileCase[]} */
const handleLies = Array.from(environment)
  .filter(([, type]) => type.includes('param') && !type.startsWith('(result'))
  .map(([name, type]) => ({
    name: `lies-to-${name.replaceAll('_', '-')}`,
    tries: `${name} with addresses that are no handle, from 1 to 2^64-1`,
    wat: liesTo(name, type),
    calls: lies.map((_, index) => `lie${index}`),
    input: 'some input',
    ...(name.startsWith('log_') ? { mostLogs: 100 } : {}),
    mostBytes: name === 'output_set' ? 16_777_216 : 0,
    ends: traps.has(name) ? ['guest-trap', 'value'] : name === 'error_set' ? ['value', 'guest-error'] : ['value'],
  }));

/** @param {string} code */
const output = (code) => run(`(local $block i64) (local.set $block (call $alloc (i64.const 64))) ${code}`);

/** Guests that lie about where things are and how long. @type {readonly import('../corpus.mjs').HostileCase[]} */
export const tellingLies = [
  ...handleLies,
  {
    name: 'output-past-end',
    tries: 'an output longer than its block',
    wat: output('(call $output_set (local.get $block) (i64.const 60000))'),
    mostBytes: 60_000,
    ends: ['value'],
  },
  {
    name: 'output-4-gib',
    tries: 'an output of 4 GiB',
    wat: output('(call $output_set (local.get $block) (i64.const 4294967296))'),
    ends: ['value'],
  },
  {
    name: 'output-2-64',
    tries: 'an output of 2^64-1 bytes',
    wat: output('(call $output_set (local.get $block) (i64.const -1))'),
    ends: ['value'],
  },
  {
    name: 'output-wraps',
    tries: 'an output whose end wraps around to before its start',
    wat: output('(call $output_set (local.get $block) (i64.sub (i64.const 8) (local.get $block)))'),
    ends: ['value'],
  },
  {
    name: 'output-freed',
    tries: 'a block that was freed',
    wat: output('(call $free (local.get $block)) (call $output_set (local.get $block) (i64.const 64))'),
    mostBytes: 64,
    ends: ['value'],
  },
  {
    name: 'output-interior',
    tries: 'the inside of a block, and past it',
    wat: output('(call $output_set (i64.add (local.get $block) (i64.const 60)) (i64.const 64))'),
    mostBytes: 64,
    ends: ['value'],
  },
  {
    name: 'output-from-0',
    tries: 'all of kernel memory, from its first byte, headers included',
    wat: output(
      '(call $output_set (i64.const 1) (i64.const 65535)) (call $output_set (i64.const 0) (i64.const 65536))',
    ),
    mostBytes: 65_536,
    ends: ['value'],
  },
  {
    name: 'output-everything',
    tries: 'all of kernel memory, grown to its cap',
    wat: run(
      `(loop $l (br_if $l (i64.ne (call $alloc (i64.const 65536)) (i64.const 0)))) (call $output_set (i64.const 64) (i64.const 16000000))`,
    ),
    mostBytes: 16_777_216,
    ends: ['value'],
  },
  {
    name: 'output-over-the-limit',
    tries: 'one byte more than may be returned',
    wat: run('(call $output_set (call $alloc (i64.const 1025)) (i64.const 1025))'),
    options: { maxOutputBytes: 1_024 },
    ends: ['output-too-large'],
  },
  {
    name: 'output-then-trap',
    tries: 'an output, then a trap: neither must reach the next call',
    wat: plugin('(func (export "run") (call $output_set (call $alloc (i64.const 8)) (i64.const 8)) (unreachable))'),
    ends: ['guest-trap'],
  },
  {
    name: 'output-of-the-last-call',
    tries: "the address of the last call's output, which is freed by now",
    wat: plugin(`(global $kept (mut i64) (i64.const 0))
      (func (export "keep") (global.set $kept (call $alloc (i64.const 32))))
      (func (export "use") (call $free (global.get $kept)) (call $store_u64 (global.get $kept) (i64.const -1))
        (call $output_set (global.get $kept) (call $length (global.get $kept))))`),
    calls: ['keep', 'use', 'keep', 'keep', 'use', 'use'],
    mostBytes: 32,
    ends: ['value'],
  },
  {
    name: 'input-freed-and-forged',
    tries: 'frees the input, forges its header, and reads it',
    wat: run(`(local $at i64) (local.set $at (call $input_offset))
      (call $free (local.get $at)) (call $store_u64 (i64.sub (local.get $at) (i64.const 8)) (i64.const -1))
      (call $store_u64 (i64.sub (local.get $at) (i64.const 16)) (i64.const -1))
      (if (i64.ne (call $input_length) (i64.const 0)) (then (unreachable)))
      (drop (call $input_load_u64 (i64.const 0))) (call $free (local.get $at))`),
    input: 'x'.repeat(10_000),
    ends: ['value'],
  },
  {
    name: 'input-too-large',
    tries: 'nothing, but is given more input than its memory holds',
    wat: run('(nop)'),
    input: 'x'.repeat(1_100_000),
    options: { memory: { maxPages: 16 } },
    ends: ['input-too-large'],
  },
  {
    name: 'return-code-lies',
    tries: 'return codes at the ends of i32',
    wat: plugin(
      '(func (export "run") (result i32) (i32.const -2147483648)) (func (export "max") (result i32) (i32.const 2147483647))',
    ),
    calls: ['run', 'max'],
    ends: ['guest-exit'],
  },
  {
    name: 'result-types',
    tries: 'functions that return what no plug-in function returns',
    wat: plugin(
      '(func (export "run") (result i64) (i64.const 0)) (func (export "extern") (result externref) (ref.null extern)) (func (export "many") (result i32 i32) (i32.const 0) (i32.const 0)) (func (export "vector") (result v128) (v128.const i64x2 0 0)) (func (export "wants") (param v128))',
    ),
    calls: ['run', 'extern', 'many', 'vector', 'wants'],
    ends: ['function-type'],
  },
];
