import { expect, test } from 'vitest';
import { describeMissingImport, groupImports } from './inspect.js';
import type { ImportOrigin } from './inspect.js';

test('imports are grouped by what they allow, in order of appearance', () => {
  const imports = (
    [
      ['extism:host/env', 'alloc'],
      ['extism:host/env', 'config_get'],
      ['extism:host/env', 'var_get'],
      ['extism:host/env', 'var_set'],
      ['extism:host/env', 'http_request'],
      ['extism:host/env', 'log_info'],
      ['extism:host/env', 'get_log_level'],
      ['extism:host/user', 'charge'],
      ['my:host', '__proto__'],
      ['maths', 'add'],
      ['wasi_snapshot_preview1', 'clock_time_get'],
      ['wasi_snapshot_preview1', 'random_get'],
      ['wasi_snapshot_preview1', 'fd_write'],
      ['wasi_snapshot_preview1', 'fd_prestat_get'],
      ['wasi_snapshot_preview1', 'path_open'],
      ['wasi_snapshot_preview1', 'environ_get'],
      ['wasi_snapshot_preview1', 'sock_send'],
      ['wasi_snapshot_preview1', 'proc_exit'],
      ['env', 'abort'],
      ['wbg', '__wbindgen_throw'],
      ['wasi_unstable', 'fd_write'],
    ] as const
  ).map(([module, name]) => ({ module, name }));
  const groups = groupImports(imports, ['maths']);
  expect(groups.map(({ capability, imports: members }) => [capability, members.map(({ name }) => name)])).toEqual([
    ['kernel', ['alloc']],
    ['config', ['config_get']],
    ['vars', ['var_get', 'var_set']],
    ['http', ['http_request']],
    ['logs', ['log_info', 'get_log_level']],
    ['host-functions', ['charge', '__proto__']],
    ['linked', ['add']],
    ['clock', ['clock_time_get']],
    ['random', ['random_get']],
    ['stdio', ['fd_write', 'fd_write']],
    ['files', ['fd_prestat_get', 'path_open']],
    ['environment', ['environ_get']],
    ['sockets', ['sock_send']],
    ['process', ['proc_exit']],
    ['abort', ['abort']],
    ['foreign', ['__wbindgen_throw']],
  ]);
});

const missing: readonly (readonly [string, string, ImportOrigin, RegExp])[] = [
  ['extism:host/user', 'lookup', 'host-function', /give "lookup" to the plug-in/],
  ['my:host', 'lookup', 'host-function', /"lookup" of module "my:host"/],
  ['env', 'lookup', 'host-function', /host function/],
  ['extism:host/env', 'does_not_exist', 'extism', /no such function/],
  ['wasi_snapshot_preview1', 'fd_write', 'wasi-preview-1', /preview 1/],
  ['wasi_unstable', 'fd_teleport', 'wasi-preview-1', /preview 1/],
  ['wasi_snapshot_preview1', 'sock_open', 'wasi-sockets', /WasmEdge/],
  ['wasi_snapshot_preview1', 'sock_getaddrinfo', 'wasi-sockets', /no sockets/],
  ['wasi:cli/environment@0.2.0', 'get-environment', 'wasi-other', /preview 2/],
  ['wasix_32v1', 'thread_spawn', 'wasi-other', /WASIX/],
  ['env', 'extism_alloc', 'pre-1-0', /before 1\.0/],
  ['extism:env', 'input_length', 'pre-1-0', /before 1\.0/],
  ['extism:env', 'extism_alloc', 'pre-1-0', /before 1\.0/],
  ['__wbindgen_placeholder__', '__wbindgen_describe', 'wasm-bindgen', /wasm-bindgen/],
  ['__wbindgen_externref_xform__', '__wbindgen_externref_table_grow', 'wasm-bindgen', /wasm-bindgen/],
  ['wbg', '__wbg_log_1', 'wasm-bindgen', /wasm-bindgen/],
  ['./thing_bg.js', '__wbindgen_throw', 'wasm-bindgen', /wasm-bindgen/],
  ['env', 'emscripten_resize_heap', 'emscripten', /Emscripten/],
  ['env', '__syscall_openat', 'emscripten', /Emscripten/],
  ['a', 'b', 'emscripten', /Emscripten/],
  ['gojs', 'runtime.wasmExit', 'go-js', /wasip1/],
  ['go', 'debug', 'go-js', /wasip1/],
  ['env', 'console.log', 'assemblyscript', /AssemblyScript/],
  ['env', 'abort', 'assemblyscript', /AssemblyScript/],
  ['wasm:js-string', 'length', 'js-builtin', /built into JavaScript/],
];

for (const [module, name, seems, sentence] of missing) {
  test(`"${module}" "${name}" seems to be: ${seems}`, () => {
    const missingImport = describeMissingImport({ module, name, kind: 'function', from: 'main' });
    expect(missingImport).toMatchObject({ module, name, from: 'main', seems });
    expect(missingImport.sentence).toMatch(sentence);
  });
}

test('a missing memory is something to link', () => {
  const missingImport = describeMissingImport({ module: 'shared', name: 'memory', kind: 'memory', from: 'main' });
  expect(missingImport.sentence).toBe(
    'No linked module is named "shared" and exports that memory: add it to the manifest.',
  );
});
