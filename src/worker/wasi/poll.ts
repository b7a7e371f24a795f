import type { Clocks } from './clocks.js';
import { errno, Refusal, refuse } from './errno.js';
import type { Binding, PageWait, Program } from './functions.js';
import { type GuestMemory, unsigned } from './guest-memory.js';
import { InputStream } from './streams/input-stream.js';
import { rights } from './rights.js';

const eventType = { clock: 0, fdRead: 1, fdWrite: 2 };
const eventBytes = 32;
const maxSubscriptions = 16_384;
const flagAbsolute = 1;
const flagHangup = 1;
const nanosecondsPerMillisecond = 1_000_000;

interface Event {
  readonly userdata: bigint;
  readonly type: number;
  readonly errno: number;
  /** The number of bytes that can be read; 0 for other events. */
  readonly bytes: bigint;
  readonly flags: number;
}

/** Where the guest has its subscriptions, and wants the events. */
interface PollRequest {
  readonly input: number;
  readonly output: number;
  readonly count: number;
  readonly result: number;
}

interface Alarm {
  readonly event: Event;
  readonly wait: bigint;
}

/** The subscriptions of one call. */
interface Polled {
  readonly ready: readonly Event[];
  readonly alarms: readonly Alarm[];
  /** The input that the page must be asked for; null if no subscription waits for it. */
  readonly input: InputStream | null;
}

/** Waits until a subscription is ready: a clock, standard input, or another descriptor, which is always ready here. */
export function pollOneoff(binding: Binding, request: PollRequest): PageWait | void {
  const { program, memory, layout } = binding;
  const { input, output, count } = request;
  if (count <= 0 || count > maxSubscriptions) refuse('inval');
  // Both lists must be in bounds before the guest waits.
  memory.bytes(input, count * layout.subscription.bytes);
  memory.bytes(output, count * eventBytes);
  const polled = poll(binding, request);
  const soonest = soonestOf(polled.alarms);
  if (polled.ready.length > 0) return writeEvents(memory, request, polled, 0n);
  program.flush();
  if (polled.input === null) {
    sleep(program, soonest ?? 0n);
    return writeEvents(memory, request, polled, soonest ?? 0n);
  }
  const stream = polled.input;
  const withinMs = soonest === null ? null : Number(soonest) / nanosecondsPerMillisecond;
  return {
    question: ['stdin', stream.isNew, withinMs],
    finish: (answer) => {
      stream.feed(answer as Uint8Array | null | false);
      if (answer === false) program.work.charge(Number(soonest));
      writeEvents(memory, request, answer === false ? polled : poll(binding, request), answer === false ? soonest : 0n);
    },
  };
}

function sleep({ clocks, work }: Program, nanoseconds: bigint): void {
  if (nanoseconds === 0n) return;
  work.charge(Number(nanoseconds));
  clocks.sleep(nanoseconds);
}

function poll(binding: Binding, { input, count }: PollRequest): Polled {
  const { program, memory, layout } = binding;
  const { clock, bytes } = layout.subscription;
  const ready: Event[] = [];
  const alarms: Alarm[] = [];
  let waitsFor: InputStream | null = null;
  for (let index = 0; index < count; index += 1) {
    const at = unsigned(input) + index * bytes;
    const type = memory.u8(at + 8);
    const event = { userdata: memory.u64(at), type, errno: 0, bytes: 0n, flags: 0 };
    if (type === eventType.clock) {
      const wait = attempt(() => alarmOf(program.clocks, memory, at + clock));
      if (typeof wait === 'bigint') alarms.push({ event, wait });
      else ready.push({ ...event, errno: wait.errno });
    } else if (type === eventType.fdRead || type === eventType.fdWrite) {
      const state = attempt(() => readiness(program, memory.u32(at + 16), type));
      if (state instanceof Refusal) ready.push({ ...event, errno: state.errno });
      else if (state instanceof InputStream) waitsFor = state;
      else ready.push({ ...event, ...state });
    } else {
      refuse('inval');
    }
  }
  return { ready, alarms, input: waitsFor };
}

function soonestOf(alarms: readonly Alarm[]): bigint | null {
  return alarms.reduce<bigint | null>((least, { wait }) => (least === null || wait < least ? wait : least), null);
}

/** Writes the events that are ready, and the alarms that are due after `passed` nanoseconds. */
function writeEvents(
  memory: GuestMemory,
  { output, result }: PollRequest,
  { ready, alarms }: Polled,
  passed: bigint | null,
): void {
  const events = [...ready, ...alarms.flatMap(({ event, wait }) => (wait <= (passed ?? 0n) ? event : []))];
  events.forEach((event, index) => writeEvent(memory, unsigned(output) + index * eventBytes, event));
  memory.setU32(result, events.length);
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

/** Returns the input itself if the page must be asked whether it is ready. */
function readiness(
  { descriptors, canWait }: Program,
  fd: number,
  type: number,
): Pick<Event, 'bytes' | 'flags'> | InputStream {
  const descriptor = descriptors.get(fd);
  const wanted = type === eventType.fdRead ? rights.fdRead : rights.fdWrite;
  if ((descriptor.rights & (wanted | rights.pollFdReadwrite)) !== (wanted | rights.pollFdReadwrite))
    refuse('notcapable');
  if (descriptor.kind === 'input') {
    const { left, mustAsk } = descriptor.stream;
    if (mustAsk && canWait) return descriptor.stream;
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
