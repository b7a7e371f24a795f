import type { Expected, NetworkCase } from './cases.js';

/** A request that reached a server; see servers.mjs. */
export interface Recorded {
  readonly server: string;
  readonly host: string;
  readonly method: string;
  readonly url: string;
}

/** The outcome of a case: a response or an error. */
export type Outcome =
  | { readonly status: number; readonly bytes: number; readonly text: string }
  | { readonly code: string; readonly message: string };

export interface CaseResult {
  readonly name: string;
  /** Null when the outcome is as expected. */
  readonly fault: string | null;
  readonly outcome: Outcome;
  /** The requests that reached servers which must not be reached. */
  readonly strays: readonly Recorded[];
}

/** How a request is made, and how the requests that arrived are read. */
export interface CaseRunner {
  readonly listed: string;
  perform(one: NetworkCase): Promise<Outcome>;
  take(): Promise<readonly Recorded[]>;
}

export async function runCase(one: NetworkCase, runner: CaseRunner): Promise<CaseResult> {
  await runner.take();
  const outcome = await runner.perform(one);
  const recorded = await runner.take();
  const strays = recorded.filter(({ host }) => host !== runner.listed && !one.mayReach.includes(host));
  const arrived = recorded.filter(({ host, method }) => host === runner.listed && method !== 'OPTIONS').length;
  return { name: one.name, outcome, strays, fault: faultOf(one, outcome, strays, arrived) };
}

function faultOf(one: NetworkCase, outcome: Outcome, strays: readonly Recorded[], arrived: number): string | null {
  const stray = strays[0];
  if (stray !== undefined) return `${stray.method} ${stray.url} reached ${stray.host}`;
  const wrong = mismatch(one.expected, outcome);
  if (wrong !== null)
    return `expected ${JSON.stringify(one.expected)}, got ${wrong}: ${JSON.stringify(outcome).slice(0, 600)}`;
  if (one.arrives !== null && arrived !== one.arrives) return `${arrived} requests arrived, not ${one.arrives}`;
  return null;
}

function mismatch(expected: Expected, outcome: Outcome): string | null {
  const text = 'message' in outcome ? outcome.message : outcome.text;
  const missing = (expected.has ?? []).find((part) => !text.includes(part));
  if ('code' in expected) {
    if (!('code' in outcome)) return 'an answer';
    if (!([] as readonly string[]).concat(expected.code).includes(outcome.code)) return 'another error';
  } else {
    if ('code' in outcome) return 'an error';
    if (outcome.status !== expected.status) return 'another status';
    if (expected.bytes !== undefined && outcome.bytes !== expected.bytes) return `${outcome.bytes} bytes`;
    if ((expected.lacks ?? []).some((part) => text.includes(part))) return 'what should not be there';
  }
  return missing === undefined ? null : `a text without ${JSON.stringify(missing)}`;
}
