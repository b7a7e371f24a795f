import { type Round, summarise } from './statistics.js';
import { openSubject, type Subject, type SubjectId, subjectIds } from './subjects.js';

/** One kind of call, measured with every subject that supports it. */
export interface CallCase {
  readonly id: string;
  readonly title: string;
  readonly file: string;
  readonly name: string;
  readonly input: Uint8Array<ArrayBuffer>;
  readonly subjects: readonly SubjectId[];
  /** Consecutive calls in one sample; short calls need several because of the clock's resolution. */
  readonly callsPerSample: number;
  readonly samplesPerSlice: number;
  readonly echoes: boolean;
}

/** The rounds of each subject; for Tenon also the time of each call without that of the guest. */
export interface CallResult {
  readonly id: string;
  readonly title: string;
  readonly rounds: Readonly<Partial<Record<SubjectId, readonly Round[]>>>;
  readonly ownPart: readonly Round[];
}

const kib = 1024;
const roundCount = 5;
const slicesPerRound = 6;

function bytes(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
}

function text(length: number): Uint8Array<ArrayBuffer> {
  const sentence = 'The quick brown fox jumps over the lazy dog. ';
  return new TextEncoder().encode(sentence.repeat(Math.ceil(length / sentence.length)).slice(0, length));
}

const echo = { file: 'echo.wasm', name: 'echo', subjects: subjectIds, echoes: true };

export const callCases: readonly CallCase[] = [
  { ...echo, id: 'echo16', title: 'echo 16 B', input: bytes(16), callsPerSample: 10, samplesPerSlice: 20 },
  { ...echo, id: 'echo64k', title: 'echo 64 KiB', input: bytes(64 * kib), callsPerSample: 4, samplesPerSlice: 8 },
  { ...echo, id: 'echo1m', title: 'echo 1 MiB', input: bytes(1024 * kib), callsPerSample: 1, samplesPerSlice: 6 },
  {
    ...echo,
    id: 'inPlace1m',
    title: 'echo 1 MiB, in place',
    name: 'echo_in_place',
    input: bytes(1024 * kib),
    callsPerSample: 1,
    samplesPerSlice: 6,
  },
  {
    id: 'vowels1m',
    title: 'count-vowels 1 MiB',
    file: 'count_vowels.wasm',
    name: 'count_vowels',
    input: text(1024 * kib),
    subjects: ['tenon', 'dropIn', 'peerWorker', 'peerWorkerReset', 'peerPage'],
    callsPerSample: 1,
    samplesPerSlice: 4,
    echoes: false,
  },
];

/** Creates new plug-ins in every round, so that memory which they accumulate affects all rounds alike. */
export async function measureCalls(testCase: CallCase): Promise<CallResult> {
  const rounds = new Map<SubjectId, Round[]>(testCase.subjects.map((id) => [id, []]));
  const ownPart: Round[] = [];
  for (let round = 0; round < roundCount; round += 1) {
    const subjects = await Promise.all(testCase.subjects.map((id) => openSubject(id, testCase.file)));
    try {
      const samples = await measureRound(testCase, subjects, round);
      for (const [id, { totals }] of samples) rounds.get(id)?.push(summarise(totals));
      const own = samples.get('tenon')?.own ?? [];
      if (own.length > 0) ownPart.push(summarise(own));
    } finally {
      for (const subject of subjects) await subject.close();
    }
  }
  return { id: testCase.id, title: testCase.title, rounds: Object.fromEntries(rounds), ownPart };
}

/** Runs a slice of each subject in turn, in rotating order, so that other work on the machine affects all alike. */
async function measureRound(
  testCase: CallCase,
  subjects: readonly Subject[],
  round: number,
): Promise<Map<SubjectId, Samples>> {
  const samples = new Map<SubjectId, Samples>(subjects.map(({ id }) => [id, { totals: [], own: [] }]));
  for (const subject of subjects) await warmUp(subject, testCase);
  for (let slice = 0; slice < slicesPerRound; slice += 1) {
    for (let turn = 0; turn < subjects.length; turn += 1) {
      const subject = subjects[(turn + slice + round) % subjects.length];
      const into = subject === undefined ? undefined : samples.get(subject.id);
      if (subject !== undefined && into !== undefined) await runSlice(subject, testCase, into);
    }
  }
  return samples;
}

interface Samples {
  readonly totals: number[];
  readonly own: number[];
}

async function runSlice(subject: Subject, testCase: CallCase, { totals, own }: Samples): Promise<void> {
  const { name, input, callsPerSample, samplesPerSlice } = testCase;
  await subject.tidy();
  // One call that is not measured wakes the worker, which was idle during the other slices.
  await subject.call(name, input.slice());
  for (let sample = 0; sample < samplesPerSlice; sample += 1) {
    let guestMs = 0;
    const startedAt = performance.now();
    for (let call = 0; call < callsPerSample; call += 1) {
      const answer = await subject.call(name, input.slice());
      guestMs += answer.guestMs ?? 0;
    }
    const elapsedMs = performance.now() - startedAt;
    totals.push(elapsedMs / callsPerSample);
    if (subject.id === 'tenon') own.push((elapsedMs - guestMs) / callsPerSample);
  }
}

async function warmUp(subject: Subject, testCase: CallCase): Promise<void> {
  const { name, input, callsPerSample, samplesPerSlice, echoes } = testCase;
  for (let call = 0; call < callsPerSample * samplesPerSlice; call += 1) {
    const { bytes: output } = await subject.call(name, input.slice());
    const right = echoes ? sameBytes(output, input) : output.length > 0;
    if (!right)
      throw new Error(`${testCase.title} with ${subject.id}: expected another output, found ${output.length} bytes`);
  }
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
