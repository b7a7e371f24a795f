import { moduleOf, section, text, unitType, oneFunction, body, u32 } from '../module-bytes.mjs';
import { plugin, run } from '../wat.mjs';

/** Names of properties that every JavaScript object has, and names with a meaning in the language. */
const odd = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'then',
  'catch',
  'toJSON',
  '__defineGetter__',
  '__lookupSetter__',
  'arguments',
  'length',
  'name',
  '',
  '0',
  '-1',
  'Symbol(Symbol.iterator)',
];

/** @param {string} module @param {string} name */
const importing = (module, name) => moduleOf(unitType, section(2, 1, text(module), text(name), 0, 0));

/** A block that holds this text. @param {string} value */
const block = (value) =>
  `(local.set $key (call $alloc (i64.const ${value.length}))) ${Array.from(value, (letter, index) => `(call $store_u8 (i64.add (local.get $key) (i64.const ${index})) (i32.const ${letter.charCodeAt(0)}))`).join(' ')}`;

/** Guests whose names mean something to JavaScript or to the runtime. @type {readonly import('../corpus.mjs').HostileCase[]} */
export const names = [
  {
    name: 'exports-of-objects',
    tries: 'exports under names that every object knows',
    wat: plugin(odd.map((name) => `(func (export "${name}"))`).join('\n')),
    calls: odd,
    ends: ['value'],
  },
  {
    name: 'exports-not-there',
    tries: 'nothing: the names are called, and are not there',
    wat: plugin('(func (export "run"))'),
    calls: odd,
    ends: ['function-not-found'],
  },
  {
    name: 'exports-that-are-no-functions',
    tries: 'memories, tables and globals where functions are called',
    wat: plugin(
      '(memory (export "run") 1) (table (export "then") 1 funcref) (global (export "constructor") i32 (i32.const 0)) (tag (export "toString"))',
    ),
    calls: ['run', 'then', 'constructor', 'toString'],
    ends: ['function-not-found'],
  },
  {
    name: 'exports-twice',
    tries: 'the same export twice',
    bytes: () =>
      moduleOf(unitType, oneFunction, section(7, 2, text('run'), 0, 0, text('run'), 0, 0), section(10, 1, body([]))),
    ends: ['invalid-module'],
  },
  {
    name: 'exports-of-hooks-that-are-no-functions',
    tries: 'init hooks that are globals',
    wat: plugin(
      '(global (export "_initialize") i32 (i32.const 0)) (global (export "hs_init") i32 (i32.const 0)) (memory (export "__wasm_call_ctors") 1) (func (export "run"))',
    ),
    ends: ['value'],
  },
  {
    name: 'hooks-of-other-types',
    tries: 'init hooks with parameters and results',
    wat: plugin(
      '(func (export "_initialize") (param i64) (result i64) (unreachable)) (func (export "hs_init") (param i64 v128) (unreachable)) (func (export "run"))',
    ),
    ends: ['value', 'guest-trap', 'function-type'],
  },
  {
    name: 'imports-of-objects',
    tries: 'imports from modules named as every object knows them',
    bytes: () => odd.map((name) => importing(name, name)),
    ends: ['missing-import'],
  },
  {
    name: 'imports-of-the-runtime',
    tries: 'names in extism:host/env that only objects know',
    bytes: () => odd.map((name) => importing('extism:host/env', name)),
    ends: ['missing-import', 'import-type'],
  },
  {
    name: 'imports-of-the-kernel',
    tries: "the kernel's functions that are the host's own",
    bytes: () =>
      [
        'reset',
        'output_length',
        'host_input_set',
        'host_output',
        'host_max_pages',
        'host_secret',
        'host_trap',
        'memory',
      ].map((name) => importing('extism:host/env', name)),
    ends: ['missing-import'],
  },
  {
    name: 'imports-the-kernel-memory',
    tries: "the kernel's memory",
    bytes: () => moduleOf(section(2, 1, text('extism:host/env'), text('memory'), 2, 0, 1)),
    ends: ['missing-import'],
  },
  {
    name: 'imports-of-globals',
    tries: 'what the worker has: eval, Function, postMessage, fetch',
    bytes: () =>
      ['self', 'globalThis', 'window', 'js', 'env', 'go', 'wbg'].flatMap((module) =>
        ['eval', 'Function', 'postMessage', 'fetch', 'close'].map((name) => importing(module, name)),
      ),
    ends: ['missing-import'],
  },
  {
    name: 'imports-the-reserved-start',
    tries: 'the reserved name of its own start section',
    bytes: () => ['main', 'tenon', 'extism:host/env'].map((module) => importing(module, 'tenon:start')),
    ends: ['missing-import'],
  },
  {
    name: 'exports-the-reserved-start',
    tries: 'the reserved name as an export',
    wat: plugin('(func (export "tenon:start"))'),
    ends: ['link-name'],
  },
  {
    name: 'exports-a-reserved-name',
    tries: 'another reserved name as an export',
    wat: plugin('(func (export "tenon:")) (func (export "run"))'),
    ends: ['link-name'],
  },
  {
    name: 'imports-itself',
    tries: 'imports its own export, to enter itself',
    wat: '(module (import "main" "run" (func $run)) (func (export "run") (call $run)))',
    ends: ['missing-import', 'unsupported'],
  },
  {
    name: 'imports-user-functions',
    tries: 'host functions that do not exist',
    bytes: () => importing('extism:host/user', 'eval'),
    ends: ['missing-import'],
  },
  {
    name: 'imports-wasi',
    tries: 'to end the process without WASI',
    wat: '(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32))) (func (export "run") (call $exit (i32.const 1))))',
    ends: ['missing-import', 'guest-exit'],
  },
  {
    name: 'imports-wasi-sockets',
    tries: 'sockets and random numbers of a system that is not there',
    bytes: () =>
      ['sock_open', 'sock_accept', 'path_open', 'proc_raise'].map((name) => importing('wasi_snapshot_preview1', name)),
    ends: ['missing-import', 'import-type', 'invalid-module', 'value', 'function-not-found'],
  },
  {
    name: 'imports-of-wrong-types',
    tries: "the runtime's functions with types of its own",
    bytes: () =>
      ['alloc', 'config_get', 'log_info', 'get_log_level', 'output_set'].map((name) =>
        importing('extism:host/env', name),
      ),
    ends: ['import-type'],
  },
  {
    name: 'imports-of-wrong-kinds',
    tries: "the runtime's functions as globals and tables",
    bytes: () =>
      [
        [3, 0x7f, 0],
        [1, 0x70, 0, 1],
        [2, 0, 1],
      ].map((kind) => moduleOf(section(2, 1, text('extism:host/env'), text('alloc'), kind))),
    ends: ['import-type'],
  },
  {
    name: 'imports-of-a-million-letters',
    tries: 'names that are one letter and a hundred thousand accents',
    bytes: () => importing('m', `e${'\u0301'.repeat(20_000)}`),
    ends: ['missing-import'],
  },
  {
    name: 'imports-that-are-markup',
    tries: 'names that are markup and script',
    bytes: () => importing('<img src=x onerror=alert(1)>', '</script><script>alert(1)</script>'),
    ends: ['missing-import'],
  },
  {
    name: 'vars-of-objects',
    tries: 'vars under names that every object knows',
    wat: run(
      `(local $key i64) ${odd
        .filter((name) => name !== '')
        .map(
          (name) =>
            `${block(name)} (call $var_set (local.get $key) (call $alloc (i64.const 4))) ${block(name)} (if (i64.eqz (call $var_get (local.get $key))) (then (unreachable)))`,
        )
        .join('\n')}`,
    ),
    calls: ['run', 'run'],
    ends: ['value'],
  },
  {
    name: 'config-of-objects',
    tries: 'configuration under names that every object knows',
    wat: run(
      `(local $key i64) ${odd
        .filter((name) => name !== '')
        .map(
          (name) =>
            `${block(name)} (if (i64.ne (call $config_get (local.get $key)) (i64.const 0)) (then (unreachable)))`,
        )
        .join('\n')}`,
    ),
    ends: ['value'],
  },
  {
    name: 'links-of-objects',
    tries: 'linked modules named as every object knows them',
    wat: '(module (import "__proto__" "constructor" (func $a)) (import "constructor" "__proto__" (func $b)) (import "then" "then" (func $c)) (func (export "run") (call $a) (call $b) (call $c)))',
    links: [
      ['__proto__', '(module (func (export "constructor")))'],
      ['constructor', '(module (func (export "__proto__")))'],
      ['then', '(module (func (export "then")))'],
    ],
    ends: ['value'],
  },
  {
    name: 'links-in-a-cycle',
    tries: 'two linked modules that import each other',
    wat: '(module (import "dep" "f" (func $f)) (func (export "run") (call $f)))',
    links: [['dep', '(module (import "main" "run" (func $run)) (func (export "f") (call $run)))']],
    ends: ['unsupported', 'guest-trap'],
  },
  {
    name: 'links-start-loops',
    tries: 'a linked module whose start section never ends',
    wat: '(module (import "dep" "f" (func $f)) (func (export "run") (call $f)))',
    links: [['dep', '(module (func $s (export "f") (loop $l (br $l))) (start $s))']],
    ends: ['load-timeout'],
  },
  {
    name: 'links-named-as-the-runtime',
    tries: 'a linked module that passes for the runtime',
    wat: '(module (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64))) (func (export "run") (drop (call $alloc (i64.const 8)))))',
    links: [['extism:host/env', '(module (func (export "alloc") (param i64) (result i64) (i64.const 64)))']],
    ends: ['link-name'],
  },
  {
    name: 'links-grow-what-they-share',
    tries: "grows a linked module's memory and table past their caps",
    wat: `(module (import "dep" "memory" (memory 1)) (import "dep" "table" (table $t 0 funcref))
      (func (export "run")
        (loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
        (loop $m (br_if $m (i32.ne (table.grow $t (ref.null func) (i32.const 100)) (i32.const -1))))
        (if (i32.gt_u (memory.size) (i32.const 256)) (then (unreachable)))
        (if (i32.gt_u (table.size $t) (i32.const 100000)) (then (unreachable)))))`,
    links: [['dep', '(module (memory (export "memory") 1) (table (export "table") 0 funcref))']],
    ends: ['value'],
  },
  {
    name: 'links-of-other-types',
    tries: 'a linked function imported as another type',
    wat: '(module (import "dep" "f" (func $f (param f64) (result f64))) (func (export "run")))',
    links: [['dep', '(module (func (export "f")))']],
    ends: ['import-type'],
  },
  {
    name: 'exports-without-end',
    tries: 'a call of an export whose name is 90 KB long',
    bytes: () =>
      moduleOf(
        unitType,
        oneFunction,
        section(7, 1, u32(90_000), new Uint8Array(90_000).fill(0x61), 0, 0),
        section(10, 1, body([])),
      ),
    calls: ['a'.repeat(90_000), 'a'],
    ends: ['value', 'function-not-found'],
  },
];
