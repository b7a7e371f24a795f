import { PluginError } from '../contract/errors.js';
import { CodeWriter } from '../wasm/metering/code-writer.js';
import { anyIndex, InstructionReader } from '../wasm/reader/instruction-reader.js';
import { Op } from '../wasm/reader/opcodes.js';
import { encodeU32, Reader } from '../wasm/reader/reader.js';
import { readConstant } from '../wasm/reader/constant.js';
import { readExport, readImport, readSections, type Section, SectionId } from '../wasm/reader/sections.js';
import { functionExport, TypeList } from './linked-module.js';
import { engineRun, type PartFunction, type PartIndexes, partModule, type PluginPart } from './plugin-part.js';
import { joined, nameBytes, preamble, section, sized } from './wasm-bytes.js';

/** Merges the engine and a part into one module, which runs in every Extism host with WASI. */
export function standaloneModule(engine: Uint8Array<ArrayBuffer>, part: PluginPart): Uint8Array<ArrayBuffer> {
  return new Merger(engine, part).merge();
}

/** Renumbers the functions of the engine: those that the part provides replace imports, and imports of the part come before its code. */
class Merger {
  readonly #engine: Uint8Array<ArrayBuffer>;
  readonly #part: PluginPart;
  readonly #sections: ReadonlyMap<number, Section>;
  readonly #types: TypeList;
  readonly #functions: readonly PartFunction[];
  /** The imports of the engine that stay, encoded. */
  readonly #keptImports: Uint8Array[] = [];
  /** For each function of the engine by its index: the index in the merged module. */
  readonly #newIndexes: number[] = [];
  readonly #firstAdded: number;
  readonly #run: number;
  readonly #memory: number;
  readonly #engineSegments: number;

  constructor(engine: Uint8Array<ArrayBuffer>, part: PluginPart) {
    this.#engine = engine;
    this.#part = part;
    this.#sections = new Map(readSections(engine).map((one) => [one.id, one]));
    this.#types = new TypeList(this.#reader(SectionId.type)?.u32() ?? 0);
    this.#functions = [...part.exports.values(), ...part.provided.values()];
    const replaced = this.#readImports();
    const defined = this.#reader(SectionId.function)?.u32() ?? 0;
    const firstDefined = this.#keptImports.length + part.imports.length;
    this.#firstAdded = firstDefined + defined;
    const provided = Array.from(part.provided.keys());
    for (const [index, name] of replaced)
      this.#newIndexes[index] = this.#firstAdded + part.exports.size + provided.indexOf(name);
    const importedBefore = this.#newIndexes.length;
    for (let index = 0; index < defined; index += 1) this.#newIndexes[importedBefore + index] = firstDefined + index;
    const exported = this.#readExports();
    this.#run = this.#newIndexes[exported.get(engineRun) ?? -1] ?? 0;
    this.#memory = exported.get('memory') ?? 0;
    this.#engineSegments = this.#reader(SectionId.data)?.u32() ?? 0;
  }

  merge(): Uint8Array<ArrayBuffer> {
    // First, because writing the bodies adds no types, but the list must be complete before it is written.
    const importTypes = this.#part.imports.map(({ type }) => this.#types.indexOf(type));
    const functionTypes = this.#functions.map(({ type }) => this.#types.indexOf(type));
    const imports = this.#part.imports.map(({ module, name }, index) => [
      ...nameBytes(module),
      ...nameBytes(name),
      0,
      ...encodeU32(importTypes[index] ?? 0),
    ]);
    const exports = Array.from(this.#part.exports.keys(), (name, index) =>
      functionExport(name, this.#firstAdded + index),
    );
    const memoryExport = [...nameBytes('memory'), 2, ...encodeU32(this.#memory)];
    return joined([
      preamble,
      ...this.#extended(SectionId.type, this.#types.all),
      ...section(
        SectionId.import,
        encodeU32(this.#keptImports.length + imports.length),
        ...this.#keptImports,
        ...imports,
      ),
      ...this.#extended(
        SectionId.function,
        functionTypes.map((type) => encodeU32(type)),
      ),
      ...this.#copied(SectionId.table),
      ...this.#copied(SectionId.memory),
      ...this.#copied(SectionId.global),
      ...section(SectionId.export, encodeU32(exports.length + 1), memoryExport, ...exports),
      ...section(SectionId.element, this.#elements()),
      ...section(SectionId.dataCount, encodeU32(this.#engineSegments + 1)),
      ...this.#code(),
      ...this.#extended(SectionId.data, [[1, ...encodeU32(this.#part.data.length)]], this.#part.data),
    ]);
  }

  #reader(id: number): Reader | null {
    const found = this.#sections.get(id);
    if (found === undefined) return null;
    const reader = new Reader(this.#engine.subarray(0, found.end), 'the JavaScript engine', 0);
    reader.position = found.body;
    return reader;
  }

  /** Returns the imports that the part provides, with their indexes, and numbers the others. */
  #readImports(): Map<number, string> {
    const replaced = new Map<number, string>();
    const reader = this.#reader(SectionId.import);
    if (reader === null) return replaced;
    const count = reader.u32();
    for (let index = 0; index < count; index += 1) {
      const start = reader.position;
      const { kind, module, name } = readImport(reader);
      if (kind !== 'function') throw unexpected('an import that is no function');
      if (module === partModule && this.#part.provided.has(name)) {
        replaced.set(index, name);
        this.#newIndexes.push(-1);
      } else {
        this.#newIndexes.push(this.#keptImports.length);
        this.#keptImports.push(this.#engine.subarray(start, reader.position));
      }
    }
    return replaced;
  }

  #readExports(): Map<string, number> {
    const exports = new Map<string, number>();
    const reader = this.#reader(SectionId.export);
    if (reader === null) return exports;
    for (let count = reader.u32(); count > 0; count -= 1) {
      const { name, index } = readExport(reader);
      exports.set(name, index);
    }
    return exports;
  }

  #copied(id: number): ArrayLike<number>[] {
    const found = this.#sections.get(id);
    return found === undefined ? [] : [this.#engine.subarray(found.start, found.end)];
  }

  /** Returns a section with items added at its end. */
  #extended(id: number, items: readonly (readonly number[])[], rest: ArrayLike<number> = []): ArrayLike<number>[] {
    const reader = this.#reader(id);
    const count = reader?.u32() ?? 0;
    const present = reader === null ? [] : reader.bytes.subarray(reader.position);
    return section(id, encodeU32(count + items.length), present, items.flat(), rest);
  }

  /** Returns the element section with its functions renumbered. Binaryen writes only active segments of functions. */
  #elements(): number[] {
    const reader = this.#reader(SectionId.element);
    if (reader === null) return [0];
    const bytes: number[] = [];
    const segments = reader.u32();
    bytes.push(...encodeU32(segments));
    for (let segment = 0; segment < segments; segment += 1) {
      if (reader.u32() !== 0) throw unexpected('an element segment of another kind than 0');
      const start = reader.position;
      readConstant(reader, anyIndex);
      bytes.push(0, ...this.#engine.subarray(start, reader.position));
      const functions = reader.u32();
      bytes.push(...encodeU32(functions));
      for (let index = 0; index < functions; index += 1) bytes.push(...encodeU32(this.#newIndex(reader.u32())));
    }
    return bytes;
  }

  #newIndex(index: number): number {
    const renumbered = this.#newIndexes[index];
    if (renumbered === undefined) throw unexpected(`the function ${index}`);
    return renumbered;
  }

  #code(): ArrayLike<number>[] {
    const reader = this.#reader(SectionId.code);
    if (reader === null) throw unexpected('no code');
    const bodies = reader.u32();
    const writer = new CodeWriter(this.#engine, this.#engine.length + 65_536);
    const instructions = new InstructionReader(this.#engine, anyIndex);
    instructions.locals = Infinity;
    for (let body = 0; body < bodies; body += 1) {
      const size = reader.u32();
      const end = reader.position + size;
      const start = writer.length;
      this.#copyBody(instructions, writer, reader.position, end);
      writer.prefixLength(start);
      reader.position = end;
    }
    const indexes: PartIndexes = {
      run: this.#run,
      imports: this.#part.imports.map((_, index) => this.#keptImports.length + index),
      data: this.#engineSegments,
    };
    const added = this.#functions.map(({ body }) => sized(body(indexes)));
    return section(SectionId.code, encodeU32(bodies + added.length), writer.bytes, ...added);
  }

  #copyBody(instructions: InstructionReader, writer: CodeWriter, start: number, end: number): void {
    instructions.position = start;
    for (let groups = instructions.u32(); groups > 0; groups -= 1) {
      instructions.u32();
      instructions.position += 1;
    }
    let copied = start;
    while (instructions.position < end) {
      const at = instructions.position;
      instructions.next();
      const { opcode, index } = instructions;
      if (opcode !== Op.call && opcode !== Op.refFunc && opcode !== Op.returnCall) continue;
      writer.copy(copied, at);
      writer.op(opcode, this.#newIndex(index));
      copied = instructions.position;
    }
    writer.copy(copied, end);
  }
}

function unexpected(what: string): PluginError {
  return new PluginError('bug', { message: `The JavaScript engine has ${what}, which the compiler does not expect` });
}
