import { envNamespace } from '../../contract/abi.js';
import { type ErrorParts, PluginError } from '../../contract/errors.js';
import type { Kernel } from '../../kernel/kernel.js';
import type { GuestFailure } from './guest-failure.js';

/** What reading and giving blocks needs of a plug-in instance. */
export interface BlockOwner {
  readonly kernel: Kernel;
  readonly failure: GuestFailure;
}

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads text and frees its block: functions that take a handle own it. */
export function takeText(owner: BlockOwner, handle: bigint, importName: string, what: string): string {
  const bytes = takeBytes(owner, handle, importName, what);
  return (
    decodeStrict(bytes) ??
    failImport(owner, importName, { message: `the ${what} is not UTF-8`, actual: `${bytes.length} bytes` })
  );
}

/** The block's own bytes, copied before it is freed. */
export function takeBytes(
  owner: BlockOwner,
  handle: bigint,
  importName: string,
  what: string,
): Uint8Array<ArrayBuffer> {
  const bytes = owner.kernel.block(handle)?.slice();
  owner.kernel.exports.free(handle);
  return bytes ?? badHandle(owner, handle, importName, what);
}

/** Copies a value into a new block of the guest's. */
export function give(owner: BlockOwner, bytes: Uint8Array, importName: string): bigint {
  if (bytes.length === 0) return 0n;
  const handle = owner.kernel.store(bytes);
  if (handle === 0n) {
    failImport(owner, importName, {
      message: `there is no room in the plug-in's memory for ${bytes.length} bytes`,
      fix: 'Raise memory.maxPages.',
    });
  }
  return handle;
}

export function badHandle(owner: BlockOwner, handle: bigint, importName: string, what: string): never {
  return failImport(owner, importName, {
    message: `invalid handle offset for ${what}: ${BigInt.asUintN(64, handle)}`,
    expected: 'the first byte of a block in use',
  });
}

/** Ends the guest's run, as a trap inside an import of the runtime. */
export function failImport(owner: BlockOwner, importName: string, parts: ErrorParts): never {
  return owner.failure.raise(new PluginError('guest-trap', { where: `${envNamespace}.${importName}`, ...parts }));
}

/** Null for what is not UTF-8. */
export function decodeStrict(bytes: Uint8Array): string | null {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return null;
  }
}
