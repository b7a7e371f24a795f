import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PluginError } from '../../contract/errors.js';
import { type SlotEvent, type SlotState, transition } from './slot-state.js';

type State = SlotState<string, string>;
type Event = SlotEvent<string, string>;
type Kind = State['kind'];

const died = new PluginError('worker-died', { message: 'died' });
const late = new PluginError('timeout', { message: 'late' });
const over = new PluginError('closed', { message: 'closed' });

const states = {
  first: { kind: 'empty', loss: null },
  empty: { kind: 'empty', loss: died },
  admitted: { kind: 'starting', loss: died, instance: null },
  starting: { kind: 'starting', loss: 'hibernated', instance: 'a' },
  idle: { kind: 'idle', instance: 'a' },
  running: { kind: 'running', instance: 'a', job: '1', stopping: null, replaced: null },
  stopping: { kind: 'running', instance: 'a', job: '1', stopping: late, replaced: null },
  lost: { kind: 'lost', job: '1', loss: died },
  closed: { kind: 'closed', reason: over },
} as const satisfies Record<string, State>;

const events = {
  start: { kind: 'start' },
  spawned: { kind: 'spawned', instance: 'b' },
  started: { kind: 'started' },
  'start-failed': { kind: 'start-failed' },
  run: { kind: 'run', job: '2' },
  stop: { kind: 'stop', reason: over },
  replaced: { kind: 'replaced', reason: late, isCrash: true },
  lost: { kind: 'lost', loss: late },
  hibernate: { kind: 'hibernate' },
  settled: { kind: 'settled' },
  close: { kind: 'close', reason: late },
} as const satisfies { readonly [Name in Event['kind']]: Event & { readonly kind: Name } };

const closed: State = { kind: 'closed', reason: late };

/** The state after each event, for each state. An event that is not listed is ignored. */
const table: Readonly<Record<keyof typeof states, { readonly [Name in Event['kind']]?: State }>> = {
  first: { start: { kind: 'starting', loss: null, instance: null }, close: closed },
  empty: { start: { kind: 'starting', loss: died, instance: null }, close: closed },
  admitted: {
    spawned: { kind: 'starting', loss: died, instance: 'b' },
    'start-failed': { kind: 'empty', loss: died },
    close: closed,
  },
  starting: {
    spawned: { kind: 'starting', loss: 'hibernated', instance: 'b' },
    started: { kind: 'idle', instance: 'a' },
    'start-failed': { kind: 'empty', loss: 'hibernated' },
    close: closed,
  },
  idle: {
    run: { kind: 'running', instance: 'a', job: '2', stopping: null, replaced: null },
    lost: { kind: 'empty', loss: late },
    hibernate: { kind: 'empty', loss: 'hibernated' },
    close: closed,
  },
  running: {
    stop: { kind: 'running', instance: 'a', job: '1', stopping: over, replaced: null },
    replaced: { kind: 'running', instance: 'a', job: '1', stopping: null, replaced: { reason: late, isCrash: true } },
    lost: { kind: 'lost', job: '1', loss: late },
    settled: { kind: 'idle', instance: 'a' },
    close: closed,
  },
  stopping: {
    replaced: { kind: 'running', instance: 'a', job: '1', stopping: late, replaced: { reason: late, isCrash: true } },
    lost: { kind: 'lost', job: '1', loss: late },
    settled: { kind: 'idle', instance: 'a' },
    close: closed,
  },
  lost: { settled: { kind: 'empty', loss: died }, close: closed },
  closed: {},
};

const cases = Object.entries(states).flatMap(([name, state]) =>
  Object.values(events).map((event) => [name as keyof typeof states, event.kind, state, event] as const),
);

describe('a transition', () => {
  test.each(cases)('from %s on %s', (name, kind, state, event) => {
    const expected = table[name][kind];
    const after = transition<string, string>(state, event);
    if (expected === undefined) expect(after, 'the same object: the event is ignored').toBe(state);
    else expect(after).toEqual(expected);
  });

  test('does not mutate its argument', () => {
    const before = JSON.stringify(states);
    for (const [, , state, event] of cases) transition<string, string>(state, event);
    expect(JSON.stringify(states)).toBe(before);
  });
});

/** Applies a sequence of events to one slot, records what happened, and checks the invariants after each. */
class Journal {
  state: State = { kind: 'empty', loss: null };
  readonly started: string[] = [];
  readonly settled: string[] = [];
  readonly ended = new Set<string>();
  readonly #spawned = new Set<string>();
  #next = 0;

  apply(kind: Event['kind']): void {
    const before = this.state;
    const event = this.#eventOf(kind);
    this.state = transition(before, event);
    if (this.state === before) return;
    if (event.kind === 'spawned') this.#spawned.add(event.instance);
    if (event.kind === 'run') this.started.push(event.job);
    if (event.kind === 'settled' && 'job' in before) this.settled.push(before.job);
    if ('instance' in before && before.instance !== null && before.instance !== instanceIn(this.state)) {
      this.ended.add(before.instance);
    }
    this.#check(before, event);
  }

  #eventOf(kind: Event['kind']): Event {
    this.#next += 1;
    if (kind === 'run') return { kind, job: `job ${this.#next}` };
    return kind === 'spawned' ? { kind, instance: `instance ${this.#next}` } : events[kind];
  }

  #check(before: State, event: Event): void {
    const { state } = this;
    expect(before.kind, 'a closed slot stays closed').not.toBe('closed');
    if (event.kind === 'run') expect(before.kind, 'a job starts on an idle instance only').toBe('idle');
    const open = this.started.length - this.settled.length;
    if (state.kind === 'running' || state.kind === 'lost') {
      expect(open, 'one job at a time').toBe(1);
      expect(state.job).toBe(this.started.at(-1));
    } else if (state.kind !== 'closed') {
      expect(open, 'every started job has settled').toBe(0);
    }
    const instance = instanceIn(state);
    if (instance === null) return;
    expect(this.#spawned.has(instance), 'every instance was spawned before').toBe(true);
    expect(this.ended.has(instance), 'an ended instance is not used again').toBe(false);
  }
}

function instanceIn(state: State): string | null {
  return 'instance' in state ? state.instance : null;
}

const kinds = Object.keys(events) as Event['kind'][];
/** All events but `close`, which is generated rarely; otherwise most sequences would end early. */
const usual = kinds.filter((kind) => kind !== 'close');
const eventKind = fc.oneof(
  { weight: 60, arbitrary: fc.constantFrom(...usual) },
  { weight: 1, arbitrary: fc.constant('close' as const) },
);

describe('any sequence of events', () => {
  test('runs one job at a time on an existing instance, settles each job once, and never reopens a closed slot', () => {
    const reached = new Set<Kind>();
    const jobs = { most: 0 };
    fc.assert(
      fc.property(fc.array(eventKind, { maxLength: 200, size: 'max' }), (sequence) => {
        const journal = new Journal();
        for (const kind of sequence) {
          journal.apply(kind);
          reached.add(journal.state.kind);
        }
        expect(new Set(journal.settled).size, 'each job settles once').toBe(journal.settled.length);
        expect(journal.started.slice(0, journal.settled.length), 'in order').toEqual(journal.settled);
        jobs.most = Math.max(jobs.most, journal.settled.length);
      }),
      { numRuns: 5_000 },
    );
    expect(reached, 'states that the sequences reached').toEqual(
      new Set<Kind>(['empty', 'starting', 'idle', 'running', 'lost', 'closed']),
    );
    expect(jobs.most, 'most jobs in one sequence').toBeGreaterThan(3);
  });

  test('keeps the reason for the loss of an instance until the next one has started', () => {
    fc.assert(
      fc.property(fc.array(eventKind, { maxLength: 100, size: 'max' }), (sequence) => {
        const journal = new Journal();
        let hadInstance = false;
        for (const kind of sequence) {
          journal.apply(kind);
          const { state } = journal;
          if (state.kind === 'idle') hadInstance = true;
          if (state.kind === 'empty' || state.kind === 'starting') expect(state.loss !== null).toBe(hadInstance);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
