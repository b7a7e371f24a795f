import type { IndexedImport } from '../../wasm/module-index.js';
import { type GuestLogLevel, guestLogLevels, logLevelNumber } from '../../contract/abi.js';
import type { Policy } from '../../contract/policy.js';
import type { PageImport, Waiter } from '../suspend/waiter.js';
import type { Wasi } from '../wasi/wasi.js';
import { decodeStrict, failImport, give, readBytes, takeBytes, takeText, toText } from './blocks.js';
import { httpRequest, lastHeaders, LastResponse, refusedRequest } from './http.js';
import type { Logs } from './logs.js';
import type { FunctionOwner } from './page-functions.js';
import type { Meter } from './meter.js';

/** The state that the imports of one plug-in instance act on. */
export interface GuestState extends FunctionOwner {
  readonly config: ReadonlyMap<string, string>;
  readonly logs: Logs;
  readonly meter: Meter;
  readonly policy: Policy;
  /** Whether this call set an empty output, which the kernel does not distinguish from no output. Read only if `noOutput` is `null`. */
  readonly emptyOutput: { isSet: boolean };
  /** Null when no module imports it. */
  readonly wasi: Wasi | null;
  /** Calls exports, and creates imports that call exports. Returns promises if the guest can be suspended. */
  readonly edge: Pick<Waiter, 'enter' | 'closure'>;
  /** Creates an import that waits for the page; null if a guest cannot wait here. */
  readonly waiting: ((pageImport: PageImport) => WebAssembly.ImportValue) | null;
  readonly pageFunction: (index: number) => WebAssembly.ImportValue | undefined;
  readonly workerFunction: (wanted: IndexedImport) => WebAssembly.ImportValue | undefined;
}

const encoder = new TextEncoder();

/** Creates the imports of `extism:host/env`: exports of the kernel, and functions in JavaScript. */
export function envImports(state: GuestState): Map<string, WebAssembly.ImportValue> {
  const imports = new Map<string, WebAssembly.ImportValue>(state.kernel.guestImports());
  if (state.policy.semantics.noOutput === 'null') imports.set('output_set', recordingOutput(state));
  for (const group of [configImports(state), varImports(state), logImports(state), httpImports(state)]) {
    for (const [name, value] of Object.entries(group)) imports.set(name, value);
  }
  return imports;
}

type ImportGroup = Readonly<Record<string, WebAssembly.ImportValue>>;

/** Creates an `output_set` that also records an empty output (handle 0, length 0), which the kernel ignores. */
function recordingOutput({ kernel, emptyOutput }: GuestState): WebAssembly.ImportValue {
  return (address: bigint, length: bigint): void => {
    emptyOutput.isSet = address === 0n && length === 0n;
    kernel.exports.output_set(address, length);
  };
}

function configImports(state: GuestState): ImportGroup {
  return {
    config_get: (key: bigint): bigint => {
      state.work.count();
      const value = state.config.get(takeText(state, key, 'config_get', 'config key'));
      return value === undefined ? 0n : give(state, encoder.encode(value), 'config_get');
    },
  };
}

function varImports(state: GuestState): ImportGroup {
  const { vars, policy } = state;
  const { semantics } = policy;
  return {
    var_get: (key: bigint): bigint => {
      state.work.count();
      const value = vars.get(takeText(state, key, 'var_get', 'var key'));
      return value === undefined ? 0n : give(state, value, 'var_get');
    },
    var_set: (key: bigint, value: bigint): void => {
      state.work.count();
      if (vars.maxBytes === 0) failImport(state, 'var_set', { message: 'Vars are disabled by this host' });
      // Both are read before either is freed: they may be the same block.
      const keyBytes = readBytes(state, key, 'var_set', 'var key');
      const bytes = readBytes(state, value, 'var_set', 'var value');
      state.release(key);
      state.release(value);
      const name = toText(state, keyBytes, 'var_set', 'var key');
      if (value === 0n) {
        vars.delete(name);
        return;
      }
      if (vars.set(name, bytes)) return;
      if (semantics.varCost === 'value') reportFullVars(state, name, bytes);
      else {
        failImport(state, 'var_set', {
          message: vars.fullMessage(name, bytes),
          expected: `at most ${vars.maxBytes} bytes in total`,
          fix: 'Raise memory.maxVarBytes or store less.',
        });
      }
    },
  };
}

/** Logs that the vars are full and sets the call's error, as the JS SDK does. The guest continues. */
function reportFullVars({ kernel, vars, logs }: GuestState, key: string, value: Uint8Array): void {
  const message = vars.fullMessage(key, value);
  logs.write('error', message);
  kernel.exports.error_set(kernel.store(encoder.encode(message)));
}

function logImports(state: GuestState): ImportGroup {
  const threshold = logLevelNumber(state.policy.logLevel);
  const imports: Record<string, WebAssembly.ImportValue> = { get_log_level: (): number => threshold };
  guestLogLevels.forEach((level, number) => {
    imports[`log_${level}`] =
      number < threshold ? state.release : (message: bigint): void => log(state, level, message);
  });
  return imports;
}

function log(state: GuestState, level: GuestLogLevel, message: bigint): void {
  state.work.count();
  const bytes = takeBytes(state, message, `log_${level}`, 'log message');
  const text = decodeStrict(bytes);
  if (text === null)
    state.logs.write('error', `The plug-in logged ${bytes.length} bytes at ${level} that are not UTF-8`);
  else state.logs.write(level, text);
}

function httpImports(state: GuestState): ImportGroup {
  const last = new LastResponse();
  return {
    http_request: state.waiting?.(httpRequest(state, last)) ?? refusedRequest(state),
    http_status_code: (): number => last.status,
    http_headers: lastHeaders(state, last),
  };
}
