import { meterModule } from '../../wasm/metering/meter.js';
import type { MeterLevel } from '../../contract/policy.js';

/** Rewrites a module. The meter is a lazy chunk (`meter.js`), which the loader imports for modules that are to be metered. */
export function rewrite(bytes: Uint8Array, level: MeterLevel): Uint8Array[] {
  return meterModule(bytes, level);
}
