import { envNamespace } from '../../contract/abi.js';
import { type ErrorParts, PluginError } from '../../contract/errors.js';
import type { Kernel } from '../../kernel/kernel.js';
import type { GuestFailure } from './guest-failure.js';
import type { HostWork } from './host-work.js';

/** The parts of a plug-in instance that the functions below use. */
export interface BlockOwner {
  readonly kernel: Kernel;
  readonly failure: GuestFailure;
  readonly work: HostWork;
  /** Frees a block that an import of the runtime took ownership of. Does nothing in the drop-in, where blocks last until the call ends. */
  readonly release: (handle: bigint) => void;
}

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads text and frees its block, because an import takes ownership of the handles it receives. */
export function takeText(owner: BlockOwner, handle: bigint, importName: string, what: string): string {
  return toText(owner, takeBytes(owner, handle, importName, what), importName, what);
}

/** Copies a block's bytes and frees it. */
export function takeBytes(
  owner: BlockOwner,
  handle: bigint,
  importName: string,
  what: string,
): Uint8Array<ArrayBuffer> {
  const bytes = readBytes(owner, handle, importName, what);
  owner.release(handle);
  return bytes;
}

/** Returns a copy of the block's bytes; no bytes for handle 0. Fails the call if `handle` is not the handle of an active block. */
export function readBytes(
  owner: BlockOwner,
  handle: bigint,
  importName: string,
  what: string,
): Uint8Array<ArrayBuffer> {
  const bytes = owner.kernel.read(handle) ?? badHandle(owner, handle, importName, what);
  owner.work.charge(bytes.length);
  return bytes;
}

export function toText(owner: BlockOwner, bytes: Uint8Array, importName: string, what: string): string {
  return (
    decodeStrict(bytes) ??
    failImport(owner, importName, { message: `The ${what} is not UTF-8`, actual: `${bytes.length} bytes` })
  );
}

/** Copies `bytes` into a new block, which the guest then owns. Returns its handle, or 0 for no bytes. */
export function give(owner: BlockOwner, bytes: Uint8Array, importName: string): bigint {
  if (bytes.length === 0) return 0n;
  owner.work.charge(bytes.length);
  const handle = owner.kernel.store(bytes);
  if (handle === 0n) {
    failImport(owner, importName, {
      message: `${importName}: no room for ${bytes.length} bytes in the plug-in's memory`,
      fix: 'Raise memory.maxPages.',
    });
  }
  return handle;
}

function badHandle(owner: BlockOwner, handle: bigint, importName: string, what: string): never {
  return failImport(owner, importName, {
    message: `invalid handle offset for ${what}: ${BigInt.asUintN(64, handle)}`,
    expected: 'the address of an active block',
  });
}

/** Fails the call with a `guest-trap` error in the import `importName`. */
export function failImport(owner: BlockOwner, importName: string, parts: ErrorParts): never {
  return owner.failure.raise(new PluginError('guest-trap', { where: `${envNamespace}.${importName}`, ...parts }));
}

/** Returns null for bytes that are not UTF-8. */
export function decodeStrict(bytes: Uint8Array): string | null {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return null;
  }
}
