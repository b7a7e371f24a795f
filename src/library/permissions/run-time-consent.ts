import type { PluginError } from '../../contract/errors.js';
import { parseHostPattern } from '../../manifest/host-pattern.js';
import { createHostMatcher, type HostMatcher } from '../../manifest/hosts.js';
import { type Consent, type ConsentAnswer, type ConsentRequest, runTimeRequest } from './consent.js';
import type { PluginRecord, RequestedRight } from '../storage/record.js';
import { asksForHosts, decisionOf, type Given, isUsable, type RightDecision, rightKey } from './rights.js';

/** What asking for consent at run time needs from the library. */
export interface RunTimeContext {
  readonly consent: Consent;
  readonly given: (id: string) => Promise<Given>;
  readonly decide: (id: string, key: string, decision: RightDecision) => Promise<unknown>;
  readonly pointsOf: (functions: readonly string[]) => readonly string[];
}

/** A plug-in without a manifest may request any number of hosts: so many are asked for until the page closes. */
const maxQuestions = 100;

interface Question {
  readonly id: string;
  readonly key: string;
  readonly controller: AbortController;
}

/**
 * Asks the user for a right that a running plug-in needed and that is not decided yet. The call that needed it has failed by
 * then; the answer applies to the next one. Each right is asked for once per page, until it is decided. This module is a lazy
 * chunk, loaded with the first refusal.
 */
export class RunTimeConsent {
  readonly #context: RunTimeContext;
  /** Pending requests, and those that the user closed without a decision. */
  #questions: readonly Question[] = [];
  /** The compiled rights of each plug-in, by its id, for the version with the sha256: a plug-in may be refused often. */
  readonly #hostRights = new Map<string, { readonly sha256: string; readonly rights: readonly HostRight[] }>();

  constructor(context: RunTimeContext) {
    this.#context = context;
  }

  /**
   * Asks for the host of a call that failed because it was not allowed; without an error, for the other rights that the plug-in
   * has from its start.
   */
  async missing(id: string, error: PluginError | null): Promise<void> {
    const given = await this.#context.given(id);
    if (error === null) {
      const { current } = given.record;
      const others = current.rights.filter((right) => right.kind !== 'host' && isUsable(current, right));
      await Promise.all(others.map((right) => this.#ask(id, given, right, null)));
      return;
    }
    const { host, url } = error.details;
    if (typeof host !== 'string' || typeof url !== 'string') return;
    const right = this.#rightFor(url, given.record) ?? freeHost(given.record, host);
    if (right !== null) await this.#ask(id, given, right, host);
  }

  async #ask(id: string, given: Given, right: RequestedRight, host: string | null): Promise<void> {
    const key = rightKey(right);
    if (decisionOf(given, key) !== 'ask') return;
    const asked = this.#questions.filter((known) => known.id === id);
    if (asked.length >= maxQuestions || asked.some((known) => known.key === key)) return;
    const question: Question = { id, key, controller: new AbortController() };
    this.#questions = [...this.#questions, question];
    const { signal } = question.controller;
    const points = this.#context.pointsOf(given.record.current.functions);
    const answer = await this.#answer(runTimeRequest({ record: given.record, right, host, points, signal }));
    const decision = answer.allowed ? answer.rights[key] : undefined;
    if (decision !== undefined && !signal.aborted) await this.#context.decide(id, key, decision);
  }

  /** Withdraws requests that are decided by now. Their rights may be asked for again later. */
  async refresh(id: string): Promise<void> {
    const given = await this.#context.given(id).catch(() => null);
    for (const question of this.#questions) {
      if (question.id !== id || (given !== null && decisionOf(given, question.key) === 'ask')) continue;
      this.#withdraw(question);
    }
  }

  close(): void {
    for (const question of this.#questions) this.#withdraw(question);
  }

  /** Returns the answer of the app's consent function. If that throws or rejects, the right stays undecided. */
  async #answer(request: ConsentRequest): Promise<ConsentAnswer> {
    try {
      return await this.#context.consent(request);
    } catch {
      return { allowed: false };
    }
  }

  /** Returns the most specific right that covers the URL. */
  #rightFor(url: string, { id, current }: PluginRecord): RequestedRight | null {
    if (!URL.canParse(url)) return null;
    const known = this.#hostRights.get(id);
    const compiled = known?.sha256 === current.sha256 ? known.rights : hostRights(current.rights);
    this.#hostRights.set(id, { sha256: current.sha256, rights: compiled });
    const target = new URL(url);
    return compiled.find(({ matches }) => matches(target).allowed)?.right ?? null;
  }

  #withdraw(question: Question): void {
    this.#questions = this.#questions.filter((other) => other !== question);
    question.controller.abort();
  }
}

/** Returns the right to a host that no manifest lists, or null if the plug-in has a manifest. */
function freeHost({ current }: PluginRecord, host: string): RequestedRight | null {
  return asksForHosts(current) && typeof parseHostPattern(host) !== 'string'
    ? { kind: 'host', value: host, reason: null }
    : null;
}

/** A right to a host, and whether it covers an address. */
interface HostRight {
  readonly right: RequestedRight;
  readonly matches: HostMatcher;
}

/** Returns the rights to hosts, the most specific first, so that a user who denied one host is not asked for `*`. */
function hostRights(rights: readonly RequestedRight[]): readonly HostRight[] {
  const own = origin === 'null' ? null : new URL(origin);
  const vagueness = ({ right: { value } }: HostRight): number => (value.includes('*') ? 1_000 : 0) - value.length;
  return rights
    .filter(({ kind, value }) => kind === 'host' && typeof parseHostPattern(value) !== 'string')
    .map((right) => ({ right, matches: createHostMatcher([right.value], own) }))
    .toSorted((a, b) => vagueness(a) - vagueness(b));
}
