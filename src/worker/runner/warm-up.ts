import { defaultLimits, referenceSemantics } from '../../contract/policy.js';
import type { CallReply, StartRequest } from '../../contract/protocol.js';
import { type Kernel, moduleOfHex } from '../../kernel/kernel.js';
import { GuestInstance } from './instance.js';

const exported = 'f';

/**
 * A module with one function, which reads a config value and a var, and outputs the first byte of its input:
 *
 *     (drop (call $config_get (call $alloc (i64.const 1))))
 *     (drop (call $var_get (call $alloc (i64.const 1))))
 *     (call $output_set (call $input_offset) (i64.const 1))
 *     (i32.const 0)
 *
 * The module has no memory, because engines limit the number of memories.
 */
const moduleHex =
  '0061736d010000000113046000017e60017e017e60027e7e006000017f028c01050f65787469736d3a686f73742f656e760c' +
  '696e7075745f6f666673657400000f65787469736d3a686f73742f656e7605616c6c6f6300010f65787469736d3a686f7374' +
  '2f656e760a636f6e6669675f67657400010f65787469736d3a686f73742f656e76077661725f67657400010f65787469736d' +
  '3a686f73742f656e760a6f75747075745f736574000203020103070501016600050a1a0118004201100110021a4201100110' +
  '031a10004201100441000b';

/**
 * Runs a minimal plug-in in an idle worker. Engines compile JavaScript when it first runs, and the first plug-in would have to wait for
 * that (Chromium: 5 of 9 ms). It runs in the kernel that the real plug-in will use, and resets it. All of this is one task, so
 * messages that arrive in the meantime are handled afterwards.
 */
export async function warmUp(kernel: Kernel): Promise<CallReply> {
  const quiet = (): void => {};
  const instance = await GuestInstance.start(request(), {
    kernel,
    sendLog: quiet,
    sendFilesEvent: quiet,
    storage: null,
    waiter: null,
    workerFunctions: null,
  });
  const reply = await instance.call(exported, 'input', null, null, null);
  instance.reset();
  return reply;
}

function request(): StartRequest {
  return {
    modules: [{ name: 'main', module: moduleOfHex(moduleHex), report: null }],
    main: 'main',
    config: [],
    vars: [],
    policy: {
      limits: { ...defaultLimits, maxPages: null },
      semantics: referenceSemantics,
      allowGc: false,
      logLevel: 'off',
      afterHostFailure: 'keep',
      metering: null,
    },
    wasi: null,
    host: null,
    hostModuleUrl: null,
    limits: null,
    interrupt: null,
  };
}
