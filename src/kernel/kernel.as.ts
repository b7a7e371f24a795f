/**
 * The Extism kernel: the memory through which a host and its plug-in pass bytes, and the allocator of that memory.
 *
 * AssemblyScript compiles it with no runtime and no imports. It is linked to plug-ins directly, so that `load_u64` and
 * `store_u64` of a guest never enter JavaScript. It behaves as the kernel of the Extism runtime does, with the overflow and
 * off-by-one cases closed (https://github.com/extism/extism/tree/main/kernel).
 *
 *     0          first                                    first + used      first + touched        memory's end
 *     | root     | header, payload | header, payload | ...  | dirty            | never written: zero  |
 *
 * `alloc` appends blocks. It reuses a freed block only where the reference does: when the reference's memory would have to
 * grow. README.md explains the arithmetic, and the index that finds the block.
 *
 * All state of a call is in memory below `first + touched`: `reset` is one fill, and a copy of that range is a full
 * snapshot. Only settings of the host are globals.
 *
 * A guest may store to any address from `first` on, so headers and the index are validated whenever they are read: a header
 * counts only while its check word is right, and every walk is bounded. A guest that forges headers can corrupt its own
 * memory; it cannot make the kernel trap, loop forever or leave its memory.
 */

// The root. A guest can neither load nor store below `first`. A fresh kernel is all zero.
/** u64: bytes from `first` that blocks and the index take up. */
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
/** u64: the position of the reference's allocator: bytes that its blocks take up. */
const positionAt: usize = 64;
/** u64: bytes by which the reference's memory has grown. Outlives `reset`. */
const grownAt: usize = 72;
/** u32: no free block has an offset below this one. */
const lowestAt: usize = 80;
/** u32: blocks with an offset below this one are in the index. */
const indexedAt: usize = 84;
/** u32: the first changed chunk, plus one; 0 when no chunk has changed. */
const changedAt: usize = 88;
/** u32: address of the index; 0 until it is needed. */
const indexAt: usize = 92;
/** u32: chunks that the index covers: a power of two. */
const chunksAt: usize = 96;
const first: usize = 104;

// A header, directly in front of its payload, at any alignment: sizes are not rounded, as in the reference.
const headerSize: usize = 12;
/** u32: bytes of the payload. */
const sizeAt: usize = 0;
/** u32: bytes asked for; 0 when the block is free. */
const lengthAt: usize = 4;
/** u32: the check word. */
const checkAt: usize = 8;
/** The length of blocks that hold an index: they are neither free nor handles. */
const indexLength: u32 = 0xffff_ffff;

const pageShift: u64 = 16;
const maxPagesOfWasm: u32 = 65_536;
const maxLength: u64 = ((maxPagesOfWasm as u64) << pageShift) - first - headerSize;

/** Bytes that the reference has for blocks before its memory grows: a page less its root, and as many bytes again. */
const referenceBytes: u64 = 65_536 - 64 - 64;
/** The reference splits a free block that is larger than requested by this much. */
const minExcess: u64 = 128;
/** How many blocks `reuse` looks at before it turns to the index. */
const nearbyBlocks: u32 = 8;

// The index: a tree of the sizes of free blocks. Each leaf stands for a chunk of addresses, for the blocks whose headers begin
// there. Node 1 is the root, node i has the children 2i and 2i + 1, the leaf of chunk c is node chunks + c. Four arrays follow
// one another: u32 nodes[2 * chunks], u32 firstHeaders[chunks], u32 changed[chunks].
const chunkShift: u32 = 10;
/** Bytes of the index for each chunk, as a power of two. */
const indexShift: u32 = 4;
const minChunks: u32 = 64;

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
@inline
function checkWord(header: usize): u32 {
  // Size and length in one load.
  const hash = ((load<u64>(header) ^ secret) + header) * 0x9e3779b97f4a7c15;
  return (((hash ^ (hash >> 32)) * 0xd6e8feb86659fd93) >> 32) as u32;
}

/** Whether a block begins at `header`, an address that may be anything. */
function isBlock(header: u64): bool {
  const offset = header - first;
  const used = load<u64>(usedAt);
  if (offset >= used || offset + headerSize > used) return false;
  const at = header as usize;
  return (
    load<u32>(at, checkAt) == checkWord(at) &&
    // This holds for every header the kernel wrote; a guest that knows the secret could write others.
    offset + headerSize + load<u32>(at, sizeAt) <= used
  );
}

/** The header of the active block whose first byte is `p`, or 0. */
function headerOf(p: u64): usize {
  const header = p - headerSize;
  // A length of 0 wraps to the largest number.
  return isBlock(header) && load<u32>(header as usize, lengthAt) - 1 < load<u32>(header as usize, sizeAt)
    ? (header as usize)
    : 0;
}

function blockEnd(header: u64): u64 {
  return header + headerSize + load<u32>(header as usize, sizeAt);
}

/** Whether the block at `header` is free. */
function isFree(header: u64): bool {
  return load<u32>(header as usize, lengthAt) == 0;
}

function seal(header: usize, size: u64, length: u64): void {
  store<u64>(header, size | (length << 32));
  store<u32>(header, checkWord(header), checkAt);
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

/** Appends a block; returns its header, or 0 when memory cannot grow that far. */
function append(size: u64, length: u64): usize {
  const offset = load<u64>(usedAt);
  const used = offset + headerSize + size;
  if (!reserve(first + used)) return 0;
  store<u64>(usedAt, used);
  if (used > load<u64>(touchedAt)) touch(used);
  const header = first + (offset as usize);
  seal(header, size, length);
  return header;
}

function touch(atLeast: u64): void {
  const bytes = max(atLeast, 8);
  store<u64>(touchedAt, bytes);
  store<u64>(touchedWordsAt, bytes - 7);
}

function chunkOf(header: u64): u32 {
  return ((header - first) >> chunkShift) as u32;
}

function nodeAddress(node: u32): usize {
  return load<u32>(indexAt) + (node << 2);
}

/** The address of the word that holds the first header of `chunk`, or 0 if no block begins there. */
function firstHeaderAddress(chunk: u32): usize {
  return nodeAddress(2 * load<u32>(chunksAt) + chunk);
}

/** Recomputes every node above that of `chunk`: each is the larger of its children. */
function climb(chunk: u32): void {
  for (let node = (load<u32>(chunksAt) + chunk) >> 1; node != 0; node >>= 1) {
    const children = nodeAddress(node << 1);
    store<u32>(nodeAddress(node), max(load<u32>(children), load<u32>(children, 4)));
  }
}

/** Notes a free block of the index in its leaf. The nodes above follow in `climbChanged`, so that this takes constant time. */
function raise(header: u64): void {
  const chunk = chunkOf(header);
  const chunks = load<u32>(chunksAt);
  const leaf = nodeAddress(chunks + chunk);
  const size = load<u32>(header as usize, sizeAt);
  if (load<u32>(leaf) >= size) return;
  store<u32>(leaf, size);
  const changed = nodeAddress(3 * chunks + chunk);
  if (load<u32>(changed) != 0) return;
  // The last in the list is marked by a number that no chunk has.
  store<u32>(changed, load<u32>(changedAt) - 1);
  store<u32>(changedAt, chunk + 1);
}

/** Recomputes the nodes above all changed leaves. Every step clears a link, so that no forged list is endless. */
function climbChanged(): void {
  const chunks = load<u32>(chunksAt);
  let chunk = load<u32>(changedAt) - 1;
  while (chunk < chunks) {
    const changed = nodeAddress(3 * chunks + chunk);
    climb(chunk);
    chunk = load<u32>(changed);
    store<u32>(changed, 0);
  }
  store<u32>(changedAt, 0);
}

/** Appends an empty index that covers all blocks and itself. Returns false when there is no room. */
function enlargeIndex(): bool {
  const used = load<u64>(usedAt);
  let chunks = minChunks as u64;
  while (chunks << chunkShift < used + headerSize + (chunks << indexShift)) chunks <<= 1;
  const size = chunks << indexShift;
  const header = append(size, indexLength);
  if (header == 0) return false;
  const index = header + headerSize;
  // A guest may have stored behind the last block.
  memory.fill(index, 0, size as usize);
  store<u32>(indexAt, index as u32);
  store<u32>(chunksAt, chunks as u32);
  // It covers twice as much as the one before at least, so that filling it takes constant time for each block.
  store<u32>(indexedAt, 0);
  store<u32>(changedAt, 0);
  return true;
}

/** Notes the block at `header` as the first of its chunk, if it is. */
function noteHeader(header: u64): void {
  const at = firstHeaderAddress(chunkOf(header));
  // 0 wraps to the largest number.
  if ((header as u32) - 1 < load<u32>(at) - 1) store<u32>(at, header as u32);
}

/** Brings the index up to date. False: there is no room for it. */
function updateIndex(): bool {
  const used = load<u64>(usedAt);
  if ((load<u32>(chunksAt) as u64) << chunkShift < used && !enlargeIndex()) return false;
  // Ends early at a header that was overwritten: the blocks behind it are not reused until the next reset.
  for (let header: u64 = first + load<u32>(indexedAt); isBlock(header); header = blockEnd(header)) {
    noteHeader(header);
    if (isFree(header)) raise(header);
  }
  climbChanged();
  store<u32>(indexedAt, load<u64>(usedAt) as u32);
  return true;
}

/** Returns the first free block of at least `length` in `chunk`, or 0, and then its leaf and those above are right. */
function findInChunk(chunk: u32, length: u64): usize {
  let largest: u32 = 0;
  let header = load<u32>(firstHeaderAddress(chunk)) as u64;
  while (isBlock(header) && chunkOf(header) == chunk) {
    if (isFree(header)) {
      const size = load<u32>(header as usize, sizeAt);
      if (size >= length) return header as usize;
      largest = max(largest, size);
    }
    header = blockEnd(header);
  }
  store<u32>(nodeAddress(load<u32>(chunksAt) + chunk), largest);
  climb(chunk);
  return 0;
}

/**
 * Returns the free block of at least `length` with the lowest address, or 0. Leaves may be too large, for blocks that are no
 * longer free; `findInChunk` mends them. A guest that overwrites the index makes the search end without a block.
 */
function findInIndex(length: u64): usize {
  const chunks = load<u32>(chunksAt);
  for (let attempts = chunks; attempts != 0 && load<u32>(nodeAddress(1)) >= length; attempts--) {
    let node: u32 = 1;
    while (node < chunks) {
      node <<= 1;
      if (load<u32>(nodeAddress(node)) < length) node++;
    }
    const header = findInChunk(node - chunks, length);
    if (header != 0) return header;
  }
  return 0;
}

/**
 * Returns the free block of at least `length` with the lowest address, or 0. Most often one of the lowest blocks is free and
 * long enough. Without room for an index, all blocks are looked at.
 */
function find(length: u64): usize {
  let left = nearbyBlocks;
  let onlyActive = true;
  for (let header: u64 = first + load<u32>(lowestAt); isBlock(header); header = blockEnd(header)) {
    if (onlyActive) store<u32>(lowestAt, (header - first) as u32);
    if (isFree(header)) {
      if (load<u32>(header as usize, sizeAt) >= length) return header as usize;
      onlyActive = false;
    }
    if (--left == 0 && updateIndex()) return findInIndex(length);
  }
  return 0;
}

/** Allocates `length` bytes in a free block; returns its header, or 0. A block that is much longer keeps its beginning. */
function reuse(length: u64): usize {
  let header = find(length);
  if (header == 0) return 0;
  const size = load<u32>(header, sizeAt) as u64;
  if (size - length < minExcess) {
    seal(header, size, length);
    return header;
  }
  const rest = size - length - headerSize;
  seal(header, rest, 0);
  header += headerSize + (rest as usize);
  seal(header, length, length);
  if (header - first < load<u32>(indexedAt)) noteHeader(header);
  return header;
}

/** Takes the decisions of the reference: a free block is reused only when its memory would have to grow. */
export function alloc(length: u64): u64 {
  // 0 wraps to the largest number.
  if (length - 1 >= maxLength) return 0;
  const position = load<u64>(positionAt);
  const grown = load<u64>(grownAt);
  const taken = length + headerSize;
  const left = referenceBytes + grown - position;
  const grows = taken >= left;
  let header: usize = grows && taken <= position ? reuse(length) : 0;
  if (header == 0) {
    header = append(length, length);
    if (header != 0) {
      store<u64>(positionAt, position + taken);
      if (grows) store<u64>(grownAt, grown + ((taken - left + 0xffff) & ~0xffff));
    } else {
      if (!grows) header = reuse(length);
      if (header == 0) return 0;
    }
  }
  return header + headerSize;
}

/** Marks the block as free. Its bytes stay as they are until it is reused. */
export function free(handle: u64): void {
  const header = headerOf(handle);
  if (header == 0) return;
  if (handle == load<u64>(inputAt)) input_set(0, 0);
  seal(header, load<u32>(header, sizeAt), 0);
  const offset = (header - first) as u32;
  if (offset < load<u32>(lowestAt)) store<u32>(lowestAt, offset);
  if (offset < load<u32>(indexedAt)) raise(header);
}

export function length(handle: u64): u64 {
  const header = headerOf(handle);
  return header == 0 ? 0 : load<u32>(header, lengthAt);
}

// The reference walks all blocks in `length` and none here; with check words both are safe and as fast.
export { length as length_unsafe };

// Memory that was never touched is zero, which is also what a load out of bounds returns.

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

// What the host asks in the middle of a plug-in's life, in 32 bits, which hold every address and length: WebKit (2.50)
// crashes the page when a worker is terminated inside a function that returns an i64 to JavaScript.

export function host_alloc(length: u32): u32 {
  return alloc(length) as u32;
}

export function host_length(handle: u64): u32 {
  return length(handle) as u32;
}

export function host_error(): u32 {
  return load<u32>(errorAt);
}

export function host_output(): u32 {
  return load<u32>(outputAt);
}

export function host_output_length(): u32 {
  return load<u32>(outputLengthAt);
}

/** Bytes from address 0 that may be other than zero: a copy of them is a copy of the kernel's state. */
export function host_used(): u32 {
  return (first as u32) + load<u32>(touchedAt);
}

/** Forgets every block, input, output and error, and zeroes what was touched. Memory never shrinks, nor the reference's. */
export function reset(): void {
  const grown = load<u64>(grownAt);
  memory.fill(first, 0, load<u64>(touchedAt) as usize);
  memory.fill(0, 0, first);
  store<u64>(grownAt, grown);
}

/** Caps the memory's pages. Below the current size, nothing grows. */
export function set_max_pages(pages: u32): void {
  maxPages = min(pages, maxPagesOfWasm);
}

/** Sets the secret in the check words; what was allocated before is then no handle any more. */
export function set_secret(value: u64): void {
  secret = value;
}
