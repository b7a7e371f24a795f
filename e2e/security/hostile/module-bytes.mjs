// Builds modules byte by byte without validation, including ones that an assembler refuses to write.

/** @typedef {number | Uint8Array | readonly Part[]} Part Bytes, however they are nested. */

/**
 * @param {Part} part
 * @returns {number}
 */
function lengthOf(part) {
  if (typeof part === 'number') return 1;
  if (part instanceof Uint8Array) return part.length;
  let length = 0;
  for (const inner of part) length += lengthOf(inner);
  return length;
}

/**
 * @param {Part} part
 * @param {Uint8Array} target
 * @param {number} at
 * @returns {number}
 */
function write(part, target, at) {
  if (typeof part === 'number') {
    target[at] = part;
    return at + 1;
  }
  if (part instanceof Uint8Array) {
    target.set(part, at);
    return at + part.length;
  }
  let next = at;
  for (const inner of part) next = write(inner, target, next);
  return next;
}

/**
 * @param {...Part} parts
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function bytesOf(...parts) {
  const bytes = new Uint8Array(lengthOf(parts));
  write(parts, bytes, 0);
  return bytes;
}

/**
 * Encodes an unsigned number as LEB128.
 * @param {number} value
 * @returns {number[]}
 */
export function u32(value) {
  const bytes = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}

/** @param {string} value */
export function text(value) {
  const bytes = new TextEncoder().encode(value);
  return bytesOf(u32(bytes.length), bytes);
}

/**
 * @param {number} id
 * @param {...Part} body
 */
export function section(id, ...body) {
  return bytesOf(id, u32(lengthOf(body)), body);
}

/** @param {readonly Part[]} items */
export function vector(items) {
  return bytesOf(u32(items.length), items);
}

/**
 * Repeats an item `count` times.
 * @param {number} count
 * @param {Part} item
 */
export function times(count, item) {
  const one = bytesOf(item);
  const all = new Uint8Array(one.length * count);
  for (let index = 0; index < count; index += 1) all.set(one, index * one.length);
  return all;
}

export const preamble = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/** @param {...Part} sections */
export function moduleOf(...sections) {
  return bytesOf(preamble, sections);
}

/**
 * Returns a function body with these locals and this code, followed by `end`.
 * @param {Part} code
 * @param {Part} [locals] Count of groups, then groups.
 */
export function body(code, locals = 0) {
  return bytesOf(u32(lengthOf([locals, code]) + 1), locals, code, 0x0b);
}

/** Type 0: () -> (). */
export const unitType = section(1, 1, 0x60, 0, 0);
/** One function, of type 0. */
export const oneFunction = section(3, 1, 0);
/** Function 0 as "run". */
export const exportRun = section(7, 1, text('run'), 0, 0);

/**
 * Returns a module with one function, "run".
 * @param {Part} code
 * @param {Part} [locals]
 */
export function runModule(code, locals = 0) {
  return moduleOf(unitType, oneFunction, exportRun, section(10, 1, body(code, locals)));
}

/**
 * Returns a custom section.
 * @param {string} name
 * @param {...Part} content
 */
export function custom(name, ...content) {
  return section(0, text(name), content);
}
