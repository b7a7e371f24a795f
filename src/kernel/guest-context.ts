import type { GuestLogLevel } from '../contract/abi.js';
import { PluginError } from '../contract/errors.js';
import type { Kernel } from './kernel.js';
import type { Vars } from './vars.js';

/** What a host function may act on. */
export interface GuestContextParts {
  readonly kernel: Kernel;
  /** Asked for only when the function uses vars. */
  readonly vars: () => Vars;
  readonly config: ReadonlyMap<string, string>;
  readonly log: (level: GuestLogLevel, message: string) => void;
  /** What errors call the function. */
  readonly where: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * The plug-in that calls a host function, as that function sees it: blocks of its memory, its vars, its config, its log. Good
 * until the function has given its result.
 */
export class GuestContext {
  /** Whether the function changed the plug-in's memory: allocated, freed, stored or set an error. */
  protected changedMemory = false;
  /** The error that the function set. */
  protected errorText: string | null = null;
  #parts: GuestContextParts | null;
  readonly #where: string;

  constructor(parts: GuestContextParts) {
    this.#parts = parts;
    this.#where = parts.where;
  }

  /**
   * Allocates a block of `length` bytes and returns its handle; returns 0n for no bytes.
   * @throws PluginError `host-function` when the plug-in's memory has no room
   */
  alloc(length: number): bigint {
    if (length === 0) return 0n;
    const handle = Number.isSafeInteger(length) && length > 0 ? this.#write().exports.host_alloc(length) >>> 0 : 0;
    if (handle === 0) throw this.#noRoom(length);
    return BigInt(handle);
  }

  /** Frees a block. Does nothing if `handle` is not the handle of a block. */
  free(handle: bigint | number): void {
    this.#write().exports.free(BigInt(handle));
  }

  /** Returns the length of a block in bytes, or 0 if `handle` is not the handle of a block. */
  length(handle: bigint | number): bigint {
    return BigInt(this.#live().kernel.exports.host_length(BigInt(handle)) >>> 0);
  }

  /** Returns a copy of a block, or null if `handle` is none. Handle 0 is the empty string. */
  read(handle: bigint | number): Uint8Array<ArrayBuffer> | null {
    return this.#live().kernel.read(BigInt(handle));
  }

  /** Returns a block as UTF-8 text, or null if `handle` is none. Handle 0 is the empty string. */
  readText(handle: bigint | number): string | null {
    const bytes = this.read(handle);
    return bytes === null ? null : decoder.decode(bytes);
  }

  /**
   * Copies text (as UTF-8) or bytes into a new block and returns its handle; returns 0n for no bytes.
   * @throws PluginError `host-function` when the plug-in's memory has no room
   */
  store(value: string | Uint8Array): bigint {
    const bytes = toBytes(value);
    const handle = this.#write().store(bytes);
    if (handle === 0n && bytes.length > 0) throw this.#noRoom(bytes.length);
    return handle;
  }

  /** Writes bytes at the start of an existing block, as many as fit. Returns the number of bytes written. */
  write(handle: bigint | number, bytes: Uint8Array): number {
    const block = this.#write().block(BigInt(handle));
    if (block === null) return 0;
    const fitting = bytes.subarray(0, block.length);
    block.set(fitting);
    return fitting.length;
  }

  /** What the call fails with, unless the plug-in clears it; null clears. */
  setError(message: string | null): void {
    this.errorText = message === '' ? null : message;
    this.#write().exports.error_set(this.errorText === null ? 0n : this.store(this.errorText));
  }

  getVariable(key: string): Uint8Array | null {
    return this.#live().vars().get(key)?.slice() ?? null;
  }

  /** @throws PluginError `host-function` when it does not fit, or vars are disabled */
  setVariable(key: string, value: string | Uint8Array): void {
    const vars = this.#live().vars();
    const bytes = toBytes(value).slice();
    if (vars.maxBytes > 0 && vars.set(key, bytes)) return;
    throw new PluginError('host-function', {
      message: vars.maxBytes === 0 ? 'Vars are disabled by this host' : vars.fullMessage(key, bytes),
      where: this.#where,
      expected: `at most ${vars.maxBytes} bytes in all`,
      actual: `${vars.usedBytes} bytes in use and ${bytes.length} more`,
      fix: 'Raise memory.maxVarBytes, or store less.',
    });
  }

  deleteVariable(key: string): void {
    this.#live().vars().delete(key);
  }

  getConfig(key: string): string | null {
    return this.#live().config.get(key) ?? null;
  }

  /** Writes to the plug-in's log. */
  log(level: GuestLogLevel, message: string): void {
    this.#live().log(level, message);
  }

  /** From here on every use is an error. */
  protected expire(): void {
    this.#parts = null;
  }

  #live(): GuestContextParts {
    if (this.#parts !== null) return this.#parts;
    throw new PluginError('context-expired', {
      message: `Context of ${this.#where} was used after the function had returned`,
      where: this.#where,
      fix: 'Read what you need before the function returns or its promise settles.',
    });
  }

  #write(): Kernel {
    const { kernel } = this.#live();
    this.changedMemory = true;
    return kernel;
  }

  #noRoom(length: number): PluginError {
    return new PluginError('host-function', {
      message: `No room for ${length} bytes in the plug-in's memory`,
      where: this.#where,
      actual: `${length} bytes`,
      fix: 'Raise memory.maxPages.',
    });
  }
}

function toBytes(value: string | Uint8Array): Uint8Array {
  return typeof value === 'string' ? encoder.encode(value) : value;
}
