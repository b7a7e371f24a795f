import { plugin, run } from '../wat.mjs';

/** A loop of so many rounds. @param {number} rounds @param {string} act */
const repeat = (rounds, act) =>
  `(loop $l ${act} (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const ${rounds}))))`;
/** @param {number} rounds @param {string} act @param {string} [locals] */
const flood = (rounds, act, locals = '') => run(`(local $n i32) ${locals} ${repeat(rounds, act)}`);
/** A new block with a key in it that is different each round. */
const newKey =
  '(local.set $key (call $alloc (i64.const 8))) (call $store_u64 (local.get $key) (i64.add (i64.const 0x3030303030303030) (i64.and (i64.extend_i32_u (local.get $n)) (i64.const 0xf0f))))';
/** @param {number} bytes A block of so many bytes, all `x`: kernel memory is not the guest's, so it is filled word by word. */
const text = (bytes) => `(local.set $key (call $alloc (i64.const ${bytes}))) (local.set $at (i64.const 0))
  (loop $fill (call $store_u64 (i64.add (local.get $key) (local.get $at)) (i64.const 0x7878787878787878))
    (br_if $fill (i64.lt_u (local.tee $at (i64.add (local.get $at) (i64.const 8))) (i64.const ${bytes}))))`;
/** Puts a request in a block, word by word; JSON may end in spaces. @param {string} url */
const request = (url) => {
  const bytes = Buffer.from(JSON.stringify({ url }));
  const padded = Buffer.concat([bytes, Buffer.alloc(7, 32)]);
  const words = Array.from({ length: Math.ceil(bytes.length / 8) }, (_, index) => padded.readBigUInt64LE(index * 8));
  const stores = words.map(
    (word, index) => `(call $store_u64 (i64.add (local.get $key) (i64.const ${index * 8})) (i64.const ${word}))`,
  );
  return `(local.set $key (call $alloc (i64.const ${words.length * 8}))) ${stores.join(' ')}`;
};
const keyAndPlace = '(local $key i64) (local $at i64)';

/** Guests that say too much. @type {readonly import('../corpus.mjs').HostileCase[]} */
export const floods = [
  {
    name: 'log-flood',
    tries: 'a hundred thousand log lines in one call',
    wat: flood(100_000, '(call $log_info (call $alloc (i64.const 8)))'),
    mostLogs: 2_500,
    mostLogsPerSecond: 1_000,
    ends: ['value', 'timeout'],
  },
  {
    name: 'log-flood-of-size',
    tries: 'a hundred log lines of 1 MB',
    wat: flood(100, `${text(1_000_000)} (call $log_warn (local.get $key))`, keyAndPlace),
    mostLogs: 101,
    ends: ['value', 'timeout'],
  },
  {
    name: 'log-flood-in-start',
    tries: 'a hundred thousand log lines before it is even loaded',
    wat: plugin(
      `(func $s (local $n i32) ${repeat(100_000, '(call $log_error (call $alloc (i64.const 8)))')}) (start $s) (func (export "run"))`,
    ),
    mostLogs: 2_500,
    mostLogsPerSecond: 1_000,
    ends: ['value', 'load-timeout'],
  },
  {
    name: 'log-flood-unheard',
    tries: 'a million log lines without a listener',
    wat: flood(1_000_000, '(call $log_info (call $alloc (i64.const 8)))'),
    ends: ['value', 'timeout'],
  },
  {
    name: 'log-not-utf8',
    tries: 'log lines that are not UTF-8',
    wat: flood(
      1_000,
      '(local.set $key (call $alloc (i64.const 8))) (call $store_u64 (local.get $key) (i64.const -1)) (call $log_debug (local.get $key))',
      keyAndPlace,
    ),
    mostLogs: 1_001,
    ends: ['value'],
  },
  {
    name: 'log-control-characters',
    tries: 'log lines of escape codes and format strings',
    wat: flood(
      10,
      '(local.set $key (call $alloc (i64.const 8))) (call $store_u64 (local.get $key) (i64.const 0x256f25637325_1b5b)) (call $log_error (local.get $key))',
      keyAndPlace,
    ),
    mostLogs: 11,
    ends: ['value'],
  },
  {
    name: 'var-flood-of-keys',
    tries: 'vars under new names until there is no room',
    wat: run(
      `(local $key i64) (local $n i64) (loop $l (local.set $key (call $alloc (i64.const 8))) (call $store_u64 (local.get $key) (i64.add (i64.const 0x2020202020202020) (i64.add (i64.and (local.get $n) (i64.const 0x3f)) (i64.shl (i64.and (local.get $n) (i64.const 0xfc0)) (i64.const 2))))) (call $store_u8 (i64.add (local.get $key) (i64.const 3)) (i32.wrap_i64 (i64.add (i64.const 32) (i64.shr_u (local.get $n) (i64.const 12))))) (call $var_set (local.get $key) (call $alloc (i64.const 1))) (local.set $n (i64.add (local.get $n) (i64.const 1))) (br $l))`,
    ),
    ends: ['guest-trap', 'timeout'],
  },
  {
    name: 'var-flood-of-size',
    tries: 'a var over the limit on all of them',
    wat: run('(call $var_set (call $alloc (i64.const 1)) (call $alloc (i64.const 2000000)))'),
    ends: ['guest-trap'],
  },
  {
    name: 'var-flood-of-key-size',
    tries: 'a var whose name is 2 MB long',
    wat: run(`${keyAndPlace} ${text(2_000_000)} (call $var_set (local.get $key) (call $alloc (i64.const 1)))`),
    ends: ['guest-trap'],
  },
  {
    name: 'var-churn',
    tries: 'one var of 1 MB, set and read back 100 times a call',
    wat: flood(
      100,
      '(call $var_set (call $alloc (i64.const 1)) (call $alloc (i64.const 1000000))) (call $free (call $var_get (call $alloc (i64.const 1))))',
    ),
    ends: ['value', 'timeout', 'guest-trap'],
    calls: ['run', 'run', 'run'],
  },
  {
    name: 'var-key-not-utf8',
    tries: 'a var whose name is not UTF-8',
    wat: flood(
      1,
      '(local.set $key (call $alloc (i64.const 8))) (call $store_u64 (local.get $key) (i64.const -1)) (call $var_set (local.get $key) (call $alloc (i64.const 1)))',
      keyAndPlace,
    ),
    ends: ['guest-trap'],
  },
  {
    name: 'var-same-handle',
    tries: 'one block as both name and value, freed twice',
    wat: run(
      `${keyAndPlace} (local.set $key (call $alloc (i64.const 8))) (call $var_set (local.get $key) (local.get $key))`,
    ),
    ends: ['guest-trap', 'value'],
  },
  {
    name: 'error-of-1-mb',
    tries: 'an error message of 1 MB',
    wat: run(`${keyAndPlace} ${text(1_000_000)} (call $error_set (local.get $key)) (i32.const 1)`, '(result i32)'),
    ends: ['guest-error'],
  },
  {
    name: 'error-of-16-mb',
    tries: 'an error message that fills its memory',
    wat: run(`${keyAndPlace} ${text(16_000_000)} (call $error_set (local.get $key)) (unreachable)`),
    ends: ['guest-error', 'timeout'],
  },
  {
    name: 'error-at-no-handle',
    tries: 'an error message that is nowhere',
    wat: run('(call $error_set (i64.const 123456789)) (i32.const 1)', '(result i32)'),
    ends: ['guest-exit'],
  },
  {
    name: 'error-not-utf8',
    tries: 'an error message that is not UTF-8',
    wat: run(
      '(local $key i64) (local.set $key (call $alloc (i64.const 8))) (call $store_u64 (local.get $key) (i64.const -1)) (call $error_set (local.get $key))',
    ),
    ends: ['guest-error'],
  },
  {
    name: 'error-freed',
    tries: 'an error message in a block that was freed',
    wat: run(
      '(local $key i64) (local.set $key (call $alloc (i64.const 8))) (call $error_set (local.get $key)) (call $free (local.get $key)) (i32.const 3)',
      '(result i32)',
    ),
    ends: ['guest-error', 'guest-exit'],
  },
  {
    name: 'error-in-start',
    tries: 'an error message, then a trap, in the start section',
    wat: plugin('(func $s (call $error_set (call $alloc (i64.const 3))) (unreachable)) (start $s)'),
    ends: ['guest-trap', 'guest-error'],
  },
  {
    name: 'error-in-every-call',
    tries: 'fails a hundred calls in a row: that is no death, and disables nothing',
    wat: run('(call $error_set (call $alloc (i64.const 3)))'),
    calls: Array.from({ length: 100 }, () => 'run'),
    ends: ['guest-error'],
  },
  {
    name: 'dies-in-every-call',
    tries: 'runs out of time again and again',
    wat: run('(loop $l (drop (call $get_log_level)) (br $l))'),
    calls: ['run', 'run', 'run'],
    options: { timeoutMs: 100, circuitBreaker: { failures: 3 } },
    alive: false,
    ends: ['timeout'],
  },
  {
    name: 'http-request',
    tries: 'an HTTP request to nowhere it may go',
    wat: run(
      `(local $key i64) ${request('http://169.254.169.254/latest/meta-data')} (drop (call $http_request (local.get $key) (i64.const 0)))`,
    ),
    ends: ['host-not-allowed'],
  },
  {
    name: 'http-flood',
    tries: 'ten thousand HTTP requests, each refusal swallowed',
    wat: flood(
      10_000,
      `${request('http://127.0.0.1:1/')} (try (do (drop (call $http_request (local.get $key) (i64.const 0)))) (catch_all))`,
      '(local $key i64)',
    ),
    ends: ['host-not-allowed', 'timeout'],
  },
  {
    name: 'http-lies',
    tries: 'reads the status and headers of a request it never made',
    wat: run(
      '(if (i64.ne (call $http_headers) (i64.const 0)) (then (unreachable))) (if (call $http_status_code) (then (unreachable)))',
    ),
    ends: ['value'],
  },
  {
    name: 'config-key-of-1-mb',
    tries: 'a configuration key of 1 MB',
    wat: run(
      `${keyAndPlace} ${text(1_000_000)} (if (i64.ne (call $config_get (local.get $key)) (i64.const 0)) (then (unreachable)))`,
    ),
    ends: ['value'],
  },
  {
    name: 'config-key-flood',
    tries: 'a hundred thousand configuration keys',
    wat: flood(100_000, `${newKey} (drop (call $config_get (local.get $key)))`, '(local $key i64)'),
    ends: ['value', 'timeout'],
  },
  {
    name: 'config-key-not-utf8',
    tries: 'a configuration key that is not UTF-8',
    wat: flood(
      1,
      '(local.set $key (call $alloc (i64.const 8))) (call $store_u64 (local.get $key) (i64.const -1)) (drop (call $config_get (local.get $key)))',
      keyAndPlace,
    ),
    ends: ['guest-trap'],
  },
  {
    name: 'abort-lies',
    tries: 'an AssemblyScript abort whose texts lie past the end of memory',
    wat: '(module (import "env" "abort" (func $abort (param i32 i32 i32 i32))) (memory (export "memory") 1) (data (i32.const 65532) "\\ff\\ff\\ff\\ff") (func (export "run") (call $abort (i32.const 65536) (i32.const -1) (i32.const -1) (i32.const -1))) (func (export "zero") (call $abort (i32.const 0) (i32.const 3) (i32.const 4) (i32.const 65535))) (func (export "ok")))',
    calls: ['run', 'zero'],
    ends: ['guest-trap'],
  },
  {
    name: 'abort-of-something-else',
    tries: 'an abort with an exported "memory" that is a function',
    wat: '(module (import "env" "abort" (func $abort (param i32 i32 i32 i32))) (func (export "memory")) (func (export "run") (call $abort (i32.const 8) (i32.const 8) (i32.const 8) (i32.const 8))) (func (export "ok")))',
    ends: ['guest-trap'],
  },
  {
    name: 'abort-swallowed',
    tries: 'an abort in a catch_all, then success',
    wat: '(module (import "env" "abort" (func $abort (param i32 i32 i32 i32))) (memory 1) (func (export "run") (try (do (call $abort (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 2))) (catch_all))) (func (export "ok")))',
    ends: ['guest-trap'],
  },
  {
    name: 'refusal-swallowed',
    tries: 'a bad handle in a catch_all, then an output and success',
    wat: run(
      '(try (do (drop (call $config_get (i64.const 5)))) (catch_all)) (call $output_set (call $alloc (i64.const 8)) (i64.const 8))',
    ),
    ends: ['guest-trap'],
  },
  {
    name: 'refusal-swallowed-in-start',
    tries: 'a bad handle in a catch_all, in the start section',
    wat: plugin('(func $s (try (do (drop (call $config_get (i64.const 5)))) (catch_all))) (start $s)'),
    ends: ['guest-trap'],
  },
  {
    name: 'refusal-swallowed-in-init',
    tries: 'a bad handle in a catch_all, in _initialize',
    wat: plugin('(func (export "_initialize") (try (do (call $var_set (i64.const 5) (i64.const 5))) (catch_all)))'),
    ends: ['guest-trap'],
  },
  {
    name: 'refusal-rethrown-by-delegate',
    tries: 'passes a refusal on to a caller that swallows it',
    wat: run('(try $outer (do (try (do (call $log_error (i64.const 77))) (delegate $outer))) (catch_all))'),
    mostLogs: 10,
    ends: ['guest-trap'],
  },
  {
    name: 'host-calls-swallowed',
    tries: 'host calls for ever, in a catch_all',
    wat: run('(loop $l (try (do (drop (call $config_get (i64.const 0)))) (catch_all)) (br $l))'),
    options: { maxHostCalls: 10_000 },
    calls: ['run', 'run'],
    ends: ['host-limit'],
  },
  {
    name: 'host-calls-swallowed-in-start',
    tries: 'host calls for ever, in a catch_all in the start section',
    wat: plugin(
      '(func $s (loop $l (try (do (drop (call $var_get (i64.const 0)))) (catch_all)) (br $l))) (start $s) (func (export "run"))',
    ),
    options: { maxHostCalls: 10_000 },
    ends: ['host-limit'],
  },
  {
    name: 'requests-swallowed',
    tries: 'HTTP requests that are not allowed for ever, in a catch_all',
    wat: run('(loop $l (try (do (drop (call $http_request (i64.const 0) (i64.const 0)))) (catch_all)) (br $l))'),
    options: { maxHostCalls: 1_000, maxRequests: 10 },
    calls: ['run', 'run'],
    ends: ['host-limit'],
  },
  {
    name: 'work-of-the-host',
    tries: 'large vars for ever, with little fuel',
    wat: run(
      '(loop $l (try (do (call $var_set (i64.const 0) (call $alloc (i64.const 1000000)))) (catch_all)) (br $l))',
    ),
    options: { fuel: 10_000_000 },
    calls: ['run', 'run'],
    ends: ['fuel-exhausted', 'guest-trap'],
  },
];
