import type { FunctionType } from './module-report.js';

/** The types of the functions of `extism:host/env`, as in the Extism reference: parameters, then result. */
export const envSignatures: Readonly<Record<string, string>> = {
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

/** Returns the type of the function `name` of `extism:host/env`; null if there is none. */
export function envFunctionType(name: string): FunctionType | null {
  const signature = Object.hasOwn(envSignatures, name) ? envSignatures[name] : undefined;
  if (signature === undefined) return null;
  const [params, results] = signature.split('->', 2).map((types) => types.trim().split(' ').filter(Boolean));
  return { params: params ?? [], results: results ?? [] };
}

/** Returns a type as errors show it: `(i64, i64) -> i64`. */
export function showFunctionType({ params, results }: FunctionType): string {
  return `(${params.join(', ')}) -> ${results.length === 1 ? results[0] : `(${results.join(', ')})`}`;
}

/** The parameters of the functions of WASI preview 1: `i` for i32, `l` for i64. All but `proc_exit` return an i32, the errno. */
export const wasiParameters: Readonly<Record<string, string>> = {
  args_get: 'ii',
  args_sizes_get: 'ii',
  environ_get: 'ii',
  environ_sizes_get: 'ii',
  clock_res_get: 'ii',
  clock_time_get: 'ili',
  fd_advise: 'illi',
  fd_allocate: 'ill',
  fd_close: 'i',
  fd_datasync: 'i',
  fd_fdstat_get: 'ii',
  fd_fdstat_set_flags: 'ii',
  fd_fdstat_set_rights: 'ill',
  fd_filestat_get: 'ii',
  fd_filestat_set_size: 'il',
  fd_filestat_set_times: 'illi',
  fd_pread: 'iiili',
  fd_prestat_get: 'ii',
  fd_prestat_dir_name: 'iii',
  fd_pwrite: 'iiili',
  fd_read: 'iiii',
  fd_readdir: 'iiili',
  fd_renumber: 'ii',
  fd_seek: 'ilii',
  fd_sync: 'i',
  fd_tell: 'ii',
  fd_write: 'iiii',
  path_create_directory: 'iii',
  path_filestat_get: 'iiiii',
  path_filestat_set_times: 'iiiilli',
  path_link: 'iiiiiii',
  path_open: 'iiiiillii',
  path_readlink: 'iiiiii',
  path_remove_directory: 'iii',
  path_rename: 'iiiiii',
  path_symlink: 'iiiii',
  path_unlink_file: 'iii',
  poll_oneoff: 'iiii',
  proc_exit: 'i',
  proc_raise: 'i',
  sched_yield: '',
  random_get: 'ii',
  sock_accept: 'iii',
  sock_recv: 'iiiiii',
  sock_send: 'iiiii',
  sock_shutdown: 'ii',
};

/** Returns the type of the function `name` of `wasi_snapshot_preview1`; null if there is none. */
export function wasiFunctionType(name: string): FunctionType | null {
  const letters = Object.hasOwn(wasiParameters, name) ? wasiParameters[name] : undefined;
  if (letters === undefined) return null;
  return {
    params: Array.from(letters, (letter) => (letter === 'l' ? 'i64' : 'i32')),
    results: name === 'proc_exit' ? [] : ['i32'],
  };
}
