// Prints the figures as a table.
import { figureOf, ratioOf, targetsOf } from './figures.mjs';

/** @typedef {import('./figures.mjs').EngineResult} EngineResult */
/** @typedef {import('./figures.mjs').Round} Round */

const subjectTitles = /** @type {const} */ ([
  ['floor', 'floor (plain worker)'],
  ['comlink', 'Comlink without checks'],
  ['tenon', 'Tenon'],
  ['dropIn', 'tenon/extism'],
  ['peerWorker', 'SDK in a worker'],
  ['peerWorkerReset', 'SDK in a worker, with resets'],
  ['peerPage', 'SDK on the page'],
]);

/** @param {number} ms */
function time(ms) {
  return ms < 1 ? `${(ms * 1_000).toFixed(0)} us` : `${ms.toFixed(ms < 10 ? 2 : 1)} ms`;
}

/** @param {number | null} ratio */
function times(ratio) {
  if (ratio === null) return '';
  return `${ratio.toFixed(ratio < 10 ? 2 : 1)}x`;
}

/** @param {number | null} ratio */
function plain(ratio) {
  return ratio === null ? '' : ratio.toFixed(2);
}

/** @param {readonly string[]} cells */
function row([title = '', ...cells]) {
  return `  ${title.padEnd(52)}${cells.map((cell) => cell.padStart(13)).join('')}`;
}

/**
 * @param {string} title
 * @param {readonly Round[]} rounds
 * @param {readonly (number | null)[]} ratios
 */
function line(title, rounds, ratios) {
  const { min, median, p95 } = figureOf(rounds);
  return row([title, time(median), time(min), time(p95), ...ratios.map(times)]);
}

/** @param {EngineResult['calls'][number]} result */
function callLines({ title, rounds, ownPart }) {
  const lines = subjectTitles.flatMap(([id, subject]) => {
    const own = rounds[id];
    return own === undefined
      ? []
      : [line(`${title}: ${subject}`, own, [ratioOf(own, rounds.floor), ratioOf(own, rounds.tenon)])];
  });
  if (ownPart.length > 0) lines.push(line(`${title}: Tenon's own part`, ownPart, [ratioOf(ownPart, rounds.floor)]));
  return lines;
}

/** @param {EngineResult['creation']} creation */
function creationLines(creation) {
  const base = creation.find(({ id }) => id === 'tenonModule')?.rounds;
  return creation.map(({ title, rounds }) => line(title, rounds, [null, ratioOf(rounds, base)]));
}

/** @param {EngineResult['hostCalls']} hostCalls */
function hostCallLines(hostCalls) {
  const base = hostCalls.find(({ id }) => id === 'port')?.rounds;
  return hostCalls.map(({ title, rounds }) => line(title, rounds, [ratioOf(rounds, base)]));
}

/** @param {EngineResult['memory'][string]} memory */
function memoryLine({ title, calls, bytesPerCall, points }) {
  const first = points[0]?.bytes ?? 0;
  const last = points.at(-1)?.bytes ?? 0;
  const grown = `${(first / 1e6).toFixed(0)} to ${(last / 1e6).toFixed(0)} MB over ${calls} calls`;
  const slope = bytesPerCall === null ? 'not measured' : `${(bytesPerCall / 1_000).toFixed(2)} KB a call`;
  return `  ${title.padEnd(52)}${slope.padStart(20)}   (${grown})`;
}

/**
 * @param {string} engine
 * @param {EngineResult} result
 */
export function tableOf(engine, result) {
  const marks = { true: 'met', false: 'MISSED', null: 'not measured' };
  return [
    '',
    `${engine} ${result.version}`,
    row(['', 'median', 'min', 'p95', '/ floor', '/ Tenon']),
    ...result.calls.flatMap(callLines),
    '',
    row(['one host call of a running plug-in', 'median', 'min', 'p95', '/ port', '']),
    ...hostCallLines(result.hostCalls),
    '',
    row(['to the first output (count-vowels)', 'median', 'min', 'p95', '', '/ module']),
    ...creationLines(result.creation),
    '',
    row(['files', 'median', 'min', 'p95', '', '']),
    ...result.files.map(({ title, rounds }) => line(title, rounds, [])),
    '',
    '  memory of the page and its workers, calls of 100 KB',
    ...Object.values(result.memory).map(memoryLine),
    '',
    row(['targets', 'medians', 'at best', 'wanted', '']),
    ...targetsOf(result).map(({ title, wanted, ratio, atBest, met }) =>
      row([title, plain(ratio), plain(atBest), wanted, marks[`${met}`]]),
    ),
  ].join('\n');
}
