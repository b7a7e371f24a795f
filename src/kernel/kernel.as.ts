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
/** u32: blocks with an offset below this one are in the index. */
const indexedAt: usize = 80;
/** u32: address of the index; 0 until it is needed. */
const indexAt: usize = 84;
/** u32: chunks that the index covers: a power of two. */
const chunksAt: usize = 88;
const first: usize = 92;

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
const minExcess: u32 = 128;
// The index: a tree of the sizes of free blocks. Each leaf stands for a chunk of addresses, for the blocks whose headers begin
// there, and holds the largest size among them. Node i has the children 4i to 4i + 3, the leaf of chunk c is node chunks + c. Where
// chunks is a power of four, node 1 is the root; where it is twice one, nodes 2 and 3 have no parent. Two arrays follow one another:
// u32 nodes[2 * chunks], u8 firstHeaders[chunks].
const chunkShift: u32 = 8;
/** The largest offset in a chunk, which has to fit into a byte. */
const lastOffset: u32 = (1 << chunkShift) - 1;
/** Bytes of the index for each chunk. */
const indexBytes: u64 = 9;
const minChunks: u64 = 256;

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
  // Size and length in one load.
  return ((((load<u64>(header) ^ secret) + header) * 0x9e3779b97f4a7c15) >> 32) as u32;
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

/** The address of the byte that holds the offset of the first header in `chunk`, from the chunk's last byte backwards. */
function firstHeaderAddress(chunk: u32): usize {
  return nodeAddress(2 * load<u32>(chunksAt)) + chunk;
}

/** Raises the nodes above a free block of the index to its size: most often one or two, with 4 GiB at most thirteen. */
function raise(header: u64): void {
  const size = load<u32>(header as usize, sizeAt);
  for (let node = load<u32>(chunksAt) + chunkOf(header); node != 0; node >>= 2) {
    const at = nodeAddress(node);
    if (load<u32>(at) >= size) return;
    store<u32>(at, size);
  }
}

/** Sets the leaf of `chunk`, and the nodes above to the largest of their children, up to the first that stays the same. */
function lower(chunk: u32, size: u32): void {
  let node = load<u32>(chunksAt) + chunk;
  let largest = size;
  while (load<u32>(nodeAddress(node)) != largest) {
    store<u32>(nodeAddress(node), largest);
    node >>= 2;
    if (node == 0) return;
    const children = nodeAddress(node << 2);
    largest = max(
      max(load<u32>(children), load<u32>(children, 4)),
      max(load<u32>(children, 8), load<u32>(children, 12)),
    );
  }
}

/** Appends an empty index that covers all blocks and itself. Returns false when there is no room. */
function enlargeIndex(): bool {
  const used = load<u64>(usedAt);
  let chunks = minChunks;
  while (chunks << chunkShift < used + headerSize + chunks * indexBytes) chunks <<= 1;
  const size = chunks * indexBytes;
  const header = append(size, indexLength);
  if (header == 0) return false;
  const index = header + headerSize;
  // A guest may have stored behind the last block.
  memory.fill(index, 0, size as usize);
  store<u32>(indexAt, index as u32);
  store<u32>(chunksAt, chunks as u32);
  // It covers twice as much as the one before at least, so that filling it takes constant time for each block.
  store<u32>(indexedAt, 0);
  return true;
}

/** Notes the block at `header` as the first of its chunk, if it is. */
function noteHeader(header: u64): void {
  const at = firstHeaderAddress(chunkOf(header));
  // A zero is the last offset. The search reads it only for chunks in which a block begins.
  store<u8>(at, max<u32>(load<u8>(at), lastOffset - (((header - first) as u32) & lastOffset)));
}

/**
 * Returns the first free block of at least `length` from `header` on, or 0. For a length of 0, notes all blocks in the index. One
 * function, because the build inlines what it calls.
 */
function walk(header: u64, length: u32): usize {
  while (isBlock(header)) {
    const words = load<u64>(header as usize);
    if (length == 0) noteHeader(header);
    if (words >> 32 == 0) {
      if (length == 0) raise(header);
      else if ((words as u32) >= length) return header as usize;
    }
    header += headerSize + (words & 0xffff_ffff);
  }
  return 0;
}

/** Brings the index up to date. Returns false when there is no room for it. */
function updateIndex(): bool {
  const used = load<u64>(usedAt);
  let offset = load<u32>(indexedAt) as u64;
  if (offset == used) return used != 0;
  if ((load<u32>(chunksAt) as u64) << chunkShift < used) {
    if (!enlargeIndex()) return false;
    offset = 0;
  }
  // Ends early at a header that was overwritten: the blocks behind it are not reused until the next reset.
  walk(first + offset, 0);
  store<u32>(indexedAt, load<u64>(usedAt) as u32);
  return true;
}

/** Returns the size of what remains free of a block of `size` bytes when `length` of them are taken: 0 or at least 116. */
function restOf(size: u32, length: u32): u32 {
  return size - length < minExcess ? 0 : size - length - (headerSize as u32);
}

/**
 * Returns the first free block of at least `length` in `chunk`, or 0, and sets the leaf to what is left without it. A guest
 * that overwrites headers or the index makes it return 0: the walk only goes upwards, and its end is validated.
 */
function takeFromChunk(chunk: u32, length: u32): usize {
  const before = load<u32>(nodeAddress(load<u32>(chunksAt) + chunk));
  let header: u64 = first + ((chunk as u64) << chunkShift);
  const end = min(header + (1 << chunkShift), first + load<u64>(usedAt) - headerSize + 1);
  header += lastOffset - load<u8>(firstHeaderAddress(chunk));
  let found: u64 = 0;
  let largest: u32 = 0;
  while (header < end) {
    // Size and length in one load.
    const words = load<u64>(header as usize);
    let size = words as u32;
    if (words >> 32 == 0) {
      if (found == 0 && size >= length) {
        found = header;
        if (size < before) {
          // A longer one is in the same chunk.
          largest = before;
          break;
        }
        size = restOf(size, length);
      }
      largest = max(largest, size);
    }
    header += headerSize + (words & 0xffff_ffff);
  }
  lower(chunk, largest);
  return isBlock(found) ? (found as usize) : 0;
}

/** Returns the free block of at least `length` with the lowest address in the index, or 0. */
function takeFromIndex(length: u32): usize {
  const chunks = load<u32>(chunksAt);
  let node: u32 = 1 + (ctz(chunks) & 1);
  if (load<u32>(nodeAddress(node)) < length && (node == 1 || load<u32>(nodeAddress(++node)) < length)) return 0;
  // Branches, which a processor predicts, are faster here than arithmetic.
  while (node < chunks) {
    node <<= 2;
    const at = nodeAddress(node);
    if (load<u32>(at) < length) {
      node++;
      if (load<u32>(at, 4) < length) {
        node++;
        if (load<u32>(at, 8) < length) node++;
      }
    }
  }
  // A guest that overwrites a node leads nowhere.
  return load<u32>(nodeAddress(node)) < length ? 0 : takeFromChunk(node - chunks, length);
}

/** Returns the free block of at least `length` with the lowest address, or 0. Without room for an index, all blocks are looked at. */
function take(length: u32): usize {
  if (updateIndex()) return takeFromIndex(length);
  return walk(first, length);
}

/** Allocates `length` bytes in a free block; returns its header, or 0. A block that is much longer keeps its beginning. */
function reuse(length: u32): usize {
  let header = take(length);
  if (header == 0) return 0;
  let size = load<u32>(header, sizeAt);
  const rest = restOf(size, length);
  if (rest != 0) {
    seal(header, rest, 0);
    header += headerSize + (rest as usize);
    size = length;
  }
  seal(header, size, length);
  if (rest != 0 && header - first < load<u32>(indexedAt)) noteHeader(header);
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
  let header: usize = grows && taken <= position ? reuse(length as u32) : 0;
  if (header == 0) {
    header = append(length, length);
    if (header != 0) {
      store<u64>(positionAt, position + taken);
      if (grows) store<u64>(grownAt, grown + ((taken - left + 0xffff) & ~0xffff));
    } else {
      if (!grows) header = reuse(length as u32);
      if (header == 0) return 0;
    }
  }
  return header + headerSize;
}

/** Marks the block as free. Its bytes stay as they are until it is reused. */
export function free(handle: u64): void {
  const header = headerOf(handle);
  if (header == 0) return;
  if (handle == load<u64>(inputAt)) host_input_set(0, 0);
  seal(header, load<u32>(header, sizeAt), 0);
  if (header - first < load<u32>(indexedAt)) raise(header);
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

// For the host alone: guests are linked to no function whose name begins with `host_`.

/** Makes a range the input of this call; one of no bytes, or out of bounds, is no input. */
export function host_input_set(p: u64, length: u64): void {
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
export function host_reset(): void {
  const grown = load<u64>(grownAt);
  memory.fill(first, 0, load<u64>(touchedAt) as usize);
  memory.fill(0, 0, first);
  store<u64>(grownAt, grown);
}

/** Caps the memory's pages. Below the current size, nothing grows. */
export function host_max_pages(pages: u32): void {
  maxPages = min(pages, maxPagesOfWasm);
}

/** Traps. Engines mark the exception of a trap, so that a guest's `catch_all` does not catch it, even if JavaScript passes it on. */
export function host_trap(): void {
  unreachable();
}

/** Sets the secret in the check words; what was allocated before is then no handle any more. */
export function host_secret(value: u64): void {
  secret = value;
}
