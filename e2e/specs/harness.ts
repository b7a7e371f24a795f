/**
 * The smallest test runner that runs in a plain page of any engine: one spec after the other, results in
 * `window.specResults` when all have ended. Runners in e2e/run and e2e/journeys open the page and read them.
 */

export type Engine = 'chromium' | 'firefox' | 'webkit';

/** What a spec knows about where it runs, and how it cleans up. */
export interface SpecContext {
  readonly engine: Engine;
  /** Whether the page is cross-origin isolated. */
  readonly isolated: boolean;
  /** Whether the page is a secure context. */
  readonly secure: boolean;
  /** Absolute URL of a path of the test server: `/plugins/…`, `/fixtures/…`, or one of e2e/server/trouble-routes.mjs. */
  readonly url: (path: string) => string;
  /** Whether the run is one in full, which also does what differs in nothing but the page. */
  readonly inFull: boolean;
  /** How often a spec repeats what it would do `times` times in a full run: a tenth of it, unless the run is one in full. */
  readonly repetitions: (times: number) => number;
  /** Runs after the spec, last first, whether or not it failed. */
  readonly defer: (cleanUp: () => unknown) => void;
  /** Ends the spec as skipped, with the reason a reader needs. */
  readonly skip: (reason: string) => never;
}

export interface SpecOptions {
  /** Whether the page, isolated or not trusted, may make a difference. @default what `beginFile` said */
  readonly onEveryPage?: boolean;
  /** Ends a spec that hangs; a busy machine must not reach it. @default 60_000 */
  readonly timeoutMs?: number;
}

export type Spec = (context: SpecContext) => Promise<void> | void;

export interface SpecResult {
  readonly name: string;
  readonly ok: boolean;
  readonly ms: number;
  readonly error?: string;
  /** Why it was not run. */
  readonly skipped?: string;
}

interface NamedSpec {
  readonly name: string;
  readonly run: Spec;
  readonly timeoutMs: number;
  readonly onEveryPage: boolean;
}

declare global {
  interface Window {
    /** Set when the specs have ended. */
    specResults?: readonly SpecResult[];
    /** The spec that runs now, for runners that report a hang. */
    currentSpec?: string;
  }
}

class Skipped extends Error {}

/** The runner's own clocks: what the specs leave behind (leftovers.ts) is not theirs. */
const { setTimeout: setClock, clearTimeout: clearClock } = globalThis;

const specs: NamedSpec[] = [];
const defaults = { onEveryPage: true };

/** From here on specs are declared for every page, or for the plain one alone, unless they say otherwise. */
export function beginFile(onEveryPage: boolean): void {
  defaults.onEveryPage = onEveryPage;
}

/** Declares one spec, named by a sentence that is true of the library. */
export function spec(name: string, run: Spec, options: SpecOptions = {}): void {
  if (specs.some((known) => known.name === name)) throw new Error(`two specs are named "${name}"`);
  specs.push({ name, run, timeoutMs: 60_000, ...defaults, ...options });
}

export function engineOf(userAgent: string): Engine {
  if (userAgent.includes('Firefox/')) return 'firefox';
  return userAgent.includes('Chrome/') ? 'chromium' : 'webkit';
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const stack = error.stack ?? '';
  return stack.includes(error.message) ? stack : `${error.name}: ${error.message}\n${stack}`;
}

async function withinTime(work: Promise<void>, timeoutMs: number): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setClock(() => reject(new Error(`did not end within ${timeoutMs} ms`)), timeoutMs);
  try {
    await Promise.race([work, late]);
  } finally {
    clearClock(timer);
  }
}

async function runOne({ name, run, timeoutMs }: NamedSpec, { inFull }: Selection): Promise<SpecResult> {
  const cleanUps: (() => unknown)[] = [];
  const context: SpecContext = {
    engine: engineOf(navigator.userAgent),
    isolated: globalThis.crossOriginIsolated,
    secure: globalThis.isSecureContext,
    inFull,
    repetitions: (times) => (inFull ? times : Math.ceil(times / 10)),
    url: (path) => new URL(path, location.origin).href,
    defer: (cleanUp) => cleanUps.push(cleanUp),
    skip: (reason) => {
      throw new Skipped(reason);
    },
  };
  const start = performance.now();
  const result = (error?: unknown): SpecResult => {
    const ms = Math.round(performance.now() - start);
    if (error instanceof Skipped) return { name, ok: true, ms, skipped: error.message };
    return error === undefined ? { name, ok: true, ms } : { name, ok: false, ms, error: textOf(error) };
  };
  let outcome: SpecResult;
  try {
    await withinTime(Promise.resolve(run(context)), timeoutMs);
    outcome = result();
  } catch (error) {
    outcome = result(error ?? new Error(`threw ${String(error)}`));
  }
  for (const cleanUp of cleanUps.toReversed()) {
    try {
      await withinTime(
        Promise.resolve(cleanUp()).then(() => undefined),
        20_000,
      );
    } catch (error) {
      if (outcome.ok) outcome = result(error);
    }
  }
  return outcome;
}

export interface Selection {
  /** Part of a name. */
  readonly filter: string;
  /** Also what is the same on every page. */
  readonly everything: boolean;
  /** Every repetition of specs that repeat something many times. */
  readonly inFull: boolean;
}

/** Runs the specs of the selection in order, telling `onResult` about each. */
export async function runSpecs(selection: Selection, onResult: (result: SpecResult) => void): Promise<void> {
  const results: SpecResult[] = [];
  const words = selection.filter.toLowerCase();
  const chosen = specs.filter(
    ({ name, onEveryPage }) => (selection.everything || onEveryPage) && name.toLowerCase().includes(words),
  );
  for (const one of chosen) {
    window.currentSpec = one.name;
    const outcome = await runOne(one, selection);
    results.push(outcome);
    onResult(outcome);
  }
  window.specResults = results;
}
