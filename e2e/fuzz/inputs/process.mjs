// Fuzzes one target in a process of its own, so that a target that never ends or takes all memory can be killed:
// `process.mjs <bundle> <target> <seed> <count> <file of the current input>`. Sends its result as a message.
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Coverage } from './coverage.mjs';
import { mutated, randomOf } from './mutate.mjs';
import { findingsOf, seeds } from './seeds.mjs';

/** What one input may take. Processor time, because other processes of the machine must not count. */
const maxMs = 500;
const maxBytes = 256 << 20;
/** A new input costs as much as this to be kept: the most that the corpus grows to. */
const maxCorpus = 2_000;

const [bundle = '', target = '', seed = '1', count = '1', currentFile = ''] = process.argv.slice(2);
const url = pathToFileURL(bundle).href;
/** @type {{ runTarget: (name: string, bytes: Uint8Array<ArrayBuffer>) => void }} */
const { runTarget } = await import(url);
const { inputs, words } = seeds[target] ?? { inputs: [], words: [] };
const random = randomOf(Number(seed));
const coverage = new Coverage(url);
/** @type {Uint8Array[]} */
const corpus = [...inputs, ...findingsOf(target)];
/** @type {{ input: string, fault: string }[]} */
const faults = [];
let slowestMs = 0;
let mostBytes = 0;

/** Runs one input, and returns its processor time in milliseconds. @param {Uint8Array<ArrayBuffer>} input */
function timed(input) {
  const start = process.cpuUsage();
  runTarget(target, input);
  const { user } = process.cpuUsage(start);
  return user / 1_000;
}

/** @param {Uint8Array<ArrayBuffer>} input */
function judge(input) {
  writeFileSync(currentFile, input);
  const before = process.resourceUsage().maxRSS;
  try {
    let ms = timed(input);
    // A collection of garbage, or the optimizing compiler, may have run in that time.
    for (let again = 0; again < 2 && ms > maxMs; again += 1) ms = Math.min(ms, timed(input));
    slowestMs = Math.max(slowestMs, ms);
    if (ms > maxMs) fail(input, `took ${Math.round(ms)} ms, at most ${maxMs} are allowed`);
  } catch (error) {
    fail(input, `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
  const bytes = (process.resourceUsage().maxRSS - before) * 1_024;
  mostBytes = Math.max(mostBytes, bytes);
  if (bytes > maxBytes) fail(input, `took ${bytes >> 20} MiB, at most ${maxBytes >> 20} are allowed`);
}

/** @param {Uint8Array} input @param {string} fault */
function fail(input, fault) {
  if (faults.length < 20) faults.push({ input: Buffer.from(input).toString('base64'), fault });
}

for (const input of corpus) judge(Uint8Array.from(input));
coverage.isNew();
for (let run = 0; run < Number(count); run += 1) {
  const [one, other] = [corpus[random(corpus.length)], corpus[random(corpus.length)]];
  if (one === undefined || other === undefined) break;
  const input = mutated(one, random, other, words);
  judge(input);
  if (coverage.isNew() && corpus.length < maxCorpus) corpus.push(input);
  if (run % 100 === 0) process.send?.({ run });
}
process.send?.({
  done: { runs: Number(count), corpus: corpus.length, blocks: coverage.size, slowestMs, mostBytes, faults },
});
process.disconnect();
