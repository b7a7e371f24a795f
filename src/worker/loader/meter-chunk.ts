import { meterModule } from '../../wasm/metering/meter.js';
import type { MeterLevel } from '../../contract/policy.js';

/** The meter, a part of its own (`meter.js`): the loader imports it for modules that are to be metered. */
export function rewrite(bytes: Uint8Array, level: MeterLevel): Uint8Array[] {
  return meterModule(bytes, level);
}
