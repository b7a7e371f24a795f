import { plugin } from '../wat.mjs';

/** A function that goes as deep as it can, and at each level on the way does this. @param {string} act @param {string} [fields] */
const deeper = (act, fields = '') => plugin(`${fields} (func $deeper (export "run") ${act} (call $deeper) ${act})`);

const blockOfKey = '(local $key i64) (local.set $key (call $alloc (i64.const 3)))';

/** Guests that call too deeply; some so that the stack ends inside the runtime itself. @type {readonly import('../corpus.mjs').HostileCase[]} */
export const stack = [
  { name: 'recursion', tries: 'a function that calls itself', wat: deeper('(nop)'), ends: ['guest-trap'] },
  {
    name: 'recursion-mutual',
    tries: 'two functions that call each other',
    wat: plugin('(func $a (export "run") (call $b) (nop)) (func $b (call $a) (nop))'),
    ends: ['guest-trap'],
  },
  {
    name: 'recursion-indirect',
    tries: 'a function that calls itself through a table',
    wat: plugin(
      '(type $t (func)) (table funcref (elem $a)) (func $a (export "run") (call_indirect (type $t) (i32.const 0)) (nop))',
    ),
    ends: ['guest-trap'],
  },
  {
    name: 'recursion-with-fat-frames',
    tries: 'frames of 20,000 locals',
    wat: plugin(
      `(func $a (export "run") (local ${'i64 '.repeat(20_000)}) (local.set 19999 (i64.const 1)) (call $a) (drop (local.get 19999)))`,
    ),
    ends: ['guest-trap', 'invalid-module'],
  },
  {
    name: 'recursion-in-start',
    tries: 'too deep in the start section',
    wat: plugin('(func $a (call $a) (nop)) (start $a)'),
    ends: ['guest-trap'],
  },
  {
    name: 'recursion-in-init',
    tries: 'too deep in _initialize',
    wat: plugin('(func $a (export "_initialize") (call $a) (nop))'),
    ends: ['guest-trap'],
  },
  {
    name: 'recursion-caught',
    tries: 'a catch_all at each level, which goes deeper again',
    wat: plugin('(func $a (export "run") (try (do (call $a)) (catch_all (call $a))))'),
    ends: ['guest-trap', 'timeout'],
  },
  {
    name: 'recursion-into-alloc',
    tries: 'the stack ends inside the kernel as it allocates',
    wat: deeper('(drop (call $alloc (i64.const 40)))'),
    ends: ['guest-trap'],
  },
  {
    name: 'recursion-into-free',
    tries: 'the stack ends inside the kernel as it frees',
    wat: deeper('(call $free (call $alloc (i64.const 40)))'),
    ends: ['guest-trap'],
  },
  {
    name: 'recursion-into-log',
    tries: 'the stack ends in JavaScript that logs',
    wat: deeper('(call $log_error (call $alloc (i64.const 3)))'),
    mostLogs: 2_500,
    mostLogsPerSecond: 1_000,
    ends: ['guest-trap'],
  },
  {
    name: 'recursion-into-config',
    tries: 'the stack ends in JavaScript that reads the configuration',
    wat: deeper('(drop (call $config_get (call $alloc (i64.const 3))))'),
    ends: ['guest-trap'],
  },
  {
    name: 'recursion-into-vars',
    tries: 'the stack ends in JavaScript that keeps a var',
    wat: deeper(`${blockOfKey} (call $var_set (local.get $key) (call $alloc (i64.const 9)))`).replace(
      /\(call \$deeper\) \(local \$key i64\)/u,
      '(call $deeper)',
    ),
    // Every level keeps a var: a busy machine may need longer than the time limit.
    ends: ['guest-trap', 'timeout'],
  },
  {
    name: 'recursion-into-http',
    tries: 'the stack ends in JavaScript that refuses a request',
    wat: deeper('(try (do (drop (call $http_request (i64.const 0) (i64.const 0)))) (catch_all))'),
    ends: ['guest-trap', 'host-not-allowed', 'timeout'],
  },
  {
    name: 'recursion-into-error',
    tries: 'the stack ends after an error was set',
    wat: deeper('(call $error_set (call $alloc (i64.const 3)))'),
    ends: ['guest-error'],
  },
  {
    name: 'recursion-into-level',
    tries: 'the stack ends at the least function of JavaScript',
    wat: deeper('(drop (call $get_log_level))'),
    ends: ['guest-trap'],
  },
  {
    name: 'recursion-caught-then-used',
    tries: 'fills the stack in the kernel again and again, catching each time, and then uses it',
    wat: plugin(`(func $deeper (drop (call $alloc (i64.const 40))) (call $deeper) (nop))
      (func (export "run") (local $n i32)
        (loop $l (try (do (call $deeper)) (catch_all))
          (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 5))))
        (if (i64.eqz (call $alloc (i64.const 8))) (then (unreachable))))`),
    ends: ['guest-trap', 'value'],
  },
];
