// Turns rounds of samples into figures: medians of medians, ratios per round, and targets.

/** @typedef {import('./page/statistics.ts').Round} Round */
/** @typedef {import('./page/calls.ts').CallResult} CallResult */
/** @typedef {{ id: string, title: string, rounds: Round[] }} CreationResult */
/** @typedef {import('./page/files.ts').FilesResult} FilesResult */
/** @typedef {{ lines: number, before: number, after: number } | null} PrintingResult Bytes of the page and its workers. */
/** @typedef {{ min: number, median: number, p95: number }} Figure Milliseconds. */
/** @typedef {{ title: string, calls: number, bytesPerCall: number | null, points: { calls: number, bytes: number }[] }} MemoryResult */
/** @typedef {import('./page/host-calls.ts').HostCallResult} HostCallResult */
/** @typedef {{ version: string, calls: CallResult[], hostCalls: HostCallResult[], creation: CreationResult[], files: FilesResult[], printing: PrintingResult, memory: Record<string, MemoryResult> }} EngineResult */
/**
 * @typedef {object} Target
 * @property {string} title
 * @property {string} wanted
 * @property {number | null} ratio The ratio of the medians.
 * @property {number | null} atBest The ratio of the shortest samples, which other work on the machine affects least.
 * @property {boolean | null} met Whether the ratio of the medians meets the target.
 */

/** The title of the target that README.md quotes. */
export const moduleToOutputTitle = 'From module to first output: SDK in a worker / Tenon';

/** @param {readonly number[]} numbers */
export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * @param {readonly Round[]} rounds
 * @returns {Figure}
 */
export function figureOf(rounds) {
  return {
    min: Math.min(...rounds.map(({ min }) => min)),
    median: median(rounds.map((round) => round.median)),
    p95: median(rounds.map(({ p95 }) => p95)),
  };
}

/**
 * Returns how many times longer `over` takes than `under`: the median of the ratios of the rounds, because both sides of a round ran
 * under the same load of the machine.
 * @param {readonly Round[] | undefined} over
 * @param {readonly Round[] | undefined} under
 */
export function ratioOf(over, under) {
  if (over === undefined || under === undefined || over.length === 0 || under.length === 0) return null;
  return median(over.map((round, index) => round.median / (under[index]?.median ?? Number.NaN)));
}

/** @typedef {readonly Round[] | undefined} Rounds */

/**
 * @param {Rounds} over
 * @param {Rounds} under
 */
function bestRatioOf(over, under) {
  if (over === undefined || under === undefined || over.length === 0 || under.length === 0) return null;
  return figureOf(over).min / figureOf(under).min;
}

/**
 * @param {string} title
 * @param {{ ratio: number | null, atBest: number | null }} ratios
 * @param {'at most' | 'at least'} side
 * @param {number} bound
 * @returns {Target}
 */
function target(title, { ratio, atBest }, side, bound) {
  const met = ratio === null ? null : side === 'at most' ? ratio <= bound : ratio >= bound;
  return { title, wanted: `${side} ${bound}`, ratio, atBest, met };
}

/**
 * @param {Rounds} over
 * @param {Rounds} under
 */
function compare(over, under) {
  return { ratio: ratioOf(over, under), atBest: bestRatioOf(over, under) };
}

/**
 * Returns the targets of the benchmark, as ratios within one run.
 * @param {EngineResult} result
 * @returns {Target[]}
 */
export function targetsOf({ calls, creation, memory, files, printing, hostCalls }) {
  const call = (/** @type {string} */ id) => calls.find((entry) => entry.id === id);
  const created = (/** @type {string} */ id) => creation.find((entry) => entry.id === id)?.rounds;
  const small = call('echo16')?.rounds;
  const large = call('echo1m');
  const toOutput = compare(created('peerWorkerModule'), created('tenonModule'));
  const file = (/** @type {FilesResult['id']} */ id) => files.find((entry) => entry.id === id)?.rounds;
  const printed = printing === null ? null : (printing.after - printing.before) / 1e6;
  const hostCall = (/** @type {string} */ id) => hostCalls.find((entry) => entry.id === id)?.rounds;
  const fastest = ['atomics-same', 'jspi-same'].find((id) => hostCall(id) !== undefined);
  const asked = hostCall(fastest ?? '');
  const inWorker = hostCall('hostModule');
  const hostGrowth = memory['hostCalls']?.bytesPerCall ?? null;
  const growth = memory['tenon']?.bytesPerCall ?? null;
  const vowels = call('vowels1m')?.rounds;
  /** @type {[string, Rounds, Rounds][]} */
  const besideCore = [
    ['call with 16 B', small?.dropIn, small?.tenon],
    ['call with 1 MiB', large?.rounds.dropIn, large?.rounds.tenon],
    ['count-vowels of 1 MiB', vowels?.dropIn, vowels?.tenon],
    ['creation from a URL', created('dropInCold'), created('coreCold')],
    ['creation from a module', created('dropInModule'), created('coreModule')],
    ['create, call, close', created('dropInCycle'), created('coreCycle')],
  ];
  const growthKb = { ratio: growth === null ? null : growth / 1_000, atBest: null };
  return [
    target('Call with 16 B: Tenon / floor', compare(small?.tenon, small?.floor), 'at most', 1.5),
    target('Call with 16 B: SDK in a worker / Tenon', compare(small?.peerWorker, small?.tenon), 'at least', 2),
    target(
      'Call with 1 MiB: SDK in a worker / Tenon',
      compare(large?.rounds.peerWorker, large?.rounds.tenon),
      'at least',
      6,
    ),
    target(
      "Call with 1 MiB: Tenon without the plug-in's own work / floor",
      compare(large?.ownPart, large?.rounds.floor),
      'at most',
      2,
    ),
    target(moduleToOutputTitle, toOutput, 'at least', 5),
    target('Host call (JSPI): Tenon / MessagePort', compare(hostCall('jspi-same'), hostCall('port')), 'at most', 1.4),
    target('Host call: SDK in a worker / Tenon', compare(hostCall('peer'), asked), 'at least', 2),
    target(
      "Call of a host module's function, in µs",
      { ratio: inWorker === undefined ? null : figureOf(inWorker).median * 1_000, atBest: null },
      'at most',
      1,
    ),
    target(
      '1,000,000 host calls: memory growth per call, in bytes',
      { ratio: hostGrowth, atBest: null },
      'at most',
      10,
    ),
    // A leak of one call's data would show as 100; the variation of heaps shows as a few.
    target('10,000 calls of 100 KB: memory growth per call, in KB', growthKb, 'at most', 5),
    target(
      '100 MiB through files: Tenon / copying in memory',
      compare(file('memory'), file('memoryFloor')),
      'at most',
      3,
    ),
    target('100 MiB through files: Tenon / OPFS alone', compare(file('opfs'), file('opfsFloor')), 'at most', 3),
    ...besideCore.map(([what, own, core]) =>
      target(`tenon/extism / tenon: ${what}`, compare(own, core), 'at most', 1.3),
    ),
    // Stored, the lines would take 50 MB.
    target(
      '1,000,000 lines to a stream that is off: memory growth, in MB',
      { ratio: printed, atBest: null },
      'at most',
      10,
    ),
  ];
}
