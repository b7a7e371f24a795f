import { PluginError } from '../contract/errors.js';

/** The type that `JSON.parse` returns. The SDK's declarations have it, and code written for them relies on it. */
export type Anything = ReturnType<typeof JSON.parse>;

const decoder = new TextDecoder();

/** A DataView over any kind of buffer. */
const View: new (buffer: ArrayBufferLike) => DataView = DataView;

/** A read-only copy of a call's output, or of a block in the plug-in's memory. Its buffer is exactly the output. */
export class PluginOutput extends View {
  #bytes: Uint8Array | null = null;

  json(): Anything {
    return JSON.parse(this.string());
  }

  arrayBuffer(): ArrayBufferLike {
    return this.buffer;
  }

  text(): string {
    return this.string();
  }

  string(): string {
    return decoder.decode(this);
  }

  bytes(): Uint8Array {
    this.#bytes ??= new Uint8Array(this.buffer);
    return this.#bytes;
  }

  override setInt8(_byteOffset: number, _value: number): void {
    throw readOnly();
  }

  override setInt16(_byteOffset: number, _value: number, _littleEndian?: boolean): void {
    throw readOnly();
  }

  override setInt32(_byteOffset: number, _value: number, _littleEndian?: boolean): void {
    throw readOnly();
  }

  override setUint8(_byteOffset: number, _value: number): void {
    throw readOnly();
  }

  override setUint16(_byteOffset: number, _value: number, _littleEndian?: boolean): void {
    throw readOnly();
  }

  override setUint32(_byteOffset: number, _value: number, _littleEndian?: boolean): void {
    throw readOnly();
  }

  override setFloat32(_byteOffset: number, _value: number, _littleEndian?: boolean): void {
    throw readOnly();
  }

  override setFloat64(_byteOffset: number, _value: number, _littleEndian?: boolean): void {
    throw readOnly();
  }

  override setBigInt64(_byteOffset: number, _value: bigint, _littleEndian?: boolean): void {
    throw readOnly();
  }

  override setBigUint64(_byteOffset: number, _value: bigint, _littleEndian?: boolean): void {
    throw readOnly();
  }
}

/** Wraps bytes as an output. Copies them unless they fill their buffer. */
export function outputOf(bytes: Uint8Array<ArrayBuffer>): PluginOutput {
  return new PluginOutput(bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer);
}

function readOnly(): PluginError {
  return new PluginError('invalid-argument', { message: 'Cannot set values on output' });
}
