import { isReservedExport } from '../../contract/abi.js';
import { PluginError } from '../../contract/errors.js';
import type { Semantics } from '../../contract/policy.js';
import { showFunctionType } from '../../contract/import-types.js';
import { trapError } from './guest-failure.js';
import type { GuestState } from './imports.js';
import { functionTypeOf } from '../../wasm/module-index.js';
import type { PlannedModule } from './link-plan.js';

const lenientDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The result of a call that succeeded. */
export interface RunEnd {
  readonly output: Uint8Array | null;
  /** Milliseconds that the function ran, without copying input and output. */
  readonly guestMs: number;
}

/**
 * Runs one call as the reference does: resets the kernel, stores the input, calls the export without parameters, then checks the
 * error (error_set) and the return code, and copies the output before anything else can run. Takes ownership of `input`.
 */
export function runExport(
  state: GuestState,
  main: PlannedModule,
  exports: WebAssembly.Exports,
  name: string,
  input: Uint8Array,
): RunEnd | Promise<RunEnd> {
  const { kernel, failure, policy } = state;
  const run = findFunction(main, exports, name, policy.semantics.returnCode);
  failure.clear();
  state.emptyOutput.isSet = false;
  if (!kernel.begin(input)) throw inputTooLarge(input.length, policy.limits.maxPages);
  const startedAt = performance.now();
  const finish = (code: unknown): RunEnd => {
    const guestMs = performance.now() - startedAt;
    state.meter.check();
    // The guest may have caught the exception that unwinds it, and returned normally.
    checkEnd(state, name, failure.exitCode ?? code, input);
    return { output: takeOutput(state, input), guestMs };
  };
  const trapped = (thrown: unknown): RunEnd => {
    // The meter's error takes precedence over an error that the guest has set.
    state.meter.check();
    if (failure.exitCode !== null) return finish(failure.exitCode);
    throw withGuestError(state, failure.of(thrown, `"${name}"`));
  };
  let code: unknown;
  try {
    code = state.edge.enter(run);
  } catch (thrown) {
    return trapped(thrown);
  }
  // The result is a promise only if the guest can be suspended.
  return code instanceof Promise ? code.then(finish, trapped) : finish(code);
}

/** Throws if the plug-in set an error or returned a code other than 0. */
function checkEnd(state: GuestState, name: string, code: unknown, input: Uint8Array): void {
  const { failure, policy } = state;
  if (failure.raised !== null) throw withGuestError(state, failure.raised);
  const said = guestError(state);
  if (said !== null) throw guestErrorOf(said, name, code);
  if (failure.exitCode === null && policy.semantics.returnCode === 'ignore') return;
  if (code === undefined || code === 0) return;
  if (typeof code !== 'number' || !Number.isInteger(code))
    throw trapError(`expected a return value of type i32, found ${typeof code}`, `"${name}"`);
  throw failure.exited(code, `"${name}"`, takeOutput(state, input));
}

function findFunction(
  main: PlannedModule,
  exports: WebAssembly.Exports,
  name: string,
  returnCode: Semantics['returnCode'],
): () => unknown {
  const found = Object.hasOwn(exports, name) && !isReservedExport(name) ? exports[name] : undefined;
  if (typeof found !== 'function') {
    const names = Array.from(main.index.exports.values()).flatMap(({ name, kind }) =>
      kind === 'function' ? name : [],
    );
    throw new PluginError('function-not-found', {
      message: `The plug-in exports no function "${name}"`,
      where: `export "${name}"`,
      expected: `one of: ${names.slice(0, 32).join(', ') || 'no function is exported'}`,
      actual: found === undefined ? 'nothing of that name' : 'an export that is not a function',
      details: { isExported: found !== undefined },
    });
  }
  // If the return code is ignored, as in the JS SDK, any function can be called, without arguments (an i32 parameter is then 0).
  if (returnCode === 'ignore') return found as () => unknown;
  const type = functionTypeOf(main.index.exports.get(name));
  if (found.length !== 0 || (type !== null && !isCallable(type.results))) {
    throw new PluginError('function-type', {
      message: `Export "${name}" cannot be called as a plug-in function`,
      where: `export "${name}"`,
      expected: '() -> () or () -> i32',
      actual: type === null ? `a function with ${found.length} parameters` : showFunctionType(type),
      fix: 'Export a function without parameters that returns nothing or an i32. Input and output go through the PDK.',
    });
  }
  return found as () => unknown;
}

function isCallable(results: readonly string[]): boolean {
  return results.length === 0 || (results.length === 1 && results[0] === 'i32');
}

function inputTooLarge(length: number, maxPages: number | null): PluginError {
  return new PluginError('input-too-large', {
    message: `Input too large: ${length} bytes do not fit in the plug-in's memory`,
    expected:
      maxPages === null
        ? 'what the engine can allocate'
        : `at most ${maxPages} pages of 64 KiB, including the kernel's own data`,
    actual: `${length} bytes`,
    fix: 'Raise memory.maxPages or send less.',
  });
}

/** Returns the message that the plug-in set with error_set; null if there is none or its address is not a block. */
function guestError({ kernel }: GuestState): string | null {
  const bytes = kernel.error();
  return bytes === null ? null : lenientDecoder.decode(bytes);
}

function guestErrorOf(said: string, name: string, code: unknown): PluginError {
  return new PluginError('guest-error', {
    message: said,
    where: `"${name}"`,
    details: { exitCode: typeof code === 'number' ? code : 0 },
  });
}

/** Returns the error for a trap. The message that the plug-in set before it explains more, so the trap is appended to that. */
function withGuestError(state: GuestState, trap: PluginError): PluginError {
  const said = guestError(state);
  // A host function that set an error and threw is reported with that text already.
  if (said === null || said === trap.message || trap.code === 'host-limit') return trap;
  return new PluginError('guest-error', {
    message: `${said} (${trap.message})`,
    where: trap.where,
    details: { ...trap.details, trapped: true },
    cause: trap,
  });
}

/** Copies the output out of the kernel's memory, into the input's buffer if it has exactly that size. */
function takeOutput(state: GuestState, input: Uint8Array): Uint8Array | null {
  const { kernel, policy } = state;
  const output = kernel.output() ?? state.wasi?.printed ?? null;
  if (output === null)
    return policy.semantics.noOutput === 'null' && !state.emptyOutput.isSet ? null : new Uint8Array(0);
  const { maxOutputBytes } = policy.limits;
  if (output.length > maxOutputBytes) {
    throw new PluginError('output-too-large', {
      message: `Output too large: expected at most ${maxOutputBytes} bytes, found ${output.length}`,
      expected: `at most ${maxOutputBytes} bytes`,
      actual: `${output.length} bytes`,
      fix: 'Raise maxOutputBytes.',
    });
  }
  // Filters often return as many bytes as they received. Allocating a megabyte takes several times as long as
  // copying it (Chromium: 0.6 ms against 0.1).
  if (output.length !== input.length || output.length !== input.buffer.byteLength) return output.slice();
  input.set(output);
  return input;
}
