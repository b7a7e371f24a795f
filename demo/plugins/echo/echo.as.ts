// Answers with its own input, byte for byte, whatever its length.
// Written straight on the imports, with no runtime and no allocation in the guest: benchmarks use it as the least work
// a plug-in can do that still moves every byte itself.
import { alloc, input_length, input_load_u64, input_load_u8, output_set, store_u64, store_u8 } from '@extism/as-pdk/lib/env';

@external('extism:host/env', 'input_offset')
declare function input_offset(): u64;

/** Moves the input to a new block through load and store imports, eight bytes at a time, as every PDK does. */
export function echo(): i32 {
  const length = input_length();
  if (length == 0) return 0;
  const output = alloc(length);
  if (output == 0) return 1;
  const words = length & ~7;
  let at: u64 = 0;
  for (; at < words; at += 8) store_u64(output + at, input_load_u64(at));
  for (; at < length; at++) store_u8(output + at, input_load_u8(at));
  output_set(output, length);
  return 0;
}

/** Names the input itself as the output: no byte passes through the plug-in. */
export function echo_in_place(): i32 {
  const length = input_length();
  if (length != 0) output_set(input_offset(), length);
  return 0;
}
