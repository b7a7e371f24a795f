import { isPluginError, PluginError } from '../../contract/errors.js';
import type { LoadedModule, LoadReply, LoadRequest, LoadTimings } from '../../contract/protocol.js';
import type { Sha256Hex } from '../../contract/units.js';
import type { ByteCache } from './byte-cache.js';
import { type Compiled, compileBytes, type CompileObserver, compileStream, readAll } from './compile.js';
import type { Hasher } from './integrity.js';
import { meterOnce, type MeterChunk } from './metering.js';
import { dropSource, type OpenSource, openSource, type SourceAccess } from './source.js';

/** What a load uses of its worker. */
export interface LoadContext {
  readonly access: SourceAccess;
  readonly hasher: Hasher;
  readonly cache: ByteCache;
  readonly meter: MeterChunk;
  /** Progress of `loadId`. */
  readonly progress: (loadId: number, phase: 'reading' | 'compiling', bytes: number, totalBytes: number | null) => void;
  /** Registers work that continues after the reply. */
  readonly behind: (work: Promise<unknown>) => void;
}

/** Minimum time between two progress events. */
const progressEveryMs = 50;
/** Without network the cache is the only source left. */
const offlineTimeoutMs = 10_000;

/**
 * Loads one source: read, gate, compile, hash, compare, cache. With a hash the cache is asked first, and the network on a miss.
 * Without one the network is asked first, and the cache if it fails.
 */
export async function load(request: LoadRequest, context: LoadContext): Promise<LoadReply> {
  const key = await cacheKey(request, context);
  const cached = key === null ? null : await readCached(key, request, context);
  if (cached !== null) return fromMemory(cached, { key, from: 'cache', request, context });
  const from = request.source.kind === 'url' ? 'network' : 'memory';
  try {
    return await fromSource({ key, from, request, context });
  } catch (failure) {
    const kept = key === null ? null : await readWhenOffline(failure, key, request, context);
    if (kept === null) throw failure;
    return fromMemory(kept, { key, from: 'cache', request, context });
  }
}

/** A load in progress, and where its bytes come from. */
interface Loading {
  /** The key of the source in the cache. */
  readonly key: string | null;
  readonly from: LoadedModule['from'];
  readonly request: LoadRequest;
  readonly context: LoadContext;
}

/** The result for one module, with timings. */
interface Outcome {
  readonly compiled: Compiled | null;
  readonly bytes: readonly Uint8Array[];
  readonly sha256: Sha256Hex;
  readonly timings: LoadTimings;
}

async function fromSource(loading: Loading): Promise<LoadReply> {
  const { request, context } = loading;
  const startedAt = performance.now();
  const source = await openSource(request.source, request.label, context.access);
  const { head, kind } = await sniff(source, request);
  if (source.inMemory && head.length > 0) return fromMemory(head, loading);
  const observer = observeProgress(source.totalBytes, request, context);
  // Metering needs the whole module.
  if (kind === 'manifest' || request.gate.metering !== null || (await isLikelyKnown(loading))) {
    return fromMemory(await readAll(head, source, request, observer), loading, startedAt);
  }
  const compiled = await compileStream(head, source, request.gate, request.label, observer);
  const compiledAt = performance.now();
  return finish(
    {
      compiled,
      bytes: compiled.original,
      sha256: await context.hasher.sha256(compiled.original),
      timings: { readMs: compiled.readAt - startedAt, compileMs: compiledAt - compiled.readAt },
    },
    loading,
  );
}

/** Loads bytes in memory. They are hashed first, because the page may already hold their module. */
async function fromMemory(
  bytes: Uint8Array,
  loading: Loading,
  startedAt: number = performance.now(),
): Promise<LoadReply> {
  const { request, context } = loading;
  const sha256 = await context.hasher.sha256([bytes]);
  compareHash(sha256, request);
  if (request.isText || kindOf(bytes) === 'manifest') {
    if (loading.from === 'network') keep(sha256, [bytes], loading);
    return { kind: 'manifest', bytes: bytes as Uint8Array<ArrayBuffer> };
  }
  const readAt = performance.now();
  context.progress(request.loadId, 'compiling', bytes.length, bytes.length);
  const known = request.known.includes(sha256);
  const rewrite = meterOnce(sha256, request, context);
  const compiled = known ? null : await compileBytes(bytes, request.gate, request.label, rewrite);
  const timings = { readMs: readAt - startedAt, compileMs: performance.now() - readAt };
  return finish({ compiled, bytes: [bytes], sha256, timings }, loading);
}

/** Compares the hash, caches the bytes and returns the reply. */
function finish({ compiled, bytes, sha256, timings }: Outcome, loading: Loading): LoadedModule {
  compareHash(sha256, loading.request);
  if (loading.from !== 'cache') keep(sha256, bytes, loading);
  const { module = null, report = null } = compiled ?? {};
  const original = loading.request.keepsOriginal ? blobOf(bytes) : null;
  return { kind: 'module', module, report, sha256, from: loading.from, timings, original };
}

/** Caches bytes after the reply. */
function keep(sha256: Sha256Hex, bytes: readonly Uint8Array[], { key, request, context }: Loading): void {
  if (request.cache === 'off') return;
  // A Blob copies the bytes, so that they cannot change before they are written.
  context.behind(context.cache.write(sha256, blobOf(bytes), key, request.cacheMaxBytes));
}

function blobOf(bytes: readonly Uint8Array[]): Blob {
  return new Blob(bytes as Uint8Array<ArrayBuffer>[]);
}

function compareHash(actual: Sha256Hex, request: LoadRequest): void {
  if (request.hash === null || request.hash === actual) return;
  throw new PluginError('hash-mismatch', {
    message: `Hash mismatch: the sha256 of ${request.label} differs from the expected one`,
    where: request.label,
    expected: request.hash,
    actual,
    fix: 'Check that this is the intended file, and update the hash if the file was changed on purpose.',
  });
}

async function readCached(key: string, request: LoadRequest, context: LoadContext): Promise<Uint8Array | null> {
  if (request.hash === null && request.cache !== 'prefer') return null;
  const hash = request.hash ?? (await context.cache.hashOf(key));
  const bytes = hash === null ? null : await context.cache.read(hash);
  if (bytes === null) return null;
  if (request.hash === null) context.behind(refresh(key, request, context));
  else dropSource(request.source);
  return bytes;
}

/** Fetches again after a load that was served from the cache, for the next load. Failures are ignored. */
async function refresh(key: string, request: LoadRequest, context: LoadContext): Promise<void> {
  const source = await openSource(request.source, request.label, context.access);
  const { head } = await sniff(source, request);
  const bytes = await readAll(head, source, request, null);
  const hash = await context.hasher.sha256([bytes]);
  await context.cache.write(hash, blobOf([bytes]), key, request.cacheMaxBytes);
}

async function readWhenOffline(
  failure: unknown,
  key: string,
  request: LoadRequest,
  context: LoadContext,
): Promise<Uint8Array | null> {
  // With a hash the cache was asked before the network.
  if (!isPluginError(failure, 'fetch-failed') || request.hash !== null) return null;
  const hash = await context.cache.hashOf(key);
  return hash === null ? null : context.cache.read(hash, offlineTimeoutMs);
}

async function isLikelyKnown({ key, request, context }: Loading): Promise<boolean> {
  if (request.known.length === 0 || key === null) return false;
  const hash = await context.cache.hashOf(key);
  return hash !== null && request.known.includes(hash);
}

/**
 * Returns the cache key of a request; null if it has no URL. Headers may hold secrets, so only their hash is part of it. At the page's
 * own origin, a response without cookies is another one than with them; other origins get none either way.
 */
async function cacheKey({ source, cache }: LoadRequest, { hasher }: LoadContext): Promise<string | null> {
  if (source.kind !== 'url' || cache === 'off') return null;
  const { url, method, headers, credentials } = source;
  if (credentials === 'omit' && new URL(url).origin === origin) return `${url} omit`;
  if (method === 'GET' && headers.length === 0) return url;
  const hash = await hasher.sha256([new TextEncoder().encode(JSON.stringify([method, headers]))]);
  return `${url} ${hash}`;
}

/** Reads until the first bytes show what this is, whatever its name or content type. */
async function sniff(
  source: OpenSource,
  { label, isText }: LoadRequest,
): Promise<{ head: Uint8Array; kind: 'module' | 'manifest' }> {
  let head: Uint8Array = new Uint8Array(0);
  for (;;) {
    const kind = isText ? 'manifest' : kindOf(head);
    if (kind === 'module' || kind === 'manifest') return { head, kind };
    const chunk = kind === 'other' ? null : await source.next();
    if (chunk === null) {
      source.cancel();
      throw notAPlugin(head, label);
    }
    head = head.length === 0 ? chunk : concat(head, chunk);
  }
}

const wasmMagic = [0x00, 0x61, 0x73, 0x6d];
const utf8Bom = [0xef, 0xbb, 0xbf];
const openBrace = 0x7b;

function kindOf(head: Uint8Array): 'module' | 'manifest' | 'other' | 'unknown' {
  if (wasmMagic.every((byte, index) => index >= head.length || head[index] === byte)) {
    return head.length >= wasmMagic.length ? 'module' : 'unknown';
  }
  const start = utf8Bom.every((byte, index) => head[index] === byte) ? utf8Bom.length : 0;
  const first = head.subarray(start).find((byte) => !isJsonSpace(byte));
  if (first === undefined) return head.length > 4_096 ? 'other' : 'unknown';
  return first === openBrace ? 'manifest' : 'other';
}

function isJsonSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

function notAPlugin(head: Uint8Array, label: string): PluginError {
  const start = Array.from(head.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return new PluginError('not-a-plugin', {
    message: `${label} is neither a WebAssembly module nor a manifest`,
    where: label,
    expected: 'bytes that start with 00 61 73 6d (a module) or { (a manifest)',
    actual: head.length === 0 ? 'no bytes' : start,
    fix: 'Check that the URL or file is the plug-in itself.',
  });
}

function concat(left: Uint8Array, right: Uint8Array): Uint8Array {
  const both = new Uint8Array(left.length + right.length);
  both.set(left);
  both.set(right, left.length);
  return both;
}

function observeProgress(totalBytes: number | null, request: LoadRequest, context: LoadContext): CompileObserver {
  let bytes = 0;
  let reportedAt = -Infinity;
  return {
    onRead(more) {
      bytes += more;
      const now = performance.now();
      if (now - reportedAt < progressEveryMs) return;
      reportedAt = now;
      context.progress(request.loadId, 'reading', bytes, totalBytes);
    },
    onAllRead() {
      context.progress(request.loadId, 'compiling', bytes, totalBytes);
    },
  };
}
