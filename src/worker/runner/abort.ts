import { PluginError } from '../../contract/errors.js';
import type { GuestFailure } from './guest-failure.js';

const maxAbortLength = 4_096;

/** Creates `env.abort`, which AssemblyScript calls when a program fails: a trap with its message and place. */
export function abortImport(
  memoryOf: () => WebAssembly.ExportValue | undefined,
  failure: GuestFailure,
): WebAssembly.ImportValue {
  return (message: number, file: number, line: number, column: number): never => {
    const memory = memoryOf();
    const text = readManagedString(memory, message) ?? 'abort';
    const place = `${readManagedString(memory, file) ?? 'unknown file'}:${line >>> 0}:${column >>> 0}`;
    return failure.raise(
      new PluginError('guest-trap', { message: `${text} (aborted at ${place})`, where: place, actual: text }),
    );
  };
}

/** Reads a string of AssemblyScript: UTF-16 at `pointer`, its length in bytes in the 4 bytes before. */
function readManagedString(memory: WebAssembly.ExportValue | undefined, pointer: number): string | null {
  if (!(memory instanceof WebAssembly.Memory) || pointer >>> 0 < 4) return null;
  const start = pointer >>> 0;
  if (start > memory.buffer.byteLength) return null;
  const declared = new DataView(memory.buffer).getUint32(start - 4, true);
  const length = Math.min(declared, maxAbortLength * 2, memory.buffer.byteLength - start) & ~1;
  return new TextDecoder('utf-16le', { ignoreBOM: true }).decode(new Uint8Array(memory.buffer, start, length));
}
