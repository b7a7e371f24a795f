// Runs the network cases with Tenon and with the Extism JS SDK (the peer) and compares them: `node e2e/security/network/compare.mjs
// [--engines chromium,firefox] [--only words]`. A whole run is written to e2e/perf/results/network.md.
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium, firefox } from 'playwright';
import { format } from 'prettier';
import { versionOf } from '../../perf/bench/browser.mjs';
import { launchOptions } from '../../setup/browsers.mjs';
import { say } from '../../setup/processes.mjs';
import { serveNetworkPage } from './run.mjs';

/** @typedef {import('./cases.js').NetworkCase} NetworkCase */
/** @typedef {import('./run-cases.js').CaseResult} CaseResult */
/** @typedef {{ one: NetworkCase, tenon: CaseResult, peer: CaseResult }} Row */

const browsers = { chromium, firefox };

/** Ports of one run mean nothing to a reader. @param {string} text @param {string} origin @param {number[]} ports */
function withoutPorts(text, origin, ports) {
  const [port, port2] = ports;
  return text.replaceAll(origin, 'http://page').replaceAll(String(port2), 'PORT2').replaceAll(String(port), 'PORT');
}

/** The peer's errors have no codes, and its patterns no ports: it does as well when it fails, and reaches no other host. @param {Row} row */
function peerVerdict({ one, peer }) {
  const { outcome, strays } = peer;
  const named = new Set(one.hosts.map((host) => host.replace(/^\w+:\/\//u, '').replace(/:(?:\d+|\*)$/u, '')));
  const others = strays.filter(({ host }) => !named.has(host.replace(/:\d+$/u, '')));
  if (others.length > 0) return `reached ${others.map(({ host }) => host).join(', ')}`;
  const ports = strays.length > 0 ? 'reached another port (its patterns have none)' : null;
  if ('code' in one.expected) {
    if (!('code' in outcome)) return ports ?? `goes on: status ${outcome.status}, ${outcome.bytes} bytes`;
    return ports ?? (outcome.code === 'never' ? 'never answers' : 'as expected');
  }
  if ('code' in outcome) return `fails: ${outcome.message.slice(0, 60)}`;
  if (outcome.status !== one.expected.status) return `status ${outcome.status}`;
  if (one.expected.bytes !== undefined && one.expected.bytes !== outcome.bytes) return `${outcome.bytes} bytes`;
  const { has = [], lacks = [] } = one.expected;
  const wrong = has.find((part) => !outcome.text.includes(part)) ?? lacks.find((part) => outcome.text.includes(part));
  return wrong === undefined ? 'as expected' : `an answer that differs in ${wrong}`;
}

/** @param {CaseResult} result */
function outcomeOf({ outcome, fault }) {
  if (fault !== null) return `FAULT: ${fault}`;
  return 'code' in outcome ? outcome.code : `status ${outcome.status}`;
}

/** @param {'chromium' | 'firefox'} engine @param {string} only */
async function compareIn(engine, only) {
  const served = await serveNetworkPage();
  const browser = await browsers[engine].launch(launchOptions(engine));
  const open = async () => {
    const page = await browser.newPage();
    await page.goto(`${served.site.origin}/`);
    await page.waitForFunction(() => 'performCase' in globalThis);
    await page.evaluate(() => void (document.cookie = 'network-test=1; path=/'));
    return page;
  };
  let page = await open();
  /** @type {import('./run.mjs').Perform} */
  const perform = (subject, one) =>
    page.evaluate(({ subject, one }) => window.performCase(subject, one), { subject, one });
  const cases = served.cases.filter(({ name }) => name.includes(only));
  /** @type {Map<NetworkCase, CaseResult>} */
  const ofTenon = new Map();
  for (const one of cases) ofTenon.set(one, await served.run('tenon', one, perform));
  /** @type {Row[]} */
  const rows = [];
  for (const [one, tenon] of ofTenon) {
    const peer = await served.run('peer', one, perform);
    rows.push({ one, tenon, peer });
    if (!('code' in peer.outcome)) continue;
    // The peer leaves requests running. Closing the page ends them, so that they do not delay the next case.
    await page.close();
    page = await open();
  }
  const version = browser.version();
  await browser.close();
  await served.stop();
  const { origin, ports } = { origin: served.site.origin, ports: served.ports };
  const cells = rows.map((row) =>
    [row.one.name, outcomeOf(row.tenon), peerVerdict(row)].map((text) => withoutPorts(text, origin, ports)),
  );
  const strays = (/** @type {Subject} */ subject) => rows.filter((row) => row[subject].strays.length > 0).length;
  return {
    title: `${engine} ${version}`,
    cells,
    strays: { tenon: strays('tenon'), peer: strays('peer') },
    faults: rows.filter(({ tenon }) => tenon.fault !== null).length,
  };
}
/** @typedef {import('./run.mjs').Subject} Subject */

/** @param {string} text */
const cell = (text) => text.replaceAll('|', '\\|').replaceAll(/[\r\n]+/gu, ' ');

const { values } = parseArgs({
  options: { engines: { type: 'string', default: 'chromium,firefox' }, only: { type: 'string', default: '' } },
});
const parts = [`# Network cases: Tenon and the Extism JS SDK ${versionOf('@extism/extism')}`];
for (const engine of /** @type {const} */ (['chromium', 'firefox'])) {
  if (!values.engines.includes(engine)) continue;
  const { title, cells, strays, faults } = await compareIn(engine, values.only);
  const differs = cells.filter(([, , peer]) => peer !== 'as expected').length;
  const summary = `${cells.length} cases. Requests that reached a server which was not to be reached: Tenon in ${strays.tenon} cases, the peer in ${strays.peer}. Ends otherwise than expected: Tenon ${faults}, the peer ${differs}.`;
  say(`\n${title}: ${summary}`);
  for (const [name = '', tenon = '', peer = ''] of cells)
    say(`  ${name.slice(0, 70).padEnd(72)}${tenon.padEnd(20)}${peer}`);
  const table = [
    '| case | Tenon | peer |',
    '| --- | --- | --- |',
    ...cells.map((row) => `| ${row.map(cell).join(' | ')} |`),
  ];
  parts.push(`## ${title}`, summary, table.join('\n'));
}
if (values.only === '') {
  const folder = fileURLToPath(new URL('../../perf/results/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}network.md`, await format(parts.join('\n\n'), { parser: 'markdown' }));
}
