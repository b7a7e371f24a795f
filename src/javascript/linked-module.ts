import { encodeU32 } from '../wasm/reader/reader.js';
import { SectionId } from '../wasm/reader/sections.js';
import {
  engineModule,
  engineRun,
  type FunctionType,
  type PartFunction,
  type PartIndexes,
  type PluginPart,
  runType,
} from './plugin-part.js';
import { joined, nameBytes, preamble, section, sized, vector } from './wasm-bytes.js';

/** Collects function types, each once. */
export class TypeList {
  readonly #types: FunctionType[] = [];
  readonly #first: number;

  /** @param first the index of the first type */
  constructor(first = 0) {
    this.#first = first;
  }

  get all(): readonly FunctionType[] {
    return this.#types;
  }

  indexOf(type: FunctionType): number {
    const known = this.#types.findIndex((one) => one.join() === type.join());
    return this.#first + (known < 0 ? this.#types.push(type) - 1 : known);
  }
}

/** Encodes an export of a function. */
export function functionExport(name: string, index: number): number[] {
  return [...nameBytes(name), 0, ...encodeU32(index)];
}

/** Writes a part as a module that imports the engine: a few KB beside the engine, which is compiled once. */
export function linkedModule({ imports, exports, provided, data }: PluginPart): Uint8Array<ArrayBuffer> {
  const types = new TypeList();
  const functions: readonly (readonly [string, PartFunction])[] = [...exports, ...provided];
  const importItems = [
    [...nameBytes(engineModule), ...nameBytes(engineRun), 0, ...encodeU32(types.indexOf(runType))],
    ...imports.map(({ module, name, type }) => [
      ...nameBytes(module),
      ...nameBytes(name),
      0,
      ...encodeU32(types.indexOf(type)),
    ]),
    [...nameBytes(engineModule), ...nameBytes('memory'), 2, 0, 1],
  ];
  const firstFunction = imports.length + 1;
  const indexes: PartIndexes = { run: 0, imports: imports.map((_, index) => index + 1), data: 0 };
  const functionTypes = functions.map(([, { type }]) => encodeU32(types.indexOf(type)));
  return joined([
    preamble,
    ...section(SectionId.type, vector(types.all.map((type) => [...type]))),
    ...section(SectionId.import, vector(importItems)),
    ...section(SectionId.function, vector(functionTypes)),
    ...section(SectionId.export, vector(functions.map(([name], index) => functionExport(name, firstFunction + index)))),
    ...section(SectionId.dataCount, [1]),
    ...section(SectionId.code, vector(functions.map(([, { body }]) => sized(body(indexes))))),
    ...section(SectionId.data, [1, 1], encodeU32(data.length), data),
  ]);
}
