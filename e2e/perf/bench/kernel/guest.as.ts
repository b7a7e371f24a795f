/** A guest that allocates and frees as plug-ins do. `node e2e/perf/bench/kernel.mjs` compiles and links it. */

@external('kernel', 'alloc')
declare function alloc(length: u64): u64;
@external('kernel', 'free')
declare function free(handle: u64): void;
@external('kernel', 'length')
declare function length(handle: u64): u64;
@external('host', 'config_get')
declare function config_get(key: u64): u64;

/** Lengths from 1 to 400, in an order without a pattern. */
function lengthAt(index: u32): u64 {
  return ((index * 7919) % 400) + 1;
}

/** Where the handle of a live block is kept. */
function slotAt(index: u32): usize {
  return 1024 + ((index as usize) << 3);
}

/** Allocates `live` blocks. */
export function fill(live: u32): void {
  for (let index: u32 = 0; index < live; index++) store<u64>(slotAt(index), alloc(lengthAt(index)));
}

/** Replaces `rounds` of the blocks, in turn: one free, one alloc and one length each. */
export function churn(live: u32, rounds: u32): u64 {
  let sum: u64 = 0;
  let slot: u32 = 0;
  for (let index: u32 = 0; index < rounds; index++) {
    const at = slotAt(slot);
    if (++slot == live) slot = 0;
    free(load<u64>(at));
    const handle = alloc(lengthAt(index * 31));
    sum += length(handle);
    store<u64>(at, handle);
  }
  return sum;
}

/** Reads a config value `rounds` times, and frees it. */
export function config(rounds: u32): u64 {
  let sum: u64 = 0;
  for (let index: u32 = 0; index < rounds; index++) {
    const value = config_get(alloc(8 + (index & 15)));
    sum += length(value);
    free(value);
  }
  return sum;
}
