/**
 * The Extism kernel: the memory through which a host and its plug-in pass bytes, and the allocator of that memory.
 *
 * Compiled by AssemblyScript with no runtime and no imports, and linked to plug-ins directly, so that the `load_u64` and
 * `store_u64` of a guest never enter JavaScript. Behaviour: the Extism runtime's kernel, with its overflow and off-by-one
 * cases closed (https://github.com/extism/extism/tree/main/kernel).
 *
 *     0          first                                    first + used      first + touched        memory's end
 *     | root     | header, payload | header, payload | ...  | dirty            | never written: zero  |
 *
 * Whatever a call leaves behind is in memory, below `first + touched`: `reset` is one fill, and a copy of that range is
 * a full snapshot. Only settings of the host are globals.
 *
 * A guest may store anywhere at or above `first`, so headers and links are never believed: a header counts only while
 * its check word is right, each walk only goes upwards, and what does not hold together is leaked until the next reset.
 * A guest that forges headers can spoil its own memory; it can not make the kernel trap, hang or leave its memory.
 */

// The root. A guest can neither load nor store below `first`. All zero is the state of a fresh kernel.
/** u64: bytes from `first` that blocks take up. */
const usedAt: usize = 0;
/** u64: bytes from `first` that may be other than zero; at least `used`. */
const touchedAt: usize = 8;
/** u64: how many addresses from `first` begin eight touched bytes: one comparison is the bounds check of a word. */
const touchedWordsAt: usize = 16;
const inputAt: usize = 24;
const inputLengthAt: usize = 32;
const outputAt: usize = 40;
const outputLengthAt: usize = 48;
const errorAt: usize = 56;
/** u32: headers between `first` and `used`, if no guest has forged any. */
const blocksAt: usize = 64;
/** u32: allocs and frees since the last sweep, which pay for the next one. */
const paidAt: usize = 68;
/** u32: bit r is set when row r of the free lists has a block. */
const rowsAt: usize = 72;
/** u8 a row: bit c is set when the list of column c has a block. */
const columnsAt: usize = 80;
/** u32 a list: address of its first block's header. */
const listsAt: usize = 112;
const first: usize = 944;

// A header, in front of a payload aligned to 16 bytes.
const headerSize: usize = 16;
/** u32: bytes of the payload, a multiple of 16. */
const capacityAt: usize = 0;
/** u32: bytes asked for; 0 when the block is free. */
const lengthAt: usize = 4;
/** u32: the next header in the list of free blocks. */
const nextAt: usize = 8;
/** u32: the check word. */
const checkAt: usize = 12;

const pageShift: u64 = 16;
const maxPagesOfWasm: u32 = 65_536;
const maxLength: u64 = ((maxPagesOfWasm as u64) << pageShift) - first - headerSize;
/** A remainder smaller than this stays with its block. */
const minSplit: u64 = 48;
/** A sweep may visit this many headers (as a power of two) for each alloc and free since the one before. */
const sweepShift: u32 = 6;

// A literal: a start function would set anything else.
let maxPages: u32 = 65_536;
let secret: u64 = 0;

function memorySize(): u64 {
  return (memory.size() as u64) << pageShift;
}

/** Whether `p` is an address that a guest may use. */
function inBounds(p: u64): bool {
  return p - first < memorySize() - first;
}

/** Ties a header to its place, its content and this instance, so that data which looks like one is not one. */
function checkWord(header: usize): u32 {
  // Capacity and length in one load.
  const hash = ((load<u64>(header) ^ secret) + header) * 0x9e3779b97f4a7c15;
  return (((hash ^ (hash >> 32)) * 0xd6e8feb86659fd93) >> 32) as u32;
}

/** Whether a block begins at `header`, an address that may be anything. */
function isBlock(header: u64): bool {
  const offset = header - first;
  const used = load<u64>(usedAt);
  if (offset >= used || (offset & 15) != 0) return false;
  const at = header as usize;
  const capacity = load<u32>(at, capacityAt);
  return (
    load<u32>(at, checkAt) == checkWord(at) &&
    // The rest holds for every header the kernel wrote; a guest that knows the secret could write others.
    (capacity & 15) == 0 &&
    load<u32>(at, lengthAt) <= capacity &&
    offset + headerSize + capacity <= used
  );
}

/** The header of the block in use whose first byte is `p`, or 0. */
function headerOf(p: u64): usize {
  const header = p - headerSize;
  return isBlock(header) && load<u32>(header as usize, lengthAt) != 0 ? (header as usize) : 0;
}

/** Makes a header invalid that a larger block takes in, or that is no longer below `used`. */
function wipe(header: usize): void {
  store<u64>(header, 0);
}

function seal(header: usize, capacity: u64, length: u64): void {
  store<u32>(header, capacity as u32, capacityAt);
  store<u32>(header, length as u32, lengthAt);
  store<u32>(header, checkWord(header), checkAt);
}

// Free lists by capacity: a row for each power of two, eight columns in a row, so that lists lie 1/8 apart. In row 0,
// below 128 bytes, each capacity has its own. A list's number is row * 8 + column.

/** The list of blocks of at least `capacity` and less than the next list's. */
function listOf(capacity: u64): u32 {
  const units = (capacity >> 4) as u32;
  if (units < 8) return units;
  const log = 31 - clz(units);
  return ((log - 3) << 3) + (units >> (log - 3));
}

/** Rounds up to what a list holds at least, so that the block, once free, serves the same request again. */
function roundToList(size: u64): u64 {
  const units = size >> 4;
  if (units < 8) return size;
  const step: u64 = 1 << (60 - clz(units));
  return ((units + step - 1) & -step) << 4;
}

/** Puts a block on its free list. */
function putFree(header: usize, capacity: u64): void {
  const list = listOf(capacity);
  const row = list >> 3;
  const listAt = listsAt + ((list as usize) << 2);
  store<u32>(header, load<u32>(listAt), nextAt);
  seal(header, capacity, 0);
  store<u32>(listAt, header as u32);
  store<u8>(columnsAt + row, (load<u8>(columnsAt + row) as u32) | (1 << (list & 7)));
  store<u32>(rowsAt, load<u32>(rowsAt) | (1 << row));
}

/** Takes a block of at least `size`, which `roundToList` gave, off the free lists; 0 when there is none. */
function takeFree(size: u64): usize {
  const wanted = listOf(size);
  let row = wanted >> 3;
  let columns: u32 = (load<u8>(columnsAt + row) as u32) & (0xff << (wanted & 7));
  if (columns == 0) {
    const rows = load<u32>(rowsAt) & (-2 << row);
    if (rows == 0) return 0;
    row = ctz(rows);
    columns = load<u8>(columnsAt + row);
  }
  const column = ctz(columns);
  const listAt = listsAt + ((((row << 3) + column) as usize) << 2);
  const header = load<u32>(listAt) as usize;
  // A guest may have overwritten the link that led here. Then nobody knows what the list was: it is given up.
  const intact = isBlock(header) && load<u32>(header, lengthAt) == 0 && (load<u32>(header, capacityAt) as u64) >= size;
  const next: u32 = intact ? load<u32>(header, nextAt) : 0;
  store<u32>(listAt, next);
  if (next == 0) {
    const left: u32 = (load<u8>(columnsAt + row) as u32) & ~(1 << column);
    store<u8>(columnsAt + row, left);
    if (left == 0) store<u32>(rowsAt, load<u32>(rowsAt) & ~(1 << row));
  }
  return intact ? header : 0;
}

/** Grows memory, within the cap, until `end` is inside it. */
function reserve(end: u64): bool {
  const pages = memory.size() as i64;
  const missing = (((end + 0xffff) >> pageShift) as i64) - pages;
  if (missing <= 0) return true;
  const room = (maxPages as i64) - pages;
  if (missing > room) return false;
  // By a quarter, so that many small steps do not each detach the host's view of the memory.
  const generous = max(missing, min(pages >> 2, room));
  return memory.grow(generous as i32) >= 0 || memory.grow(missing as i32) >= 0;
}

/** Makes a block behind the last one; 0 when memory can not grow that far. */
function extend(size: u64): usize {
  const offset = load<u64>(usedAt);
  const used = offset + headerSize + size;
  if (!reserve(first + used)) return 0;
  store<u64>(usedAt, used);
  if (used > load<u64>(touchedAt)) touch(used);
  store<u32>(blocksAt, load<u32>(blocksAt) + 1);
  const header = first + (offset as usize);
  store<u32>(header, size as u32, capacityAt);
  return header;
}

function touch(atLeast: u64): void {
  const bytes = max(atLeast, 8);
  store<u64>(touchedAt, bytes);
  store<u64>(touchedWordsAt, bytes - 7);
}

/**
 * Joins free neighbours, all of them, and gives a block of at least `size`, or 0. Called only before a refusal: joining
 * at each `free` would make that slower for the many calls that never come near the cap.
 */
function sweep(size: u64): usize {
  memory.fill(rowsAt, 0, first - rowsAt);
  const end = first + load<u64>(usedAt);
  let found: usize = 0;
  let blocks: u32 = 0;
  // Ends early at a header that was overwritten: the blocks behind it stay usable, but are not joined.
  for (let header: u64 = first; isBlock(header);) {
    let next = blockEnd(header);
    if (load<u32>(header as usize, lengthAt) == 0) {
      while (isBlock(next) && load<u32>(next as usize, lengthAt) == 0) {
        const joined = next;
        next = blockEnd(next);
        wipe(joined as usize);
      }
      if (next == end) {
        wipe(header as usize);
        store<u64>(usedAt, header - first);
        break;
      }
      const capacity = next - header - headerSize;
      if (found == 0 && capacity >= size) {
        found = header as usize;
        store<u32>(found, capacity as u32, capacityAt);
      } else {
        putFree(header as usize, capacity);
      }
    }
    blocks++;
    header = next;
  }
  store<u32>(blocksAt, blocks);
  store<u32>(paidAt, 0);
  return found;
}

function blockEnd(header: u64): u64 {
  return header + headerSize + load<u32>(header as usize, capacityAt);
}

function pay(): void {
  store<u32>(paidAt, load<u32>(paidAt) + 1);
}

export function alloc(length: u64): u64 {
  // 0 wraps to the largest number.
  if (length - 1 >= maxLength) return 0;
  pay();
  const exact = (length + 15) & ~15;
  let size = roundToList(exact);
  let header = takeFree(size);
  if (header == 0) header = extend(size);
  if (header == 0) {
    size = exact;
    header = extend(size);
    if (header == 0) {
      if (load<u32>(paidAt) < load<u32>(blocksAt) >> sweepShift) return 0;
      header = sweep(size);
      if (header == 0) header = extend(size);
      if (header == 0) return 0;
    }
  }
  let capacity = load<u32>(header, capacityAt) as u64;
  if (capacity - size >= minSplit) {
    putFree(header + headerSize + (size as usize), capacity - size - headerSize);
    store<u32>(blocksAt, load<u32>(blocksAt) + 1);
    capacity = size;
  }
  seal(header, capacity, length);
  return header + headerSize;
}

export function free(handle: u64): void {
  const header = headerOf(handle);
  if (header == 0) return;
  pay();
  if (handle == load<u64>(inputAt)) input_set(0, 0);
  const capacity = load<u32>(header, capacityAt) as u64;
  const offset = (header - first) as u64;
  if (offset + headerSize + capacity == load<u64>(usedAt)) {
    wipe(header);
    store<u64>(usedAt, offset);
    store<u32>(blocksAt, load<u32>(blocksAt) - 1);
  } else {
    putFree(header, capacity);
  }
}

export function length(handle: u64): u64 {
  const header = headerOf(handle);
  return header == 0 ? 0 : load<u32>(header, lengthAt);
}

// The reference walks all blocks in `length` and none here; with check words both are safe and as fast.
export { length as length_unsafe };

// Memory that was never touched is zero, which is also what a load out of bounds gives.

export function load_u8(p: u64): u32 {
  return p - first < load<u64>(touchedAt) ? load<u8>(p as usize) : 0;
}

export function load_u64(p: u64): u64 {
  const offset = p - first;
  if (offset < load<u64>(touchedWordsAt)) return load<u64>(p as usize);
  // The word may begin in touched memory and end behind it.
  return offset < load<u64>(touchedAt) && p + 8 <= memorySize() ? load<u64>(p as usize) : 0;
}

export function store_u8(p: u64, value: u32): void {
  const offset = p - first;
  if (offset >= load<u64>(touchedAt)) {
    if (!inBounds(p)) return;
    touch(offset + 1);
  }
  store<u8>(p as usize, value);
}

export function store_u64(p: u64, value: u64): void {
  const offset = p - first;
  if (offset >= load<u64>(touchedWordsAt)) {
    if (offset >= memorySize() - first - 7) return;
    touch(offset + 8);
  }
  store<u64>(p as usize, value);
}

export function input_length(): u64 {
  return load<u64>(inputLengthAt);
}

export function input_offset(): u64 {
  return load<u64>(inputAt);
}

export function input_load_u8(offset: u64): u32 {
  return offset < load<u64>(inputLengthAt) ? load<u8>((load<u64>(inputAt) + offset) as usize) : 0;
}

export function input_load_u64(offset: u64): u64 {
  const length = load<u64>(inputLengthAt);
  return length >= 8 && offset <= length - 8 ? load<u64>((load<u64>(inputAt) + offset) as usize) : 0;
}

export function output_set(p: u64, length: u64): void {
  if (!inBounds(p) || length > memorySize() - p) return;
  store<u64>(outputAt, p);
  store<u64>(outputLengthAt, length);
}

export function error_set(handle: u64): void {
  if (handle == 0 || inBounds(handle)) store<u64>(errorAt, handle);
}

export function error_get(): u64 {
  return load<u64>(errorAt);
}

// For the host alone.

/** Makes a range the input of this call; one of no bytes, or out of bounds, is no input. */
export function input_set(p: u64, length: u64): void {
  const valid = length != 0 && inBounds(p) && length <= memorySize() - p;
  store<u64>(inputAt, valid ? p : 0);
  store<u64>(inputLengthAt, valid ? length : 0);
}

export function output_offset(): u64 {
  return load<u64>(outputAt);
}

export function output_length(): u64 {
  return load<u64>(outputLengthAt);
}

// What the host asks in the middle of a plug-in's life, in 32 bits, which hold every address and length: WebKit (2.50)
// crashes the page when a worker is terminated inside a function that gives JavaScript an i64.

export function host_alloc(length: u32): u32 {
  return alloc(length) as u32;
}

export function host_length(handle: u64): u32 {
  return length(handle) as u32;
}

export function host_error(): u32 {
  return error_get() as u32;
}

export function host_output(): u32 {
  return output_offset() as u32;
}

export function host_output_length(): u32 {
  return output_length() as u32;
}

/** Bytes from address 0 that may be other than zero: a copy of them is a copy of the kernel's state. */
export function host_used(): u32 {
  return used_bytes() as u32;
}

/** Forgets every block, input, output and error, and zeroes what was touched. Memory never shrinks. */
export function reset(): void {
  memory.fill(first, 0, load<u64>(touchedAt) as usize);
  memory.fill(0, 0, first);
}

/** Bytes the memory has. */
export function memory_bytes(): u64 {
  return memorySize();
}

/** Bytes from address 0 that may be other than zero: a copy of them is a copy of the kernel's state. */
export function used_bytes(): u64 {
  return first + load<u64>(touchedAt);
}

/** Caps the memory's pages. Below the current size, nothing grows. */
export function set_max_pages(pages: u32): void {
  maxPages = min(pages, maxPagesOfWasm);
}

/** Sets the secret in the check words; what was allocated before is then no handle any more. */
export function set_secret(value: u64): void {
  secret = value;
}
