import type { PluginError } from '../../contract/errors.js';
import { parseHostPattern } from '../../manifest/host-pattern.js';
import { createHostMatcher } from '../../manifest/hosts.js';
import { type Consent, type ConsentAnswer, type ConsentRequest, runTimeRequest } from './consent.js';
import type { RequestedRight } from '../storage/record.js';
import { decisionOf, type Given, type RightDecision, rightKey } from './rights.js';

/** What asking for consent at run time needs from the library. */
export interface RunTimeContext {
  readonly consent: Consent;
  readonly given: (id: string) => Promise<Given>;
  readonly decide: (id: string, key: string, decision: RightDecision) => Promise<unknown>;
  readonly pointsOf: (functions: readonly string[]) => readonly string[];
}

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

  constructor(context: RunTimeContext) {
    this.#context = context;
  }

  /** Handles a call that failed because a host was not allowed. */
  async refused(id: string, { details: { host, url } }: PluginError): Promise<void> {
    if (typeof host !== 'string' || typeof url !== 'string') return;
    const given = await this.#context.given(id);
    const right = rightFor(url, given.record.current.rights);
    if (right === null || decisionOf(given, rightKey(right)) !== 'ask') return;
    const key = rightKey(right);
    if (this.#questions.some((known) => known.id === id && known.key === key)) return;
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

  #withdraw(question: Question): void {
    this.#questions = this.#questions.filter((other) => other !== question);
    question.controller.abort();
  }
}

/** Returns the most specific right that covers the URL, so that a user who denied one host is not asked for `*`. */
function rightFor(url: string, rights: readonly RequestedRight[]): RequestedRight | null {
  if (!URL.canParse(url)) return null;
  const own = origin === 'null' ? null : new URL(origin);
  const covering = rights.filter(({ kind, value }) => {
    if (kind !== 'host' || typeof parseHostPattern(value) === 'string') return false;
    return createHostMatcher([value], own)(new URL(url)).allowed;
  });
  const vagueness = ({ value }: RequestedRight): number => (value.includes('*') ? 1_000 : 0) - value.length;
  return covering.sort((a, b) => vagueness(a) - vagueness(b))[0] ?? null;
}
