import { PluginError } from '../../contract/errors.js';
import { maxLinkChars, maxVersionChars } from '../../manifest/caps.js';
import { jsonFault } from '../../manifest/json-limits.js';
import { type AddressRules, originOf, pageRules } from './addresses.js';
import { fetchSource, type ReadSource, toUrl } from './read-source.js';
import type { PluginRecord } from '../storage/record.js';
import { isNewer } from './versions.js';

/** A newer version of an installed plug-in. */
export interface AvailableUpdate {
  readonly id: string;
  readonly version: string;
  readonly url: string;
  /** The sha256 of the bytes at `url`. Other bytes are refused. */
  readonly sha256: string;
}

export interface UpdateCheck {
  readonly available: readonly AvailableUpdate[];
  /** Plug-ins whose update addresses could not be read. */
  readonly failed: readonly { readonly id: string; readonly error: unknown }[];
}

const maxDocumentBytes = 65_536;
/** A server that sends nothing, or a byte now and then, must not hold up the results of the others. */
const timeoutMs = 10_000;
const documentLimits = { maxChars: maxDocumentBytes, maxDepth: 8, maxValues: 1_000 };

export interface UpdateOptions {
  readonly signal: AbortSignal | null;
  /** Patterns of the hosts that may be requested. */
  readonly installHosts: readonly string[];
}

interface Reading {
  readonly signal: AbortSignal | null;
  readonly rules: AddressRules;
}

/** Looks for updates at every plug-in's update address, in parallel. */
export async function checkForUpdates(records: readonly PluginRecord[], options: UpdateOptions): Promise<UpdateCheck> {
  const reading = { signal: options.signal, rules: pageRules(options.installHosts) };
  const available: AvailableUpdate[] = [];
  const failed: { id: string; error: unknown }[] = [];
  await Promise.all(
    records.map(async ({ id, current }) => {
      const { updateUrl, source } = current;
      if (updateUrl === null) return;
      try {
        const found = await readUpdate({ id, address: updateUrl, trusted: originOf(source) }, reading);
        if (isNewer(found.version, current.version)) available.push(found);
      } catch (error) {
        failed.push({ id, error });
      }
    }),
  );
  return { available, failed };
}

/** Returns the update of one plug-in. @throws PluginError `no-update`, and as reading its address does */
export async function newestUpdate(record: PluginRecord, options: UpdateOptions): Promise<AvailableUpdate> {
  const { available, failed } = await checkForUpdates([record], options);
  const [found] = available;
  if (found !== undefined) return found;
  if (failed[0] !== undefined) throw failed[0].error;
  throw new PluginError('no-update', {
    message: `No update of ${record.current.name} is available: ${record.current.updateUrl === null ? 'it has no update address' : `${record.current.updateUrl} lists no newer version`}`,
    where: record.id,
  });
}

interface UpdateAddress {
  readonly id: string;
  readonly address: string;
  /** The origin that the plug-in was installed from, if any. */
  readonly trusted: string | null;
}

async function readUpdate({ id, address, trusted }: UpdateAddress, reading: Reading): Promise<AvailableUpdate> {
  checkSecure(address, reading.rules);
  const read = await readDocument(address, trusted, reading);
  const document = parseJson(new TextDecoder().decode(read.bytes), address);
  if (
    typeof document === 'object' &&
    document !== null &&
    'version' in document &&
    'url' in document &&
    'sha256' in document
  ) {
    const { version, url, sha256 } = document;
    const isHash = typeof sha256 === 'string' && /^[0-9a-f]{64}$/i.test(sha256);
    if (typeof version === 'string' && typeof url === 'string' && isHash) {
      if (version.length > maxVersionChars) throw tooLong(address, 'version', maxVersionChars, version.length);
      if (url.length > maxLinkChars) throw tooLong(address, 'url', maxLinkChars, url.length);
      const found = toUrl(url, read.baseUrl);
      checkSecure(found, reading.rules);
      return { id, version, url: found, sha256: sha256.toLowerCase() };
    }
  }
  throw notUpdate(address);
}

/**
 * Checks that nobody on the way can change what an update address leads to.
 * @throws PluginError `host-not-allowed`
 */
function checkSecure(address: string, { ownOrigin }: AddressRules): void {
  const { protocol, origin, hostname, host } = new URL(address);
  if (protocol === 'https:' || origin === ownOrigin) return;
  if (protocol === 'http:' && /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(hostname)) return;
  throw new PluginError('host-not-allowed', {
    message: `${address} is not used for updates: it is not an https address`,
    where: address,
    expected: 'an https address, or one of this page or this device',
    actual: `${protocol}//${host}`,
    fix: 'Publish updates at an https address.',
  });
}

async function readDocument(address: string, trusted: string | null, { rules, signal }: Reading): Promise<ReadSource> {
  const limit = AbortSignal.timeout(timeoutMs);
  const either = signal === null ? limit : AbortSignal.any([signal, limit]);
  try {
    return await fetchSource(address, trusted, {
      rules,
      signal: either,
      maxBytes: maxDocumentBytes,
      onProgress: () => {},
    });
  } catch (cause) {
    if (!limit.aborted || signal?.aborted === true) throw cause;
    throw new PluginError('fetch-failed', {
      message: `${address} took longer than ${timeoutMs / 1_000} s to respond`,
      where: address,
      cause,
    });
  }
}

function parseJson(text: string, address: string): unknown {
  const fault = jsonFault(text, documentLimits);
  if (fault !== null) throw notUpdate(address, fault);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw notUpdate(address, null, cause);
  }
}

function notUpdate(address: string, fault: string | null = null, cause?: unknown): PluginError {
  return new PluginError('no-update', {
    message: `${address} is not an update document${fault === null ? '' : `: ${fault}`}`,
    where: address,
    expected: 'JSON with version, url and sha256',
    cause,
  });
}

function tooLong(address: string, field: string, limit: number, length: number): PluginError {
  return notUpdate(address, `${field}: expected at most ${limit} characters, found ${length}`);
}
