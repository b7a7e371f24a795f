import { describeThrown } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';
import type { MeterLevel } from '../../contract/policy.js';

/** What `meter.js` gives; see binary/meter.ts. */
export type MeterModule = (bytes: Uint8Array, level: MeterLevel) => Uint8Array[];

/** Imports the meter when the first module needs it, and keeps it. A failed import may succeed the next time. */
export class MeterPart {
  #part: Promise<MeterModule> | null = null;

  load(url: string): Promise<MeterModule> {
    const part = (this.#part ??= importPart(url));
    part.catch(() => (this.#part = null));
    return part;
  }
}

async function importPart(url: string): Promise<MeterModule> {
  try {
    const part = (await import(/* @vite-ignore */ url)) as { rewrite: MeterModule };
    return part.rewrite;
  } catch (cause) {
    throw new PluginError('unsupported', {
      message: `Plug-ins cannot be metered here: meter.js did not load (${describeThrown(cause)})`,
      fix: 'Serve meter.js next to the library, under a policy that lets loader.js import it, or set metering: false.',
      cause,
    });
  }
}
