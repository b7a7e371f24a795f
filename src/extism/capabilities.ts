import type { Capabilities } from './types.js';

/** The SDK's capability flags. Plug-ins run in workers on every page, isolated or not. */
export const CAPABILITIES: Capabilities = /* @__PURE__ */ Object.freeze({
  /** Whether host functions may be async without `runInWorker`. */
  supportsJSPromiseInterface: true,
  allowSharedBufferCodec: false,
  manifestSupportsPaths: false,
  crossOriginChecksEnforced: true,
  fsAccess: false,
  hasWorkerCapability: true,
  supportsWasiPreview1: true,
  supportsTimeouts: true,
  extismStdoutEnvVarSet: false,
});
