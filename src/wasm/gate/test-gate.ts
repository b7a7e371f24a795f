import { createGate } from './gate.js';
import type { GateResult } from './gate.js';
import type { GatePolicy } from './module-facts.js';
import { joined } from '../reader/test-modules.js';

export interface Gated extends GateResult {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Sends a module through a gate in chunks whose sizes repeat `cuts`; in one chunk by default. */
export function gated(
  bytes: Uint8Array,
  policy: GatePolicy = {},
  cuts: readonly number[] = [bytes.length || 1],
): Gated {
  const gate = createGate(policy);
  const out: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = cuts[turn % cuts.length] ?? 1;
    out.push(...gate.push(bytes.slice(at, at + size)));
    at += size;
  }
  const result = gate.finish();
  return { ...result, bytes: joined([...out, ...result.rest]) };
}
