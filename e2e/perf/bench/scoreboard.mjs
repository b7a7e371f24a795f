// The README's scoreboard: made from the result files that `npm run bench` and `npm run soak` leave, never typed.
// `node e2e/perf/bench/scoreboard.mjs` writes it; `--check` (in `npm test`) says whether the README shows what the files say.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, say } from '../../setup/processes.mjs';

const readme = join(root, 'README.md');
const begin = '<!-- scoreboard: written by e2e/perf/bench/scoreboard.mjs -->';
const end = '<!-- /scoreboard -->';

/** @typedef {'soak' | 'foundation' | 'meter'} ResultName */
/** @typedef {{ ok: boolean, figures: any, version?: string, date: string, commit: string }} SoakEntry */

/** @param {ResultName} name */
export function resultsFile(name) {
  return join(root, 'e2e/perf/results', `${name}.json`);
}

/** @param {ResultName} name @returns {Record<string, any>} */
export function readResults(name) {
  const file = resultsFile(name);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

/** @param {number} count */
const grouped = (count) => count.toLocaleString('en-US');

/**
 * What each long test is to show: a title, the target, and the figure in words. `met` judges a row by itself, where a job has several.
 * @type {readonly { id: string, title: string, target: string, figure: (figures: any) => string, everywhere?: boolean, met?: (figures: any) => boolean }[]}
 */
const rows = [
  {
    id: 'hostile',
    title: 'Hostile plug-ins contained',
    target: 'all',
    figure: ({ contained, of }) => `contained ${contained}/${of}`,
  },
  {
    id: 'hostile',
    title: 'Longest stall of the page meanwhile, machine quiet',
    target: '50 ms',
    figure: ({ quietStallMs }) => `${quietStallMs} ms`,
    met: ({ quietStallMs }) => quietStallMs <= 50,
  },
  {
    id: 'caps',
    title: 'Memory and table caps exact (1, 2, 16, 256, 4,096)',
    target: 'all',
    figure: ({ exact, caps }) => `${exact}/${caps.length}`,
  },
  {
    id: 'timeouts',
    title: 'Overshoot of a time limit, p99',
    target: '50 ms',
    figure: ({ overshootMs, runs }) => `${overshootMs.p99} ms (${runs} runs)`,
  },
  {
    id: 'timeouts',
    title: 'Next call after a kill, p99',
    target: '100 ms',
    figure: ({ nextMs }) => `${nextMs.p99} ms`,
  },
  {
    id: 'timeouts',
    title: 'The same two, 60 back to back',
    target: 'none',
    figure: ({ backToBack }) => `${backToBack.overshootMs.p99} and ${backToBack.nextMs.p99} ms`,
  },
  {
    id: 'stops',
    title: 'Overshoot of a metered plug-in, worst p99 of the ways to run for ever, and to start so (200 runs each)',
    target: '20 ms',
    everywhere: true,
    figure: ({ overshootMs, byWay }) => `${overshootMs} ms, ${Object.keys(byWay).length} ways`,
    met: ({ overshootMs }) => overshootMs < 20,
  },
  {
    id: 'stops',
    title: 'The next call after it, worst p99',
    target: '5 ms',
    everywhere: true,
    figure: ({ nextMs }) => `${nextMs} ms`,
    met: ({ nextMs }) => nextMs <= 5,
  },
  {
    id: 'stops',
    title: 'Cores still busy 100 ms after it',
    target: '0.1',
    everywhere: true,
    figure: ({ cores }) => String(cores),
    met: ({ cores }) => cores <= 0.1,
  },
  {
    id: 'stops',
    title:
      'Aborts of metered calls on a page that is not isolated: until the call ended, until the browser was idle, p99',
    target: '100 ms idle',
    everywhere: true,
    figure: ({ aborted }) => (aborted ? `${aborted.endMs.p99} ms, ${aborted.idleMs?.p99 ?? '?'} ms` : 'not run'),
    met: ({ aborted }) => (aborted?.idleMs?.p99 ?? 0) <= 100,
  },
  {
    id: 'hibernation',
    title: 'Plug-ins in one page, called round-robin',
    target: '1,000',
    figure: ({ plugins }) => grouped(plugins),
  },
  {
    id: 'hibernation',
    title: 'Waking one, in times of creating it from a module',
    target: '1.5',
    figure: ({ ratio }) => String(ratio),
  },
  {
    id: 'calls',
    title: 'Calls of 1 KB, and memory they add after the warm-up',
    target: '1 %',
    figure: ({ calls, memory }) => `${grouped(calls)}, ${memory.grownPercent} %`,
  },
  {
    id: 'lifecycles',
    title: 'Create, call, close: cycles without a failure, and memory beside what the browser keeps of any worker',
    target: '10,000; 1 %',
    figure: ({ cycles, own }) => `${grouped(cycles)}, ${own.grownPercent} %`,
  },
  {
    id: 'schedules',
    title: 'Random schedules of calls, aborts and deaths: promises settled',
    target: 'all',
    figure: ({ settled }) => grouped(settled),
  },
  {
    id: 'cache-kill',
    title: 'Kills in the middle of cache writes; starts after them',
    target: 'all',
    figure: ({ kills, starts }) => `${kills}; ${grouped(starts)}`,
  },
  {
    id: 'library-kill',
    title: 'Kills in the middle of installs and updates; plug-ins whole after them',
    target: 'all',
    figure: ({ kills, plugins }) => `${kills}; ${grouped(plugins)}`,
  },
  {
    id: 'gate',
    title: 'What the gate adds to compiling 10 MB as it streams in',
    target: '5 %',
    figure: ({ addedPercent, compileMs }) => `${addedPercent} % of ${compileMs} ms`,
    met: ({ addedPercent }) => addedPercent <= 5,
  },
  {
    id: 'generated',
    title: 'Generated modules that ended in values or typed errors; as their metered versions did',
    target: '20,000',
    figure: ({ modules, compared }) => `${grouped(modules)}; ${grouped(compared)}`,
  },
];

/** @param {SoakEntry | undefined} entry @param {Pick<(typeof rows)[number], 'figure' | 'met'>} row */
function cell(entry, { figure, met }) {
  if (entry === undefined) return 'not run';
  const { ok, figures, date, commit } = entry;
  let text;
  let isMet = false;
  try {
    text = figure(figures);
    isMet = met?.(figures) ?? ok;
  } catch {
    text = 'no figure'; // It failed before it had any.
  }
  const mark = isMet ? '' : met === undefined || text === 'no figure' ? ' (**failed**)' : ' (**missed**)';
  return `${text}${mark} <sub>${date.slice(0, 10)} ${commit}</sub>`;
}

function soakLines() {
  const soak = readResults('soak');
  return [
    '| `npm run soak` | target | Chromium | Firefox | WebKit |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map((row) => {
      const { id, title, target, everywhere = false } = row;
      const engines = everywhere ? ['chromium', 'firefox', 'webkit'] : ['chromium', 'firefox'];
      const cells = engines.map((engine) => cell(soak[`${id} ${engine}`], row));
      if (!everywhere) cells.push('');
      return `| ${title} | ${target} | ${cells.join(' | ')} |`;
    }),
  ];
}

function benchLines() {
  const { engines = {} } = readResults('foundation');
  /** @type {any[]} */
  const targets = engines.chromium?.targets ?? [];
  if (targets.length === 0) return [];
  const figure = (/** @type {string} */ engine, /** @type {number} */ index) => {
    const ratio = engines[engine]?.targets[index]?.ratio;
    return typeof ratio === 'number' ? ratio.toFixed(2) : 'not measured';
  };
  return [
    '',
    '| `npm run bench`, ratios within one run | target | Chromium | Firefox |',
    '| --- | --- | --- | --- |',
    ...targets.map(
      ({ title, wanted }, index) =>
        `| ${title} | ${wanted} | ${figure('chromium', index)} | ${figure('firefox', index)} |`,
    ),
    '',
    `Benchmark: ${Object.entries(engines)
      .map(([engine, { date, commit }]) => `${engine} on ${String(date).slice(0, 10)}, commit ${commit}`)
      .join('; ')}. The targets are for Chromium.`,
  ];
}

/**
 * What of a metering run stands in the README: a title, the target, the figure in words, and whether it meets the target.
 * @type {readonly { title: string, target: string, figure: (result: any) => string, met: (result: any) => boolean }[]}
 */
const meterRows = [
  {
    title: 'Metered kernels, in times of themselves: mean (worst)',
    target: '1.15 (1.6)',
    figure: ({ levels }) => overhead(levels[0]),
    met: ({ levels }) => levels[0].mean <= 1.15 && levels[0].worst <= 1.6,
  },
  {
    title: 'The same with fuel',
    target: '1.4 (2.2)',
    figure: ({ levels }) => overhead(levels[1]),
    met: ({ levels }) => levels[1].mean <= 1.4 && levels[1].worst <= 2.2,
  },
  {
    title: 'Rewriting 10 MB: at best (the first time)',
    target: '100 MB/s',
    figure: ({ large }) => speed(large[0]),
    met: ({ large }) => large[0].sizeBytes / large[0].leastMs >= 100_000,
  },
  {
    title: 'The same with fuel',
    target: '100 MB/s',
    figure: ({ large }) => speed(large[1]),
    met: ({ large }) => large[1].sizeBytes / large[1].leastMs >= 100_000,
  },
  {
    title: 'Memory of the page for it, in times of the module; with fuel',
    target: '3',
    figure: ({ large }) => large.map(memory).join('; '),
    met: ({ large }) => large.every((/** @type {{ memory: number | null }} */ { memory: held }) => (held ?? 0) <= 3),
  },
];

/** @param {{ mean: number, worst: number }} ratios */
const overhead = ({ mean, worst }) => `${mean.toFixed(2)} (${worst.toFixed(2)})`;

/** @param {{ sizeBytes: number, firstMs: number, leastMs: number }} figures */
const speed = ({ sizeBytes, firstMs, leastMs }) =>
  `${(sizeBytes / leastMs / 1_000).toFixed(0)} MB/s (${(sizeBytes / firstMs / 1_000).toFixed(0)})`;

/** @param {{ memory: number | null }} figures */
const memory = ({ memory: held }) => (held === null ? 'not measured' : held.toFixed(1));

function meterLines() {
  const meter = readResults('meter');
  const engines = ['chromium', 'firefox'].filter((engine) => meter[engine] !== undefined);
  if (engines.length === 0) return [];
  const when = engines.map(
    (engine) => `${engine} on ${meter[engine].date.slice(0, 10)}, commit ${meter[engine].commit}`,
  );
  const kernels = meter[engines[0] ?? ''].kernels.length;
  return [
    '',
    `| \`node e2e/perf/bench/meter.mjs\`, ${kernels} kernels in C, AssemblyScript and Rust | target | Chromium | Firefox |`,
    '| --- | --- | --- | --- |',
    ...meterRows.map(({ title, target, figure, met }) => {
      const cells = ['chromium', 'firefox'].map((engine) =>
        meter[engine] === undefined
          ? 'not measured'
          : `${figure(meter[engine])}${met(meter[engine]) ? '' : ' (**missed**)'}`,
      );
      return `| ${title} | ${target} | ${cells.join(' | ')} |`;
    }),
    '',
    `Metering: ${when.join('; ')}.`,
  ];
}

/** The README as it should be. */
async function readmeWithScoreboard() {
  // Not at the top: `npm test` loads this file before it installs what it needs.
  const { format, resolveConfig } = await import('prettier');
  const text = readFileSync(readme, 'utf8');
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`README.md lacks ${begin} or ${end}`);
  const board = [begin, '', ...soakLines(), ...benchLines(), ...meterLines(), '', end].join('\n');
  return format(`${before}${board}${after}`, { ...(await resolveConfig(readme)), parser: 'markdown' });
}

export async function writeScoreboard() {
  writeFileSync(readme, await readmeWithScoreboard());
}

/** Prints the last soak's figures with their dates and commits; true when the README shows them. */
export async function checkScoreboard() {
  const soak = /** @type {Record<string, SoakEntry>} */ (readResults('soak'));
  say('  The last soak:');
  for (const [name, { ok, figures, date, commit }] of Object.entries(soak)) {
    say(`    ${ok ? '✓' : '✗'} ${name}, ${date.slice(0, 10)}, commit ${commit}: ${JSON.stringify(figures)}`);
  }
  const same = (await readmeWithScoreboard()) === readFileSync(readme, 'utf8');
  if (!same) say('  README.md does not show what the result files say: node e2e/perf/bench/scoreboard.mjs writes it.');
  return same;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await writeScoreboard();
