import type { Clocks } from './clocks.js';
import type { Descriptors } from './descriptors.js';
import { errno, Refusal, refuse } from './errno.js';
import type { Binding } from './functions.js';
import { type GuestMemory, unsigned } from './guest-memory.js';
import { rights } from './rights.js';

const eventType = { clock: 0, fdRead: 1, fdWrite: 2 };
const eventBytes = 32;
const maxSubscriptions = 16_384;
const flagAbsolute = 1;
const flagHangup = 1;

interface Event {
  readonly userdata: bigint;
  readonly type: number;
  readonly errno: number;
  /** The number of bytes that can be read; 0 for other events. */
  readonly bytes: bigint;
  readonly flags: number;
}

/** Waits until a subscription is ready: a clock, or a descriptor, which is always ready here. Returns the number of events. */
export function pollOneoff(
  { program: { clocks, descriptors, work }, memory, layout }: Binding,
  input: number,
  output: number,
  count: number,
): number {
  const { clock, bytes } = layout.subscription;
  if (count <= 0 || count > maxSubscriptions) refuse('inval');
  // Both lists must be in bounds before the guest waits.
  memory.bytes(input, count * bytes);
  memory.bytes(output, count * eventBytes);
  const ready: Event[] = [];
  const alarms: { readonly event: Event; readonly wait: bigint }[] = [];
  for (let index = 0; index < count; index += 1) {
    const at = unsigned(input) + index * bytes;
    const type = memory.u8(at + 8);
    const event = { userdata: memory.u64(at), type, errno: 0, bytes: 0n, flags: 0 };
    if (type === eventType.clock) {
      const wait = attempt(() => alarmOf(clocks, memory, at + clock));
      if (typeof wait === 'bigint') alarms.push({ event, wait });
      else ready.push({ ...event, errno: wait.errno });
    } else if (type === eventType.fdRead || type === eventType.fdWrite) {
      const state = attempt(() => readiness(descriptors, memory.u32(at + 16), type));
      ready.push(state instanceof Refusal ? { ...event, errno: state.errno } : { ...event, ...state });
    } else {
      refuse('inval');
    }
  }
  const soonest = alarms.reduce<bigint | null>(
    (least, { wait }) => (least === null || wait < least ? wait : least),
    null,
  );
  if (ready.length === 0 && soonest !== null) {
    work.charge(Number(soonest));
    clocks.sleep(soonest);
  }
  const limit = ready.length > 0 ? 0n : (soonest ?? 0n);
  const events = [...ready, ...alarms.flatMap(({ event, wait }) => (wait <= limit ? event : []))];
  events.forEach((event, index) => writeEvent(memory, unsigned(output) + index * eventBytes, event));
  return events.length;
}

function attempt<Value>(ask: () => Value): Value | Refusal {
  try {
    return ask();
  } catch (thrown) {
    if (thrown instanceof Refusal && thrown.errno !== errno.fault) return thrown;
    throw thrown;
  }
}

function alarmOf(clocks: Clocks, memory: GuestMemory, at: number): bigint {
  const absolute = (memory.u16(at + 24) & flagAbsolute) !== 0;
  return clocks.untilDue(memory.u32(at), memory.u64(at + 8), absolute);
}

function readiness(descriptors: Descriptors, fd: number, type: number): Pick<Event, 'bytes' | 'flags'> {
  const descriptor = descriptors.get(fd);
  const wanted = type === eventType.fdRead ? rights.fdRead : rights.fdWrite;
  if ((descriptor.rights & (wanted | rights.pollFdReadwrite)) !== (wanted | rights.pollFdReadwrite))
    refuse('notcapable');
  if (descriptor.kind === 'input') {
    const { left } = descriptor.stream;
    return { bytes: BigInt(left), flags: left === 0 ? flagHangup : 0 };
  }
  if (descriptor.kind !== 'file' || type === eventType.fdWrite) return { bytes: 0n, flags: 0 };
  return { bytes: BigInt(Math.max(0, descriptor.node.contents.size - descriptor.position)), flags: 0 };
}

function writeEvent(memory: GuestMemory, at: number, event: Event): void {
  memory.bytes(at, eventBytes).fill(0);
  memory.setU64(at, event.userdata);
  memory.setU16(at + 8, event.errno);
  memory.setU8(at + 10, event.type);
  memory.setU64(at + 16, event.bytes);
  memory.setU16(at + 24, event.flags);
}
