import type { BlockHandle, Natives } from './natives.js';
import type { HostSignature, HostValueType, ProgramInfo } from './program.js';

type Bytes = ArrayBufferLike | ArrayBufferView;

interface HttpRequest {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
}

interface HttpResponse {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The objects of the Extism JS PDK: https://github.com/extism/js-pdk. */
export function extismGlobals(native: Natives, info: ProgramInfo): Record<string, unknown> {
  const blockOf = (value: string | Bytes): BlockHandle => blockFrom(native, value);
  const takeBytes = (block: BlockHandle): ArrayBuffer => {
    const { buffer } = native.l(block, 0);
    native.f(block);
    return buffer;
  };
  const takeText = (block: BlockHandle): string => {
    const text = native.l(block, 1);
    native.f(block);
    return text;
  };
  const callImport = importCaller(native);
  const firstHttp = info.hostFunctions.length;

  return {
    Host: {
      inputBytes: (): ArrayBuffer => native.i(0).buffer,
      inputString: (): string => native.i(1),
      outputBytes(output: Bytes): boolean {
        native.o(nativeBytes(output));
        return true;
      },
      outputString(output: unknown): boolean {
        native.o(String(output).toWellFormed());
        return true;
      },
      getFunctions: (): unknown => hostFunctions(info, callImport),
      arrayBufferToBase64: (bytes: ArrayBuffer): string => new Uint8Array(bytes).toBase64(),
      base64ToArrayBuffer: (text: string): ArrayBuffer => Uint8Array.fromBase64(text).buffer,
    },
    Config: {
      get(key: unknown): string | null {
        const value = native.c(blockOf(String(key)));
        return value === 0 ? null : takeText(value);
      },
    },
    Var: {
      getBytes(key: unknown): ArrayBuffer | null {
        const value = native.v(blockOf(String(key)));
        return value === 0 ? null : takeBytes(value);
      },
      getString(key: unknown): string | null {
        const value = native.v(blockOf(String(key)));
        return value === 0 ? null : takeText(value);
      },
      set(key: unknown, value: string | Bytes): void {
        native.w(blockOf(String(key)), blockOf(value));
      },
    },
    Http: {
      request({ url, method = 'GET', headers = {} }: HttpRequest, body?: string | Bytes): HttpResponse {
        if (!info.usesHttp) throw new TypeError('Http is not available: the source names neither Http nor fetch');
        const texts = Object.entries(headers).map(([name, value]) => [name, String(value)]);
        const request = JSON.stringify({ url, method, headers: Object.fromEntries(texts) });
        const pair: readonly HostValueType[] = ['I64', 'I64'];
        const blocks = [blockOf(request), body === undefined ? 0 : blockOf(body)];
        const response = callImport(firstHttp, { params: pair, result: 'I64' }, blocks);
        const status = callImport(firstHttp + 1, { params: [], result: 'I32' }, []);
        const found = callImport(firstHttp + 2, { params: [], result: 'I64' }, []);
        const list = found === 0 ? '{}' : takeText(Number(found));
        return {
          status: Number(status),
          body: response === 0 ? '' : takeText(Number(response)),
          headers: JSON.parse(list) as Readonly<Record<string, string>>,
        };
      },
    },
    ...memoryGlobals(native),
  };
}

/** Copies text or bytes to a new block. */
function blockFrom(native: Natives, value: string | Bytes): BlockHandle {
  const data = typeof value === 'string' ? value.toWellFormed() : nativeBytes(value);
  const block = native.a(data);
  if (block !== 0 || (typeof data === 'string' ? data === '' : data.byteLength === 0)) return block;
  throw new RangeError('The memory that the plug-in shares with its host is full');
}

/** QuickJS finds the bytes of buffers and typed arrays, but not of a DataView. */
function nativeBytes(value: Bytes): Bytes {
  return value instanceof DataView ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : value;
}

type ImportCaller = (index: number, signature: HostSignature, values: readonly unknown[]) => unknown;

function importCaller(native: Natives): ImportCaller {
  return (index, { params, result }, values) => {
    const slots = new DataView(new ArrayBuffer(8 * Math.max(params.length, 1)));
    params.forEach((type, at) => writeSlot(slots, at, type, values[at]));
    native.h(index, slots.buffer);
    return result === null ? undefined : readSlot(slots, result);
  };
}

function writeSlot(slots: DataView, at: number, type: HostValueType, value: unknown): void {
  const offset = 8 * at;
  if (type === 'I32') slots.setInt32(offset, Number(value), true);
  else if (type === 'I64') slots.setBigInt64(offset, BigInt.asIntN(64, BigInt(value as number)), true);
  else if (type === 'F32') slots.setFloat32(offset, Number(value), true);
  else slots.setFloat64(offset, Number(value), true);
}

/** Returns an I64 as a number if it is one exactly, because offsets of memory are numbers in the JS PDK. */
function readSlot(slots: DataView, type: HostValueType): number | bigint {
  if (type === 'I32') return slots.getInt32(0, true);
  if (type === 'F32') return slots.getFloat32(0, true);
  if (type === 'F64') return slots.getFloat64(0, true);
  const value = slots.getBigInt64(0, true);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** Returns the declared host functions. A name that is not declared throws when it is read, as the author then knows its place. */
function hostFunctions({ hostFunctions: declared }: ProgramInfo, callImport: ImportCaller): unknown {
  const functions = new Map(
    declared.map(([name, signature], index) => [
      name,
      (...values: readonly unknown[]): unknown => {
        if (values.length !== signature.params.length) {
          throw new TypeError(
            `Host function "${name}" expects ${signature.params.length} arguments, and was called with ${values.length}`,
          );
        }
        return callImport(index, signature, values);
      },
    ]),
  );
  return new Proxy(Object.fromEntries(functions), {
    get(target, name) {
      if (typeof name === 'symbol' || functions.has(name)) return Reflect.get(target, name) as unknown;
      throw new TypeError(`Host function "${name}" is not declared in "interface user" or in hostFunctions`);
    },
  });
}

function memoryGlobals(native: Natives): Record<string, unknown> {
  class MemoryHandle {
    readonly offset: BlockHandle;
    readonly len: number;

    constructor(offset: number | bigint, length: number | bigint) {
      this.offset = Number(offset);
      this.len = Number(length);
    }

    readBytes(): ArrayBuffer {
      return native.l(this.offset, 0).buffer.slice(0, this.len);
    }

    readString(): string {
      return native.l(this.offset, 1);
    }

    readUInt32(): number {
      return new DataView(this.readBytes()).getUint32(0, true);
    }

    readUInt64(): bigint {
      return new DataView(this.readBytes()).getBigUint64(0, true);
    }

    readFloat32(): number {
      return new DataView(this.readBytes()).getFloat32(0, true);
    }

    /** The name is that of the JS PDK. */
    readUFloat64(): number {
      return new DataView(this.readBytes()).getFloat64(0, true);
    }

    readFloat64(): number {
      return this.readUFloat64();
    }

    readJsonObject(): unknown {
      return JSON.parse(this.readString());
    }

    free(): void {
      native.f(this.offset);
    }
  }

  const find = (offset: number | bigint): MemoryHandle => new MemoryHandle(offset, native.n(Number(offset)));
  const copy = (value: string | Bytes): MemoryHandle => find(blockFrom(native, value));
  const number = (size: number, write: (view: DataView) => void): MemoryHandle => {
    const view = new DataView(new ArrayBuffer(size));
    write(view);
    return copy(view.buffer);
  };
  return {
    MemoryHandle,
    Memory: {
      fromString: (text: unknown) => copy(String(text)),
      fromBuffer: (bytes: Bytes) => copy(bytes),
      fromJsonObject: (value: unknown) => copy(JSON.stringify(value)),
      allocUInt32: (value: number) => number(4, (view) => view.setUint32(0, value, true)),
      allocUInt64: (value: number | bigint) => number(8, (view) => view.setBigUint64(0, BigInt(value), true)),
      allocFloat32: (value: number) => number(4, (view) => view.setFloat32(0, value, true)),
      allocFloat64: (value: number) => number(8, (view) => view.setFloat64(0, value, true)),
      find,
    },
  };
}
