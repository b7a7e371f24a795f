import { envNamespace, type GuestLogLevel, guestLogLevels, logLevelNumber } from '../../contract/abi.js';
import { type ErrorParts, PluginError } from '../../contract/errors.js';
import type { Policy } from '../../contract/policy.js';
import type { GuestFailure } from './guest-failure.js';
import { type Kernel, kernelGuestNames } from './kernel.js';
import type { Logs } from './logs.js';
import type { Vars } from './vars.js';

/** All that the imports of one plug-in instance act on. */
export interface GuestState {
  readonly kernel: Kernel;
  readonly config: ReadonlyMap<string, string>;
  readonly vars: Vars;
  readonly logs: Logs;
  readonly failure: GuestFailure;
  readonly policy: Policy;
}

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** `extism:host/env`: the kernel's own functions wasm to wasm, and the few that need JavaScript. */
export function envImports(state: GuestState): Map<string, WebAssembly.ImportValue> {
  const imports = new Map<string, WebAssembly.ImportValue>();
  for (const name of kernelGuestNames) imports.set(name, state.kernel.guestExports[name]);
  for (const group of [configImports(state), varImports(state), logImports(state), httpImports(state)]) {
    for (const [name, value] of Object.entries(group)) imports.set(name, value);
  }
  return imports;
}

type ImportGroup = Readonly<Record<string, WebAssembly.ImportValue>>;

function configImports(state: GuestState): ImportGroup {
  return {
    config_get: (key: bigint): bigint => {
      const value = state.config.get(takeText(state, key, 'config_get', 'config key'));
      return value === undefined ? 0n : give(state, encoder.encode(value), 'config_get');
    },
  };
}

function varImports(state: GuestState): ImportGroup {
  const { kernel, vars } = state;
  return {
    var_get: (key: bigint): bigint => {
      const value = vars.get(takeText(state, key, 'var_get', 'var key'));
      return value === undefined ? 0n : give(state, value, 'var_get');
    },
    var_set: (key: bigint, value: bigint): void => {
      if (vars.maxBytes === 0) fail(state, 'var_set', { message: 'Vars are disabled by this host' });
      const name = takeText(state, key, 'var_set', 'var key');
      if (value === 0n) {
        vars.delete(name);
        return;
      }
      const bytes = kernel.block(value)?.slice();
      kernel.exports.free(value);
      if (bytes === undefined) badHandle(state, value, 'var_set', 'var value');
      if (!vars.set(name, bytes)) {
        fail(state, 'var_set', {
          message: `Variable store is full: "${name}" with ${bytes.length} bytes does not fit beside the ${vars.usedBytes} bytes in use`,
          expected: `at most ${vars.maxBytes} bytes in all`,
          fix: 'Raise memory.maxVarBytes, or store less.',
        });
      }
    },
  };
}

function logImports(state: GuestState): ImportGroup {
  const threshold = logLevelNumber(state.policy.logLevel);
  const imports: Record<string, WebAssembly.ImportValue> = { get_log_level: (): number => threshold };
  guestLogLevels.forEach((level, number) => {
    imports[`log_${level}`] =
      number < threshold
        ? (message: bigint): void => state.kernel.exports.free(message)
        : (message: bigint): void => log(state, level, message);
  });
  return imports;
}

function log(state: GuestState, level: GuestLogLevel, message: bigint): void {
  const bytes = takeBytes(state, message, `log_${level}`, 'log message');
  const text = decodeStrict(bytes);
  if (text === null)
    state.logs.write('error', `the plug-in logged ${bytes.length} bytes at ${level} that are not UTF-8`);
  else state.logs.write(level, text);
}

function httpImports(state: GuestState): ImportGroup {
  return {
    http_request: (request: bigint, body: bigint): bigint => {
      state.kernel.exports.free(request);
      state.kernel.exports.free(body);
      return state.failure.raise(
        new PluginError('host-not-allowed', {
          message: 'The plug-in made an HTTP request, and this version of Tenon allows none',
          where: `${envNamespace}.http_request`,
        }),
      );
    },
    http_status_code: (): number => 0,
    http_headers: (): bigint => 0n,
  };
}

/** Reads text and frees its block: functions that take a handle own it. */
function takeText(state: GuestState, handle: bigint, importName: string, what: string): string {
  const bytes = takeBytes(state, handle, importName, what);
  return (
    decodeStrict(bytes) ??
    fail(state, importName, { message: `the ${what} is not UTF-8`, actual: `${bytes.length} bytes` })
  );
}

/** The block's own bytes, copied before it is freed. */
function takeBytes(state: GuestState, handle: bigint, importName: string, what: string): Uint8Array {
  const bytes = state.kernel.block(handle)?.slice();
  state.kernel.exports.free(handle);
  return bytes ?? badHandle(state, handle, importName, what);
}

/** Copies a value into a new block of the guest's. */
function give(state: GuestState, bytes: Uint8Array, importName: string): bigint {
  if (bytes.length === 0) return 0n;
  const handle = state.kernel.store(bytes);
  if (handle === 0n) {
    fail(state, importName, {
      message: `there is no room in the plug-in's memory for ${bytes.length} bytes`,
      fix: 'Raise memory.maxPages.',
    });
  }
  return handle;
}

function badHandle(state: GuestState, handle: bigint, importName: string, what: string): never {
  return fail(state, importName, {
    message: `invalid handle offset for ${what}: ${BigInt.asUintN(64, handle)}`,
    expected: 'the first byte of a block in use',
  });
}

function fail(state: GuestState, importName: string, parts: ErrorParts): never {
  return state.failure.raise(new PluginError('guest-trap', { ...parts, where: `${envNamespace}.${importName}` }));
}

function decodeStrict(bytes: Uint8Array): string | null {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return null;
  }
}
