// Builds a module that exports the globals which a generated module imports.
import { bytesOf, moduleOf, section, text, u32, vector } from '../../security/hostile/module-bytes.mjs';

/** Initial values by type: numbers, vectors, and references of the short types, which are null. @type {ReadonlyMap<number, readonly number[]>} */
const constants = new Map([
  [0x7f, [0x41, 0]],
  [0x7e, [0x42, 0]],
  [0x7d, [0x43, 0, 0, 0, 0]],
  [0x7c, [0x44, 0, 0, 0, 0, 0, 0, 0, 0]],
  [0x7b, [0xfd, 0x0c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
  [0x70, [0xd0, 0x70]],
  [0x6f, [0xd0, 0x6f]],
  [0x69, [0xd0, 0x69]],
  [0x73, [0xd0, 0x73]],
  [0x72, [0xd0, 0x72]],
  [0x74, [0xd0, 0x74]],
]);

/** Reads numbers and names in sequence. */
class Cursor {
  at = 8;
  #bytes;

  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.#bytes = bytes;
  }

  get ended() {
    return this.at >= this.#bytes.length;
  }

  byte() {
    const byte = this.#bytes[this.at] ?? 0;
    this.at += 1;
    return byte;
  }

  u32() {
    let value = 0;
    for (let weight = 1; ; weight *= 128) {
      const byte = this.byte();
      value += (byte & 127) * weight;
      if (byte < 128) return value;
    }
  }

  name() {
    const length = this.u32();
    this.at += length;
    return new TextDecoder().decode(this.#bytes.subarray(this.at - length, this.at));
  }
}

/** @typedef {{ name: string, type: number, mutable: number }} ImportedGlobal */

/**
 * Reads one import. Returns its global if it can be provided, null for other imports, undefined for an unknown kind.
 * @param {Cursor} cursor
 * @returns {ImportedGlobal | null | undefined}
 */
function readImport(cursor) {
  const from = cursor.name();
  const name = cursor.name();
  const kind = cursor.byte();
  if (kind === 4) cursor.byte();
  if (kind === 0 || kind === 4) {
    cursor.u32();
    return null;
  }
  if (kind !== 3) return undefined;
  const global = { name, type: cursor.byte(), mutable: cursor.byte() };
  return from === '__fuzz_import' && constants.has(global.type) ? global : null;
}

/**
 * Returns the globals that a module imports, up to the first import of an unknown kind.
 * @param {Uint8Array} module
 */
function importedGlobals(module) {
  const cursor = new Cursor(module);
  while (!cursor.ended) {
    const id = cursor.byte();
    const size = cursor.u32();
    if (id === 2) break;
    cursor.at += size;
  }
  /** @type {ImportedGlobal[]} */
  const globals = [];
  for (let count = cursor.ended ? 0 : cursor.u32(); count > 0; count -= 1) {
    const global = readImport(cursor);
    if (global === undefined) break;
    if (global !== null) globals.push(global);
  }
  return globals;
}

/** @param {Uint8Array} module */
export function globalsFor(module) {
  const globals = importedGlobals(module);
  if (globals.length === 0) return moduleOf();
  return moduleOf(
    section(6, vector(globals.map(({ type, mutable }) => bytesOf(type, mutable, constants.get(type) ?? [], 0x0b)))),
    section(7, vector(globals.map(({ name }, index) => [text(name), 3, u32(index)]))),
  );
}
