import { PluginError } from '../../contract/errors.js';
import {
  type FunctionValueTypes,
  type RawAnswer,
  type ValueTypeName,
  type WasmValue,
  type WireFunction,
} from '../../contract/host-function.js';
import type { Vars } from '../../kernel/vars.js';
import type { PageImport } from '../suspend/waiter.js';
import { type BlockOwner, decodeStrict } from './blocks.js';
import { slowCallPrice } from './host-work.js';

export interface FunctionOwner extends BlockOwner {
  readonly vars: Vars;
}

const encoder = new TextEncoder();

/** Creates the import for a host function that runs on the page. */
export function pageFunction(owner: FunctionOwner, index: number, { module, name, types }: WireFunction): PageImport {
  const where = `host function "${module}" "${name}"`;
  return types === null ? rawFunction(owner, index, where) : valueFunction(owner, index, types, where);
}

/** Creates the import for a function with declared types. Its parameters are decoded here and sent as values. */
function valueFunction(
  owner: FunctionOwner,
  index: number,
  { params, result }: FunctionValueTypes,
  where: string,
): PageImport {
  return {
    ask: (...args) => {
      owner.work.count(slowCallPrice);
      const values = params.map((type, place) =>
        decode(owner, type, args[place], `${where}: parameter ${place + 1} of ${params.length}`),
      );
      const transfer = values.flatMap((value) => (value instanceof Uint8Array ? value.buffer : []));
      return { question: ['call', index, values], transfer };
    },
    answer: (value) => (result === null ? undefined : encode(owner, result, value, where)),
    fail: owner.failure.raiseHost,
  };
}

/** Creates the import for a raw host function. The page receives a copy of the kernel's memory and returns the changed copy. */
function rawFunction(owner: FunctionOwner, index: number, where: string): PageImport {
  return {
    ask: (...args) => {
      owner.work.count(slowCallPrice);
      const image = owner.kernel.image();
      owner.work.charge(image.bytes.length);
      const vars = owner.vars.takeChanges() ?? [];
      return { question: ['raw', index, args, image, vars], transfer: [image.bytes.buffer] };
    },
    answer: (value) => {
      const { result, memory, vars } = value as RawAnswer;
      owner.vars.adopt(vars);
      if (memory !== null && !owner.kernel.adopt({ bytes: memory, secret: owner.kernel.secret })) {
        owner.failure.raiseHost(
          new PluginError('host-function', {
            message: `Memory limit exceeded in ${where}`,
            where,
            fix: 'Raise memory.maxPages.',
          }),
        );
      }
      return result ?? undefined;
    },
    fail: owner.failure.raiseHost,
  };
}

function decode(owner: FunctionOwner, type: ValueTypeName, value: WasmValue | undefined, where: string): unknown {
  if (type !== 'text' && type !== 'json' && type !== 'bytes') return value;
  const handle = value as bigint;
  const bytes = owner.kernel.read(handle);
  if (bytes === null) {
    return refuse(owner, where, 'the handle of an active block', `${BigInt.asUintN(64, handle)}`);
  }
  owner.work.charge(bytes.length);
  if (type === 'bytes') return bytes;
  const text = decodeStrict(bytes) ?? refuse(owner, where, 'UTF-8', `${bytes.length} malformed bytes`);
  // JSON is sent as text and parsed on the page: a structured clone could hold values that JSON cannot represent.
  return text;
}

/** Fails the call with `guest-trap`: the plug-in passed a value that does not match the declared type of the parameter. */
function refuse(owner: FunctionOwner, where: string, expected: string, actual: string): never {
  return owner.failure.raise(
    new PluginError('guest-trap', {
      message: `${where}: expected ${expected}, found ${actual}`,
      where,
      expected,
      actual,
    }),
  );
}

/** Encodes a result, which the page has validated. `json` arrives as text. */
function encode(owner: FunctionOwner, type: ValueTypeName, value: unknown, where: string): WasmValue {
  if (type !== 'text' && type !== 'json' && type !== 'bytes') return value as WasmValue;
  const bytes = typeof value === 'string' ? encoder.encode(value) : (value as Uint8Array);
  if (bytes.length === 0) return 0n;
  owner.work.charge(bytes.length);
  const handle = owner.kernel.store(bytes);
  if (handle !== 0n) return handle;
  return owner.failure.raiseHost(
    new PluginError('host-function', {
      message: `The result of ${where} does not fit in the plug-in's memory`,
      where,
      actual: `${bytes.length} bytes`,
      fix: 'Raise memory.maxPages.',
    }),
  );
}
