import type { CapabilityGroup, Inspection, ModuleInspection, Plugin } from 'tenon';
import { copyButton, make } from '../dom.js';
import type { Entry } from '../entries.js';
import { shortenHash, showDuration, showNumber, showPages, showSize } from '../format.js';
import type { CallRecord, Loaded } from '../session.js';
import { sayAbility, sayOrigin } from '../strings.js';

type Fact = readonly [term: string, value: string | Node];

const shownNames = 200;

/** What is known of the open plug-in, without trusting a word of it. */
export class Inspector {
  readonly #root: HTMLElement;
  readonly #files: HTMLElement;
  readonly #times = make('div');
  #loadFacts: readonly Fact[] = [];

  /** @param files the open plug-in's files, which it shows among the rest */
  constructor(root: HTMLElement, files: HTMLElement) {
    this.#root = root;
    this.#files = files;
  }

  showNothing(sentence: string): void {
    this.#root.replaceChildren(make('p', { class: 'note' }, sentence));
  }

  show(entry: Entry, { inspection, totalMs }: Loaded, plugin: Plugin): void {
    const isFile = entry.kind === 'file';
    const { modules, capabilities } = inspection;
    this.#root.replaceChildren(
      ...modules.flatMap((module) => renderModule(module, modules.length > 1, isFile)),
      this.#files,
      this.#times,
      make('h3', {}, 'What it can do'),
      renderAbilities(capabilities),
      ...modules.flatMap(renderExports),
      ...renderConfig(entry),
    );
    this.#loadFacts = loadFacts(inspection, totalMs);
    this.showTimes(null, plugin);
  }

  /** The times of loading, and of the last call. */
  showTimes(call: CallRecord | null, plugin: Plugin): void {
    this.#times.replaceChildren(
      make('h3', {}, 'Times'),
      renderFacts([...this.#loadFacts, ...(call === null ? [] : callFacts(call)), countFact(plugin)]),
    );
  }
}

function renderModule(module: ModuleInspection, several: boolean, isFile: boolean): HTMLElement[] {
  const { name, sizeBytes, sha256, memories, tables, producers, from } = module;
  const facts: Fact[] = [];
  if (sizeBytes !== null) facts.push(['Size', figure(showSize(sizeBytes), `${showNumber(sizeBytes)} bytes`)]);
  if (sha256 !== null) facts.push(['SHA-256', renderHash(sha256)]);
  for (const { initial, maximum } of memories) {
    facts.push(['Memory', figure(`${showPages(initial)}${maximum === null ? '' : `, at most ${showPages(maximum)}`}`)]);
  }
  for (const { initial } of tables) facts.push(['Table', figure(`${showNumber(initial)} entries`)]);
  for (const { field, name: maker, version } of producers.slice(0, 8)) {
    facts.push([producerTerms.get(field) ?? 'Made with', figure(`${maker} ${version}`.trim())]);
  }
  facts.push(['Bytes from', figure(sayOrigin(from, isFile))]);
  return [...(several ? [make('h3', { class: 'wraps' }, `Module ${name}`)] : []), renderFacts(facts)];
}

const producerTerms = new Map([
  ['language', 'Language'],
  ['sdk', 'SDK'],
]);

function loadFacts({ modules }: Inspection, totalMs: number): Fact[] {
  const readMs = Math.max(0, ...modules.map(({ timings }) => timings.readMs));
  const compileMs = Math.max(0, ...modules.map(({ timings }) => timings.compileMs));
  const hit = modules.every(({ from }) => from === 'cache' || from === 'memory');
  return [
    ['Read', figure(showDuration(readMs))],
    ['Compile', figure(showDuration(compileMs))],
    ['Start', figure(showDuration(Math.max(0, totalMs - readMs - compileMs)))],
    ['Ready after', figure(showDuration(totalMs))],
    ['Cache hit', figure(hit ? 'yes' : 'no')],
  ];
}

function callFacts({ name, totalMs, outcome }: CallRecord): Fact[] {
  const last: Fact = ['Last call', figure(showDuration(totalMs), name)];
  return outcome.kind === 'error' ? [last] : [last, ['In the worker', figure(showDuration(outcome.guestMs))]];
}

function countFact(plugin: Plugin): Fact {
  const { calls, failures, restarts } = plugin.stats();
  const failed = failures === 0 ? '' : `, ${showNumber(failures)} failed`;
  const restarted = restarts === 0 ? '' : `, ${showNumber(restarts)} restarted`;
  return ['Calls', figure(`${showNumber(calls)}${failed}${restarted}`)];
}

function renderFacts(facts: readonly Fact[]): HTMLElement {
  return make(
    'dl',
    { class: 'facts' },
    ...facts.flatMap(([term, value]) => [make('dt', {}, term), make('dd', {}, value)]),
  );
}

function figure(text: string, title?: string): HTMLElement {
  return make('div', { class: 'figure wraps', title }, text);
}

function renderHash(hash: string): HTMLElement {
  return make(
    'div',
    { class: 'hash' },
    make('span', { class: 'figure', title: hash }, shortenHash(hash)),
    copyButton('Copy the SHA-256', () => hash),
  );
}

function renderAbilities(groups: readonly CapabilityGroup[]): HTMLElement {
  if (groups.length === 0) return make('p', { class: 'note' }, 'It imports nothing: it can only compute.');
  return make(
    'ul',
    { class: 'abilities' },
    ...groups.map((group) => {
      const names = group.imports.map(({ module, name }) => `${module} ${name}`);
      return make('li', {}, make('details', {}, make('summary', {}, sayAbility(group)), renderNames(names)));
    }),
  );
}

function renderExports(
  { name, exports }: ModuleInspection,
  index: number,
  all: readonly ModuleInspection[],
): HTMLElement[] {
  const names = exports.map((entry) => `${entry.name}${entry.kind === 'function' ? '' : ` (${entry.kind})`}`);
  const title = all.length > 1 ? `Exports of ${name}` : 'Exports';
  return [make('h3', { class: 'wraps' }, `${title} (${names.length})`), renderNames(names)];
}

function renderNames(names: readonly string[]): HTMLElement {
  const list = make(
    'ul',
    { class: 'names code' },
    ...names.slice(0, shownNames).map((name) => make('li', { class: 'wraps' }, name)),
  );
  if (names.length > shownNames) list.append(make('li', {}, `and ${showNumber(names.length - shownNames)} more`));
  return list;
}

function renderConfig(entry: Entry): HTMLElement[] {
  const settings = entry.kind === 'example' ? Object.entries(entry.config) : [];
  if (settings.length === 0) return [];
  return [make('h3', {}, 'Settings it is given'), renderFacts(settings.map(([key, value]) => [key, figure(value)]))];
}
