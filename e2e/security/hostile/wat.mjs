// Plug-ins in WAT, with declarations of the imports that they use.

const i64 = '(param i64)';
const toI64 = '(result i64)';

/** The functions of `extism:host/env` and their types. */
export const environment = new Map([
  ['alloc', `${i64} ${toI64}`],
  ['free', i64],
  ['length', `${i64} ${toI64}`],
  ['length_unsafe', `${i64} ${toI64}`],
  ['load_u8', `${i64} (result i32)`],
  ['load_u64', `${i64} ${toI64}`],
  ['store_u8', '(param i64 i32)'],
  ['store_u64', '(param i64 i64)'],
  ['input_length', toI64],
  ['input_offset', toI64],
  ['input_load_u8', `${i64} (result i32)`],
  ['input_load_u64', `${i64} ${toI64}`],
  ['output_set', '(param i64 i64)'],
  ['error_set', i64],
  ['error_get', toI64],
  ['config_get', `${i64} ${toI64}`],
  ['var_get', `${i64} ${toI64}`],
  ['var_set', '(param i64 i64)'],
  ['http_request', `(param i64 i64) ${toI64}`],
  ['http_status_code', '(result i32)'],
  ['http_headers', toI64],
  ['log_trace', i64],
  ['log_debug', i64],
  ['log_info', i64],
  ['log_warn', i64],
  ['log_error', i64],
  ['get_log_level', '(result i32)'],
]);

/**
 * Returns a module that imports the functions which its text calls (such as `$alloc`). It also exports `ok`, which must still work in
 * the end.
 * @param {string} fields
 */
export function plugin(fields) {
  const imports = Array.from(environment)
    .filter(([name]) => new RegExp(`\\$${name}(?!\\w)`, 'u').test(fields))
    .map(([name, type]) => `(import "extism:host/env" "${name}" (func $${name} ${type}))`);
  return `(module\n${imports.join('\n')}\n${fields}\n(func (export "ok")))`;
}

/**
 * Returns a module with this function `run`; with `result`, its result is the return code.
 * @param {string} code
 * @param {string} [result]
 */
export function run(code, result = '') {
  return plugin(`(memory (export "memory") 1)\n(func (export "run") ${result}\n${code})`);
}

/** The features that this WAT may use; all three engines support them. */
export const features = {
  bulk_memory: true,
  exceptions: true,
  multi_value: true,
  mutable_globals: true,
  reference_types: true,
  sat_float_to_int: true,
  sign_extension: true,
  simd: true,
  tail_call: true,
  threads: true,
};
