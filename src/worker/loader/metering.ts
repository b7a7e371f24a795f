import { assetFailed } from '../../contract/asset-failed.js';
import { isPluginError } from '../../contract/errors.js';
import { meterVersion } from '../../contract/abi.js';
import type { MeterLevel } from '../../contract/policy.js';
import type { LoadRequest } from '../../contract/protocol.js';
import type { Sha256Hex } from '../../contract/units.js';
import { importAsset } from '../import-asset.js';
import type { ByteCache } from './byte-cache.js';
import { type Hasher, joinChunks } from './integrity.js';

/** The export of `meter.js`; see src/wasm/metering/meter.ts. */
type MeterModule = (bytes: Uint8Array, level: MeterLevel) => Uint8Array[];

/** Imports the meter when the first module needs it. A failed import is tried again the next time. */
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
    return (await importAsset<{ rewrite: MeterModule }>(url)).rewrite;
  } catch (error) {
    const cause = isPluginError(error) ? error.cause : error;
    throw assetFailed(url, cause, 'Allow meter.js in script-src, or set metering: false.');
  }
}

/** Metering a module again takes less time than waiting longer for the database. */
const cacheTimeoutMs = 200;

/** What metering needs of the worker. */
interface MeterContext {
  readonly hasher: Hasher;
  readonly cache: ByteCache;
  readonly meter: MeterChunk;
  readonly behind: (work: Promise<unknown>) => void;
}

/** Takes the bytes that the gate returned; returns the bytes to compile instead. */
export type Rewrite = (gated: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer>>;

/** Returns a function that meters the module, or reads the result of an earlier time from the cache; then `meter.js` is not loaded. */
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

/** No source URL has this scheme. The key holds the gate's options because its output depends on them. */
function keyOf(sha256: Sha256Hex, { gate: { maxPages, maxTableEntries, allowGc, metering } }: LoadRequest): string {
  return `metered:${meterVersion}/${maxPages}/${maxTableEntries}/${allowGc}/${metering}/${sha256}`;
}

/** The cache hashes what it reads, so that a damaged copy is a miss. */
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
