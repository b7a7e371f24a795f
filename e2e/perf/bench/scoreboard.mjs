// The scoreboard: e2e/perf/RESULTS.md, and the five figures that README.md quotes, both generated from the result files.
// `node e2e/perf/bench/scoreboard.mjs` writes them; a step of `npm test` compares them with the files.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, say } from '../../setup/processes.mjs';
import { moduleToOutputTitle } from './figures.mjs';
import { linkingLines } from './linking-lines.mjs';
import { readResults } from './results.mjs';

const board = join(root, 'e2e/perf/RESULTS.md');
const readme = join(root, 'README.md');
const begin = '<!-- figures: written by e2e/perf/bench/scoreboard.mjs -->';
const end = '<!-- /figures -->';

/** @typedef {{ ok: boolean, figures: any, version?: string, date: string, commit: string }} SoakEntry */

/** @param {number} count */
const grouped = (count) => count.toLocaleString('en-US');

/**
 * The rows of the soak. `figure` formats the figures of a job; `met` decides whether this row meets its target where a job has
 * several rows; `everywhere` marks jobs that run in WebKit too.
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
    title: 'Longest stall of the page while they run, on an otherwise idle machine (`npm run soak -- hostile`)',
    target: '50 ms',
    figure: ({ quietStallMs }) => `${quietStallMs} ms`,
    met: ({ quietStallMs }) => quietStallMs <= 50,
  },
  {
    id: 'hostile-memory',
    title: 'Pages that died of a hostile plug-in',
    target: 'none',
    figure: ({ deaths, of }) => `${deaths} of ${of}`,
    met: ({ deaths }) => deaths === 0,
  },
  {
    id: 'hostile-memory',
    title:
      'Memory of the renderers above the start: largest during a hostile plug-in; largest 10 s after one was closed',
    target: '1,024 MiB; 50 MiB',
    figure: ({ peakMiB, peakName, leftMiB }) => `${grouped(peakMiB)} MiB (${peakName}); ${grouped(leftMiB)} MiB`,
    met: ({ peakMiB, leftMiB }) => peakMiB <= 1_024 && leftMiB <= 50,
  },
  {
    id: 'inputs',
    title: 'Fuzzed modules, manifests, bundles, icons and texts, in Node: slowest, most memory',
    target: '500 ms, 256 MiB',
    figure: ({ inputs, slowestMs, mostMiB }) => `${grouped(inputs)} inputs: ${slowestMs} ms, ${mostMiB} MiB`,
  },
  {
    id: 'caps',
    title: 'Memory and table limits enforced exactly (1, 2, 16, 256 and 4,096)',
    target: 'all',
    figure: ({ exact, caps }) => `${exact}/${caps.length}`,
  },
  {
    id: 'timeouts',
    title: 'Overrun of a time limit, p99',
    target: '50 ms',
    figure: ({ overshootMs, runs }) => `${overshootMs.p99} ms (${runs} runs)`,
  },
  {
    id: 'timeouts',
    title: 'First call after the worker was terminated, p99',
    target: '100 ms',
    figure: ({ nextMs }) => `${nextMs.p99} ms`,
  },
  {
    id: 'timeouts',
    title: 'Both, for 60 timeouts in direct succession',
    target: 'none',
    figure: ({ backToBack }) => `${backToBack.overshootMs.p99} and ${backToBack.nextMs.p99} ms`,
  },
  {
    id: 'stops',
    title: 'Overrun of a time limit by metered plug-ins: largest p99 of all kinds of endless loop (200 runs each)',
    target: '20 ms',
    everywhere: true,
    figure: ({ overshootMs, byWay }) => `${overshootMs} ms, ${Object.keys(byWay).length} kinds`,
    met: ({ overshootMs }) => overshootMs < 20,
  },
  {
    id: 'stops',
    title: 'First call after such a stop, largest p99',
    target: '5 ms',
    everywhere: true,
    figure: ({ nextMs }) => `${nextMs} ms`,
    met: ({ nextMs }) => nextMs <= 5,
  },
  {
    id: 'stops',
    title: 'CPU cores in use 100 ms after such a stop',
    target: '0.1',
    everywhere: true,
    figure: ({ cores }) => String(cores),
    met: ({ cores }) => cores <= 0.1,
  },
  {
    id: 'stops',
    title:
      'Abort of a metered call on a page that is not isolated, p99: until the call rejects; until the browser is idle',
    target: '100 ms idle',
    everywhere: true,
    figure: ({ aborted }) => (aborted ? `${aborted.endMs.p99} ms; ${aborted.idleMs?.p99 ?? '?'} ms` : 'not run'),
    met: ({ aborted }) => (aborted?.idleMs?.p99 ?? 0) <= 100,
  },
  {
    id: 'hibernation',
    title: 'Plug-ins on one page, called in turn',
    target: '1,000',
    figure: ({ plugins }) => grouped(plugins),
  },
  {
    id: 'hibernation',
    title: 'Waking a hibernated plug-in, relative to creating it from a module',
    target: '1.5',
    figure: ({ ratio }) => String(ratio),
  },
  {
    id: 'calls',
    title: 'Calls of 1 KB; memory growth after the warm-up',
    target: '1 %',
    figure: ({ calls, memory }) => `${grouped(calls)}; ${memory.grownPercent} %`,
  },
  {
    id: 'lifecycles',
    title: 'Cycles of create, call and close without a failure; memory growth beyond that of plain workers',
    target: '10,000; 1 %',
    figure: ({ cycles, own }) => `${grouped(cycles)}; ${own.grownPercent} %`,
  },
  {
    id: 'schedules',
    title: 'Random sequences of calls, aborts and terminated workers: promises settled',
    target: 'all',
    figure: ({ settled }) => grouped(settled),
  },
  {
    id: 'cache-kill',
    title: 'Browser processes killed during cache writes; starts afterwards',
    target: 'all',
    figure: ({ kills, starts }) => `${kills}; ${grouped(starts)}`,
  },
  {
    id: 'library-kill',
    title: 'Browser processes killed during installs and updates; intact plug-ins afterwards',
    target: 'all',
    figure: ({ kills, plugins }) => `${kills}; ${grouped(plugins)}`,
  },
  {
    id: 'files-kill',
    title: 'Workers, tabs and browsers killed while stored files change; commits; lost or torn',
    target: '100; 0 lost',
    figure: ({ worker, tab, browser, commits, lost }) =>
      `${worker} + ${tab} + ${browser}; ${grouped(commits)}; ${lost}`,
    met: ({ kills, lost }) => kills >= 100 && lost === 0,
  },
  {
    id: 'files-variety',
    title: 'Entries stored, opened again, exported and imported: equal; scripts in their names; size of the largest',
    target: '10,000; 30; 200 MB',
    figure: ({ entries, scripts, megabytes }) => `${grouped(entries)}; ${scripts}; ${megabytes} MB`,
    met: ({ entries, scripts, megabytes }) => entries >= 10_000 && scripts >= 30 && megabytes >= 200,
  },
  {
    id: 'stored-files',
    title: 'Opening a stored directory of 10,000 files',
    target: '1 s; Firefox 2 s',
    figure: ({ openMs }) => `${openMs} ms`,
    met: ({ openMs, openTargetMs }) => openMs < openTargetMs,
  },
  {
    id: 'stored-files',
    title: 'Storing 5,000 small files of an archive',
    target: '2 s',
    figure: ({ storeMs }) => `${storeMs} ms`,
    met: ({ storeMs }) => storeMs < 2_000,
  },
  {
    id: 'stored-files',
    title: 'A byte more in a stored file of 200 MB: copies of its region, with the index',
    target: '2.1',
    figure: ({ oneByteCopies, oneByteMs }) => `${oneByteCopies} in ${oneByteMs} ms`,
    met: ({ oneByteCopies }) => oneByteCopies <= 2.1,
  },
  {
    id: 'stored-files',
    title: 'Writing and reading 100 MB in a stored directory, with a new instance in between',
    target: 'none',
    figure: ({ hundredMs }) => `${hundredMs} ms`,
  },
  {
    id: 'stored-files',
    title: '40 MB on stdout to a function of the page',
    target: '200 MB/s',
    figure: ({ printedPerSecond }) => `${printedPerSecond} MB/s`,
    met: ({ printedPerSecond }) => printedPerSecond >= 200,
  },
  {
    id: 'stored-files',
    title: 'Growth of memory over 100 MB of stdout',
    target: '10 MB',
    figure: ({ printingGrowth }) => `${printingGrowth} MB`,
    met: ({ printingGrowth }) => printingGrowth <= 10,
  },
  {
    id: 'gate',
    title: 'Time that the gate adds to the streaming compilation of 10 MB',
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
    text = 'no figure'; // The job failed before it measured anything.
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
      .join('; ')}. The targets apply to Chromium.`,
  ];
}

/**
 * The rows of the metering benchmark.
 * @type {readonly { title: string, target: string, figure: (result: any) => string, met: (result: any) => boolean }[]}
 */
const meterRows = [
  {
    title: 'Run time of metered code relative to the original: mean (largest)',
    target: '1.15 (1.6)',
    figure: ({ levels }) => overhead(levels[0]),
    met: ({ levels }) => levels[0].mean <= 1.15 && levels[0].worst <= 1.6,
  },
  {
    title: 'Run time of metered code with fuel',
    target: '1.4 (2.2)',
    figure: ({ levels }) => overhead(levels[1]),
    met: ({ levels }) => levels[1].mean <= 1.4 && levels[1].worst <= 2.2,
  },
  {
    title: 'Rewriting 10 MB: fastest (first) pass',
    target: '100 MB/s',
    figure: ({ large }) => speed(large[0]),
    met: ({ large }) => large[0].sizeBytes / large[0].leastMs >= 100_000,
  },
  {
    title: 'Rewriting 10 MB with fuel',
    target: '100 MB/s',
    figure: ({ large }) => speed(large[1]),
    met: ({ large }) => large[1].sizeBytes / large[1].leastMs >= 100_000,
  },
  {
    title: 'Memory used by rewriting relative to the size of the module; with fuel',
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

function kernelLines() {
  const { node } = readResults('kernel');
  if (node === undefined) return [];
  /** @type {readonly { name: string, nowNs: number, ratio: number }[]} */
  const results = node.results;
  return [
    '',
    '| `node e2e/perf/bench/kernel.mjs` | target | ratio |',
    '| --- | --- | --- |',
    ...results.map(
      ({ name, nowNs, ratio }) =>
        `| ${name} | 1.1 | ${ratio.toFixed(2)} (${nowNs.toFixed(0)} ns)${ratio <= 1.1 ? '' : ' (**missed**)'} |`,
    ),
    '',
    `Kernel: Node ${node.version} on ${node.date.slice(0, 10)}, commit ${node.commit}.`,
  ];
}

const introduction = `# Results

The results of the last runs. Each figure names its date and commit. This file is generated from the files in
[results/](results/) by \`node e2e/perf/bench/scoreboard.mjs\`; a step of \`npm test\` compares it with them.`;

/** @returns {string} */
function boardText() {
  return [
    introduction,
    '',
    '## Soak',
    '',
    'Long-running tests: `npm run soak`.',
    '',
    ...soakLines(),
    '',
    '## Benchmark',
    '',
    'Ratios within one run of `npm run bench`. "floor" is the same work in a plain worker without checks; "SDK" is the Extism JS SDK.',
    ...benchLines(),
    '',
    '## Metering',
    ...meterLines(),
    '',
    '## Linking',
    ...linkingLines(),
    '',
    '## Kernel',
    '',
    'Time relative to the kernel before it kept the lifetimes of the reference, which looked for freed blocks in lists of their sizes.',
    ...kernelLines(),
    '',
  ].join('\n');
}

/**
 * The figures that README.md quotes, at most five, measured in Chromium.
 * @returns {string[]}
 */
function quotedFigures() {
  const soak = /** @type {Record<string, SoakEntry>} */ (readResults('soak'));
  const hostile = soak['hostile chromium']?.figures;
  const timeouts = soak['timeouts chromium']?.figures;
  const bench = readResults('foundation')['engines']?.chromium?.targets ?? [];
  const toOutput = bench.find((/** @type {{ title: string }} */ { title }) => title === moduleToOutputTitle);
  const metering = readResults('meter')['chromium']?.levels?.[0];
  if (!hostile || !timeouts || !toOutput || !metering) {
    throw new Error('README.md: expected figures in soak.json, foundation.json and meter.json, found not all of them');
  }
  return [
    `Hostile plug-ins contained: ${hostile.contained} of ${hostile.of}.`,
    `Longest stall of the page while they run: ${hostile.quietStallMs} ms.`,
    `First call after a plug-in ran into its time limit and its worker was replaced, p99: ${timeouts.nextMs.p99} ms.`,
    `First output of a compiled module: ${toOutput.ratio.toFixed(1)} times as fast as the Extism JS SDK in a worker.`,
    `Run time of metered code relative to the original, mean of the kernels: ${metering.mean.toFixed(2)}.`,
  ];
}

/**
 * Replaces the generated part of README.md.
 * @param {string} text
 */
function withFigures(text) {
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) {
    throw new Error(`README.md: expected ${begin} and ${end}, found neither or only one`);
  }
  const lines = quotedFigures().map((line) => `- ${line}`);
  return `${before}${[begin, '', ...lines, '', end].join('\n')}${after}`;
}

/** Both generated texts, formatted, by file. */
async function generated() {
  // Imported here because `npm test` loads this file before it installs dependencies.
  const { format, resolveConfig } = await import('prettier');
  const texts = new Map([
    [board, boardText()],
    [readme, withFigures(readFileSync(readme, 'utf8'))],
  ]);
  for (const [file, text] of texts) {
    texts.set(file, await format(text, { ...(await resolveConfig(file)), parser: 'markdown' }));
  }
  return texts;
}

/** Writes RESULTS.md and the figures of README.md. */
export async function writeScoreboard() {
  for (const [file, text] of await generated()) writeFileSync(file, text);
}

/** Returns whether RESULTS.md and README.md show what the result files say. */
export async function checkScoreboard() {
  let same = true;
  for (const [file, text] of await generated()) {
    if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
    const name = relative(root, file);
    say(`  ${name} does not match the result files. Run \`node e2e/perf/bench/scoreboard.mjs\` to write it.`);
    same = false;
  }
  return same;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await writeScoreboard();
