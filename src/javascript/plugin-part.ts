import { userNamespace, envNamespace } from '../contract/abi.js';
import { encodeU32 } from '../wasm/reader/reader.js';
import type { HostSignature, HostValueType } from './prelude/program.js';

/** A function type in the binary format. */
export type FunctionType = readonly number[];

export interface PartImport {
  readonly module: string;
  readonly name: string;
  readonly type: FunctionType;
}

/** Where a function of a part finds what it refers to, as indexes of the module that is written. */
export interface PartIndexes {
  /** `run` of the engine. */
  readonly run: number;
  /** The imports of the part, in its order. */
  readonly imports: readonly number[];
  /** The passive segment with the program. */
  readonly data: number;
}

export interface PartFunction {
  readonly type: FunctionType;
  /** Returns the body, without its size. */
  readonly body: (indexes: PartIndexes) => readonly number[];
}

/** What a plug-in adds to the engine: linked as a module of its own, or merged into one module. */
export interface PluginPart {
  readonly imports: readonly PartImport[];
  /** By the name of the export. */
  readonly exports: ReadonlyMap<string, PartFunction>;
  /** What the engine imports from the part, by name. */
  readonly provided: ReadonlyMap<string, PartFunction>;
  readonly data: Uint8Array<ArrayBuffer>;
}

/** The module that the engine imports from, and the name that the engine has as a linked module. */
export const partModule = 'main';
export const engineModule = 'javascript';
export const engineRun = 'run';

const codes: Readonly<Record<HostValueType, number>> = { I32: 0x7f, I64: 0x7e, F32: 0x7d, F64: 0x7c };
const loads: Readonly<Record<HostValueType, readonly number[]>> = {
  I32: [0x28, 2],
  I64: [0x29, 3],
  F32: [0x2a, 2],
  F64: [0x2b, 3],
};
const stores: Readonly<Record<HostValueType, readonly number[]>> = {
  I32: [0x36, 2],
  I64: [0x37, 3],
  F32: [0x38, 2],
  F64: [0x39, 3],
};

export function functionType(params: readonly HostValueType[], result: HostValueType | null): FunctionType {
  const types = params.map((param) => codes[param]);
  return [0x60, ...encodeU32(types.length), ...types, ...(result === null ? [0] : [1, codes[result]])];
}

/** The type of `run` of the engine. */
export const runType: FunctionType = functionType(['I32', 'I32'], 'I32');

const http: readonly (readonly [name: string, signature: HostSignature])[] = [
  ['http_request', { params: ['I64', 'I64'], result: 'I64' }],
  ['http_status_code', { params: [], result: 'I32' }],
  ['http_headers', { params: [], result: 'I64' }],
];

/** Returns the part of a plug-in: an export per function, its imports, and its program as a passive segment. */
export function pluginPart(
  exports: readonly string[],
  hostFunctions: readonly (readonly [name: string, signature: HostSignature])[],
  usesHttp: boolean,
  data: Uint8Array<ArrayBuffer>,
): PluginPart {
  const user = hostFunctions.map((entry) => [userNamespace, entry] as const);
  const env = (usesHttp ? http : []).map((entry) => [envNamespace, entry] as const);
  const callable = [...user, ...env];
  const imports = callable.map(([module, [name, { params, result }]]) => {
    return { module, name, type: functionType(params, result) };
  });
  const signatures = callable.map(([, [, signature]]) => signature);
  const wrapper = (index: number): PartFunction => ({
    type: functionType([], 'I32'),
    body: ({ run }) => [0, ...i32(index), ...i32(data.length), 0x10, ...encodeU32(run), 0x0b],
  });
  return {
    imports,
    exports: new Map(exports.map((name, index) => [name, wrapper(index)])),
    provided: new Map([
      ['javascript:source', { type: functionType(['I32'], null), body: (indexes) => sourceBody(indexes, data.length) }],
      [
        'javascript:host',
        { type: functionType(['I32', 'I32'], null), body: (indexes) => hostBody(indexes, signatures) },
      ],
    ]),
    data,
  };
}

/** Encodes `i32.const` of a number that is not negative. */
export function i32(value: number): number[] {
  const bytes = [0x41];
  let rest = value;
  // Bit 6 of the last byte is the sign.
  for (; rest > 63; rest >>>= 7) bytes.push((rest & 127) | 128);
  return [...bytes, rest];
}

/** Copies the program to the address in local 0. */
function sourceBody({ data }: PartIndexes, length: number): number[] {
  return [0, 0x20, 0, ...i32(0), ...i32(length), 0xfc, 8, ...encodeU32(data), 0, 0x0b];
}

/** Calls the import with the index in local 0. Its arguments are in slots of eight bytes at local 1, where its result goes too. */
function hostBody({ imports }: PartIndexes, signatures: readonly HostSignature[]): number[] {
  const code = [0];
  signatures.forEach(({ params, result }, index) => {
    // if (local 0 == index) { call; return }
    code.push(0x20, 0, ...i32(index), 0x46, 0x04, 0x40);
    if (result !== null) code.push(0x20, 1);
    params.forEach((param, at) => code.push(0x20, 1, ...loads[param], ...encodeU32(8 * at)));
    code.push(0x10, ...encodeU32(imports[index] ?? 0));
    if (result !== null) code.push(...stores[result], 0);
    code.push(0x0f, 0x0b);
  });
  return [...code, 0x0b];
}
