import { describeThrown } from '../../contract/error-wire.js';
import { meterVersion } from '../../contract/abi.js';
import { PluginError } from '../../contract/errors.js';
import type { MeterLevel } from '../../contract/policy.js';
import type { LoadRequest } from '../../contract/protocol.js';
import type { Sha256Hex } from '../../contract/units.js';
import type { ByteCache } from './byte-cache.js';
import { type Hasher, joinChunks } from './integrity.js';

/** What `meter.js` gives; see wasm/metering/meter.ts. */
type MeterModule = (bytes: Uint8Array, level: MeterLevel) => Uint8Array[];

/** Imports the meter when the first module needs it, and keeps it. A failed import may succeed the next time. */
export class MeterChunk {
  #chunk: Promise<MeterModule> | null = null;

  load(url: string): Promise<MeterModule> {
    const chunk = (this.#chunk ??= importChunk(url));
    chunk.catch(() => (this.#chunk = null));
    return chunk;
  }
}

async function importChunk(url: string): Promise<MeterModule> {
  try {
    const chunk = (await import(/* @vite-ignore */ url)) as { rewrite: MeterModule };
    return chunk.rewrite;
  } catch (cause) {
    throw new PluginError('unsupported', {
      message: `Plug-ins cannot be metered here: meter.js did not load (${describeThrown(cause)})`,
      fix: 'Serve meter.js next to the library, under a policy that lets loader.js import it, or set metering: false.',
      cause,
    });
  }
}

/** To meter a module anew takes less than to wait for a database any longer. */
const cacheTimeoutMs = 200;

/** What metering needs of the worker. */
interface MeterContext {
  readonly hasher: Hasher;
  readonly cache: ByteCache;
  readonly meter: MeterChunk;
  readonly behind: (work: Promise<unknown>) => void;
}

/** Takes what the gate let through; gives what is compiled in its place. */
export type Rewrite = (gated: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer>>;

/** Meters the module with that hash, or gives what was kept of doing so before: then `meter.js` is not even loaded. */
export function meterOnce(sha256: Sha256Hex, request: LoadRequest, context: MeterContext): Rewrite | null {
  const { metering } = request.gate;
  if (metering === null) return null;
  return async (gated) => {
    const key = keyOf(sha256, request);
    const kept = readKept(key, request, context);
    const late = new Promise<null>((resolve) => setTimeout(resolve, cacheTimeoutMs, null));
    const inTime = await Promise.race([kept, late]);
    if (inTime !== null) return inTime;
    let rewrite: MeterModule;
    try {
      rewrite = await context.meter.load(request.meterUrl);
    } catch (error) {
      const afterAll = await kept;
      if (afterAll !== null) return afterAll;
      if (request.meteringIsOptional) return gated;
      throw error;
    }
    const metered = joinChunks(rewrite(gated, metering));
    if (request.cache !== 'off') context.behind(keep(key, metered, request, context));
    return metered;
  };
}

/** No URL that anything was ever loaded from has this scheme. What the gate writes depends on its options. */
function keyOf(sha256: Sha256Hex, { gate: { maxPages, maxTableEntries, allowGc, metering } }: LoadRequest): string {
  return `metered:${meterVersion}/${maxPages}/${maxTableEntries}/${allowGc}/${metering}/${sha256}`;
}

/** The cache hashes what it reads: a damaged copy is none. */
async function readKept(
  key: string,
  { cache }: LoadRequest,
  context: MeterContext,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const hash = cache === 'off' ? null : await context.cache.hashOf(key);
  const bytes = hash === null ? null : await context.cache.read(hash);
  return bytes === null ? null : joinChunks([bytes]);
}

async function keep(
  key: string,
  metered: Uint8Array<ArrayBuffer>,
  { cacheMaxBytes }: LoadRequest,
  { hasher, cache }: MeterContext,
): Promise<void> {
  await cache.write(await hasher.sha256([metered]), new Blob([metered]), key, cacheMaxBytes);
}
