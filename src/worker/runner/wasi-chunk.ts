import { type GuestLogLevel, logLevelNumber } from '../../contract/abi.js';
import { describeThrown } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';
import type { Policy } from '../../contract/policy.js';
import type { QuotaReport, WasiSetup } from '../../contract/wasi.js';
import type { Wasi, WasiHost } from '../wasi/wasi.js';
import type { GuestFailure } from './guest-failure.js';
import type { HostWork } from './host-work.js';
import type { Logs } from './logs.js';

/** The parts of the worker that WASI uses. */
export interface WasiContext {
  readonly policy: Policy;
  readonly failure: GuestFailure;
  readonly logs: Logs;
  readonly work: HostWork;
  readonly sendQuota: (report: QuotaReport) => void;
  /** The storage of the origin; null where there is none. */
  readonly storage: StorageManager | null;
}

interface WasiChunk {
  readonly createWasi: (host: WasiHost) => Promise<Wasi>;
}

/**
 * Imports `wasi.js` and creates the plug-in's WASI. Called before any guest code runs.
 * @throws PluginError `unsupported` if the chunk does not load; `files-failed` if a directory cannot be opened
 */
export async function startWasi(setup: WasiSetup, context: WasiContext): Promise<Wasi> {
  const { policy, failure, logs, work, sendQuota, storage } = context;
  const { createWasi } = await importChunk(setup.url);
  const threshold = logLevelNumber(policy.logLevel);
  return createWasi({
    setup,
    logLevelAdmits: (level: GuestLogLevel) => logLevelNumber(level) >= threshold,
    writeLine: (level, line, stream) => logs.write(level, line, stream),
    reportQuota: sendQuota,
    exit: (code) => failure.exit(code),
    work,
    storage,
  });
}

async function importChunk(url: string): Promise<WasiChunk> {
  try {
    return (await import(/* @vite-ignore */ url)) as WasiChunk;
  } catch (cause) {
    throw new PluginError('unsupported', {
      message: `WASI is not available: wasi.js could not be loaded: ${describeThrown(cause)}`,
      where: url,
      fix: "Serve wasi.js next to the library, under a Content-Security-Policy of worker.js that allows it (script-src 'self').",
      cause,
    });
  }
}
