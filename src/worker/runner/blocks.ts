import { envNamespace } from '../../contract/abi.js';
import { type ErrorParts, PluginError } from '../../contract/errors.js';
import type { Kernel } from '../../kernel/kernel.js';
import type { GuestFailure } from './guest-failure.js';

/** What reading and allocating blocks needs of a plug-in instance. */
export interface BlockOwner {
  readonly kernel: Kernel;
  readonly failure: GuestFailure;
  /** Frees a block that an import of the runtime has taken; in the drop-in it lives on until the call ends. */
  readonly release: (handle: bigint) => void;
}

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads text and frees its block: imports that take a handle own it. */
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

/** Returns a copy of the block's bytes. Handle 0 is the empty string. */
export function readBytes(
  owner: BlockOwner,
  handle: bigint,
  importName: string,
  what: string,
): Uint8Array<ArrayBuffer> {
  return owner.kernel.read(handle) ?? badHandle(owner, handle, importName, what);
}

export function toText(owner: BlockOwner, bytes: Uint8Array, importName: string, what: string): string {
  return (
    decodeStrict(bytes) ??
    failImport(owner, importName, { message: `The ${what} is not UTF-8`, actual: `${bytes.length} bytes` })
  );
}

/** Copies a value into a new block for the guest. */
export function give(owner: BlockOwner, bytes: Uint8Array, importName: string): bigint {
  if (bytes.length === 0) return 0n;
  const handle = owner.kernel.store(bytes);
  if (handle === 0n) {
    failImport(owner, importName, {
      message: `The plug-in's memory has no room for ${bytes.length} bytes`,
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

/** Ends the guest's run with a trap inside an import of the runtime. */
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
