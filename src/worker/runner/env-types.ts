import type { FunctionType } from '../../contract/module-report.js';

/** The type of every function of `extism:host/env`, as in the Extism reference: parameters, then result. */
const signatures: Readonly<Record<string, string>> = {
  alloc: 'i64 -> i64',
  free: 'i64 ->',
  length: 'i64 -> i64',
  length_unsafe: 'i64 -> i64',
  load_u8: 'i64 -> i32',
  load_u64: 'i64 -> i64',
  store_u8: 'i64 i32 ->',
  store_u64: 'i64 i64 ->',
  input_length: '-> i64',
  input_offset: '-> i64',
  input_load_u8: 'i64 -> i32',
  input_load_u64: 'i64 -> i64',
  output_set: 'i64 i64 ->',
  error_set: 'i64 ->',
  error_get: '-> i64',
  config_get: 'i64 -> i64',
  var_get: 'i64 -> i64',
  var_set: 'i64 i64 ->',
  http_request: 'i64 i64 -> i64',
  http_status_code: '-> i32',
  http_headers: '-> i64',
  log_trace: 'i64 ->',
  log_debug: 'i64 ->',
  log_info: 'i64 ->',
  log_warn: 'i64 ->',
  log_error: 'i64 ->',
  get_log_level: '-> i32',
};

/** Of the function `name` in `extism:host/env`; null if there is none. */
export function envFunctionType(name: string): FunctionType | null {
  const signature = Object.hasOwn(signatures, name) ? signatures[name] : undefined;
  if (signature === undefined) return null;
  const [params, results] = signature.split('->', 2).map((types) => types.trim().split(' ').filter(Boolean));
  return { params: params ?? [], results: results ?? [] };
}

/** `(i64, i64) -> i64` */
export function showFunctionType({ params, results }: FunctionType): string {
  return `(${params.join(', ')}) -> ${results.length === 1 ? results[0] : `(${results.join(', ')})`}`;
}
