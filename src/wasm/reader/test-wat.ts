import wabtInit from 'wabt';

/** Assembles modules that tests write as text. */

const wabt = await wabtInit();
const features = {
  bulk_memory: true,
  exceptions: true,
  multi_value: true,
  mutable_globals: true,
  reference_types: true,
  sat_float_to_int: true,
  sign_extension: true,
  simd: true,
  tail_call: true,
  threads: true,
};

/** Returns the module of these fields. */
export function assemble(fields: string): Uint8Array<ArrayBuffer> {
  const module = wabt.parseWat('test.wat', `(module ${fields})`, features);
  try {
    return Uint8Array.from(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}
