import { PluginError } from '../../contract/errors.js';
import type { BlockOwner } from './blocks.js';

const maxAbortLength = 4_096;

/** Creates `env.abort`, which AssemblyScript programs call on a failure. It traps, with the program's message and source position. */
export function abortImport(
  memoryOf: () => WebAssembly.ExportValue | undefined,
  { failure, work }: Pick<BlockOwner, 'failure' | 'work'>,
): WebAssembly.ImportValue {
  return (message: number, file: number, line: number, column: number): never => {
    work.count();
    const memory = memoryOf();
    const text = readManagedString(memory, message) ?? 'abort';
    const place = `${readManagedString(memory, file) ?? 'unknown file'}:${line >>> 0}:${column >>> 0}`;
    return failure.raise(
      new PluginError('guest-trap', { message: `${text} (aborted at ${place})`, where: place, actual: text }),
    );
  };
}

/** Reads an AssemblyScript string: UTF-16 at `pointer`, preceded by its length in bytes (u32). Returns null if it is out of bounds. */
function readManagedString(memory: WebAssembly.ExportValue | undefined, pointer: number): string | null {
  if (!(memory instanceof WebAssembly.Memory) || pointer >>> 0 < 4) return null;
  const start = pointer >>> 0;
  if (start > memory.buffer.byteLength) return null;
  const declared = new DataView(memory.buffer).getUint32(start - 4, true);
  const length = Math.min(declared, maxAbortLength * 2, memory.buffer.byteLength - start) & ~1;
  return new TextDecoder('utf-16le', { ignoreBOM: true }).decode(new Uint8Array(memory.buffer, start, length));
}
