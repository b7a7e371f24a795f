import type { CapabilityGroup, Inspection, ModuleInspection, Plugin } from 'tenon';
import { copyButton, make } from '../dom.js';
import type { Entry } from '../entries.js';
import { shortenHash, showDuration, showPages, showSize } from '../format.js';
import type { CallRecord, Loaded } from '../session.js';
import { strings } from '../strings.js';

type Fact = readonly [term: string, value: string | Node];

const shownNames = 200;

/** Shows the modules, times and capabilities of the open plug-in, as plain text. */
export class Inspector {
  readonly #root: HTMLElement;
  readonly #files: HTMLElement;
  readonly #times = make('div');
  #loadFacts: readonly Fact[] = [];

  /** @param files the element that lists the plug-in's files, shown between the other parts */
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
      make('h3', {}, strings.inspector.capabilities),
      renderCapabilities(capabilities),
      ...modules.flatMap(renderExports),
      ...renderConfig(entry),
    );
    this.#loadFacts = loadFacts(inspection, totalMs);
    this.showTimes(null, plugin);
  }

  /** Shows the times of loading and of the last call. */
  showTimes(call: CallRecord | null, plugin: Plugin): void {
    this.#times.replaceChildren(
      make('h3', {}, strings.inspector.times),
      renderFacts([...this.#loadFacts, ...(call === null ? [] : callFacts(call)), countFact(plugin)]),
    );
  }
}

function renderModule(module: ModuleInspection, several: boolean, isFile: boolean): HTMLElement[] {
  const { name, sizeBytes, sha256, memories, tables, producers, from } = module;
  const facts: Fact[] = [];
  if (sizeBytes !== null)
    facts.push([strings.inspector.size, figure(showSize(sizeBytes), strings.inspector.bytes(sizeBytes))]);
  if (sha256 !== null) facts.push([strings.inspector.sha256, renderHash(sha256)]);
  for (const { initial, maximum } of memories) {
    const pages = strings.inspector.memoryPages(showPages(initial), maximum === null ? null : showPages(maximum));
    facts.push([strings.inspector.memory, figure(pages)]);
  }
  for (const { initial } of tables) facts.push([strings.inspector.table, figure(strings.inspector.entries(initial))]);
  for (const { field, name: maker, version } of producers.slice(0, 8)) {
    facts.push([strings.inspector.producer(field), figure(`${maker} ${version}`.trim())]);
  }
  facts.push([strings.inspector.origin, figure(strings.inspector.originOf(from, isFile))]);
  return [...(several ? [make('h3', { class: 'wraps' }, strings.inspector.module(name))] : []), renderFacts(facts)];
}

function loadFacts({ modules }: Inspection, totalMs: number): Fact[] {
  const readMs = Math.max(0, ...modules.map(({ timings }) => timings.readMs));
  const compileMs = Math.max(0, ...modules.map(({ timings }) => timings.compileMs));
  const hit = modules.every(({ from }) => from === 'cache' || from === 'memory');
  return [
    [strings.inspector.read, figure(showDuration(readMs))],
    [strings.inspector.compile, figure(showDuration(compileMs))],
    [strings.inspector.start, figure(showDuration(Math.max(0, totalMs - readMs - compileMs)))],
    [strings.inspector.readyAfter, figure(showDuration(totalMs))],
    [strings.inspector.cacheHit, figure(hit ? strings.inspector.yes : strings.inspector.no)],
  ];
}

function callFacts({ name, totalMs, outcome }: CallRecord): Fact[] {
  const last: Fact = [strings.inspector.lastCall, figure(showDuration(totalMs), name)];
  return outcome.kind === 'error'
    ? [last]
    : [last, [strings.inspector.inWorker, figure(showDuration(outcome.guestMs))]];
}

function countFact(plugin: Plugin): Fact {
  const { calls, failures, restarts } = plugin.stats();
  return [strings.inspector.calls, figure(strings.inspector.callCount(calls, failures, restarts))];
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
    copyButton(strings.inspector.copyHash, () => hash),
  );
}

function renderCapabilities(groups: readonly CapabilityGroup[]): HTMLElement {
  if (groups.length === 0) return make('p', { class: 'note' }, strings.inspector.noCapabilities);
  return make(
    'ul',
    { class: 'abilities' },
    ...groups.map((group) => {
      const names = group.imports.map(({ module, name }) => `${module} ${name}`);
      return make(
        'li',
        {},
        make(
          'details',
          {},
          make('summary', {}, strings.inspector.capability(group.capability, group.imports.length)),
          renderNames(names),
        ),
      );
    }),
  );
}

function renderExports(
  { name, exports }: ModuleInspection,
  index: number,
  all: readonly ModuleInspection[],
): HTMLElement[] {
  const names = exports.map((entry) =>
    entry.kind === 'function' ? entry.name : strings.inspector.exportOfKind(entry.name, entry.kind),
  );
  const title = strings.inspector.exports(all.length > 1 ? name : null, names.length);
  return [make('h3', { class: 'wraps' }, title), renderNames(names)];
}

function renderNames(names: readonly string[]): HTMLElement {
  const list = make(
    'ul',
    { class: 'names code' },
    ...names.slice(0, shownNames).map((name) => make('li', { class: 'wraps' }, name)),
  );
  if (names.length > shownNames) list.append(make('li', {}, strings.inspector.more(names.length - shownNames)));
  return list;
}

function renderConfig(entry: Entry): HTMLElement[] {
  const settings = entry.kind === 'example' ? Object.entries(entry.config) : [];
  if (settings.length === 0) return [];
  return [
    make('h3', {}, strings.inspector.settings),
    renderFacts(settings.map(([key, value]) => [key, figure(value)])),
  ];
}
