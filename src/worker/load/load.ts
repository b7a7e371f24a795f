import { isPluginError, PluginError } from '../../contract/errors.js';
import type { LoadedModule, LoadReply, LoadRequest, LoadTimings } from '../../contract/protocol.js';
import type { Sha256Hex } from '../../contract/units.js';
import type { ByteCache } from './byte-cache.js';
import { type Compiled, compileBytes, type CompileObserver, compileStream, readAll } from './compile.js';
import type { Hasher } from './integrity.js';
import { type OpenSource, openSource, type SourceAccess } from './source.js';

/** What a loading worker has. */
export interface LoadContext {
  readonly access: SourceAccess;
  readonly hasher: Hasher;
  readonly cache: ByteCache;
  /** Progress of `loadId`. */
  readonly progress: (loadId: number, phase: 'reading' | 'compiling', bytes: number, totalBytes: number | null) => void;
  /** Work that goes on behind the reply. */
  readonly behind: (work: Promise<unknown>) => void;
}

/** Progress is told no more often than this. */
const progressEveryMs = 50;

/**
 * One source to one checked module: read, gate, compile, hash, compare, keep. With a hash the cache comes first and the
 * network only if it has nothing; without one the network comes first, and the cached copy when it fails.
 */
export async function load(request: LoadRequest, context: LoadContext): Promise<LoadReply> {
  const cached = await readCached(request, context);
  if (cached !== null) return finish(await fromMemory(cached, request, context), 'cache', request, context);
  const startedAt = performance.now();
  const source = await openSource(request.source, request.label, context.access).catch(async (failure: unknown) => {
    const kept = await readWhenOffline(failure, request, context);
    if (kept === null) throw failure;
    return kept;
  });
  if (source instanceof Uint8Array)
    return finish(await fromMemory(source, request, context), 'cache', request, context);
  return fromSource(source, startedAt, request, context);
}

/** What one module came to, with the times it took. */
interface Outcome {
  readonly compiled: Compiled | null;
  readonly bytes: readonly Uint8Array[];
  readonly sha256: Sha256Hex;
  readonly timings: LoadTimings;
}

async function fromSource(
  source: OpenSource,
  startedAt: number,
  request: LoadRequest,
  context: LoadContext,
): Promise<LoadReply> {
  const { head, kind } = await sniff(source, request.label);
  if (kind === 'manifest') {
    const bytes = await readAll(head, source, request.gate.maxModuleBytes, request.label);
    if (request.hash !== null) compareHash(await context.hasher.sha256([bytes]), request);
    return { kind: 'manifest', text: new TextDecoder().decode(bytes) };
  }
  const from = request.source.kind === 'url' ? 'network' : 'memory';
  if (source.inMemory) return finish(await fromMemory(head, request, context), from, request, context);
  if (await isLikelyKnown(request, context)) {
    const bytes = await readAll(head, source, request.gate.maxModuleBytes, request.label);
    return finish(await fromMemory(bytes, request, context), from, request, context);
  }
  const observer = observeProgress(source.totalBytes, request, context);
  const compiled = await compileStream(head, source, request.gate, request.label, observer);
  const compiledAt = performance.now();
  return finish(
    {
      compiled,
      bytes: compiled.original,
      sha256: await context.hasher.sha256(compiled.original),
      timings: { readMs: compiled.readAt - startedAt, compileMs: compiledAt - compiled.readAt },
    },
    from,
    request,
    context,
  );
}

/** Bytes in memory are hashed first: the page may hold their module already. */
async function fromMemory(bytes: Uint8Array, request: LoadRequest, context: LoadContext): Promise<Outcome> {
  const startedAt = performance.now();
  const hash = await context.hasher.sha256([bytes]);
  compareHash(hash, request);
  const hashedAt = performance.now();
  context.progress(request.loadId, 'compiling', bytes.length, bytes.length);
  const known = request.known.includes(hash);
  const compiled = known ? null : await compileBytes(bytes, request.gate, request.label);
  return {
    compiled,
    bytes: [bytes],
    sha256: hash,
    timings: { readMs: hashedAt - startedAt, compileMs: performance.now() - hashedAt },
  };
}

/** The hash decides whether the module leaves this worker; then the bytes are kept for the next time. */
async function finish(
  outcome: Outcome,
  from: LoadedModule['from'],
  request: LoadRequest,
  context: LoadContext,
): Promise<LoadedModule> {
  compareHash(outcome.sha256, request);
  if (from !== 'cache' && request.cache !== 'off') {
    // Blobs copy: what is kept can not change under the cache's feet.
    const blob = new Blob(outcome.bytes as Uint8Array<ArrayBuffer>[]);
    context.behind(context.cache.write(outcome.sha256, blob, urlKey(request), request.cacheMaxBytes));
  }
  return {
    kind: 'module',
    module: outcome.compiled?.module ?? null,
    report: outcome.compiled?.report ?? null,
    sha256: outcome.sha256,
    from,
    timings: outcome.timings,
  };
}

function compareHash(actual: Sha256Hex, request: LoadRequest): void {
  if (request.hash === null || request.hash === actual) return;
  throw new PluginError('hash-mismatch', {
    message: `hash mismatch: ${request.label} does not have the sha256 it should have`,
    where: request.label,
    expected: request.hash,
    actual,
    fix: 'The file changed since the hash was written, or it is not the file that was meant.',
  });
}

async function readCached(request: LoadRequest, context: LoadContext): Promise<Uint8Array | null> {
  const url = urlKey(request);
  if (request.cache === 'off' || url === null) return null;
  if (request.hash !== null) return context.cache.read(request.hash);
  if (request.cache !== 'prefer') return null;
  const hash = await context.cache.hashOf(url);
  const bytes = hash === null ? null : await context.cache.read(hash);
  if (bytes !== null) context.behind(refresh(url, request, context));
  return bytes;
}

/** Fetches again behind a load that was answered from the cache, for the next time. Failing is fine. */
async function refresh(url: string, request: LoadRequest, context: LoadContext): Promise<void> {
  const source = await openSource(request.source, request.label, context.access);
  const { head, kind } = await sniff(source, request.label);
  if (kind === 'manifest') return source.cancel();
  const bytes = await readAll(head, source, request.gate.maxModuleBytes, request.label);
  const hash = await context.hasher.sha256([bytes]);
  await context.cache.write(hash, new Blob([bytes as Uint8Array<ArrayBuffer>]), url, request.cacheMaxBytes);
}

async function readWhenOffline(
  failure: unknown,
  request: LoadRequest,
  context: LoadContext,
): Promise<Uint8Array | null> {
  const url = urlKey(request);
  if (!isPluginError(failure, 'fetch-failed') || request.cache === 'off' || url === null) return null;
  const hash = request.hash ?? (await context.cache.hashOf(url));
  return hash === null ? null : context.cache.read(hash);
}

async function isLikelyKnown(request: LoadRequest, context: LoadContext): Promise<boolean> {
  const url = urlKey(request);
  if (request.known.length === 0 || request.cache === 'off' || url === null) return false;
  const hash = await context.cache.hashOf(url);
  return hash !== null && request.known.includes(hash);
}

/** What the cache knows a request by; null for what has no address. */
function urlKey(request: LoadRequest): string | null {
  const { source } = request;
  if (source.kind !== 'url') return null;
  const plain = source.method === 'GET' && source.headers.length === 0;
  return plain ? source.url : JSON.stringify([source.method, source.url, source.headers]);
}

/** Reads until the first bytes say what this is, whatever its name or content type. */
async function sniff(source: OpenSource, label: string): Promise<{ head: Uint8Array; kind: 'module' | 'manifest' }> {
  let head: Uint8Array = new Uint8Array(0);
  for (;;) {
    const kind = kindOf(head);
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
    actual: head.length === 0 ? 'nothing: it is empty' : start,
    fix: 'Check that the address or file is the plug-in itself, not a page about it.',
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
  let toldAt = 0;
  return {
    onRead(more) {
      bytes += more;
      const now = performance.now();
      if (now - toldAt < progressEveryMs) return;
      toldAt = now;
      context.progress(request.loadId, 'reading', bytes, totalBytes);
    },
    onAllRead() {
      context.progress(request.loadId, 'compiling', bytes, totalBytes);
    },
  };
}
