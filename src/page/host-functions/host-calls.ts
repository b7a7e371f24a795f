import { asPluginError } from '../../contract/as-plugin-error.js';
import { describeThrown, errorToWire } from '../../contract/error-wire.js';
import { isPluginError, PluginError, traitsOf } from '../../contract/errors.js';
import type { HostQuestion, HttpAnswer, RawAnswer, StartHost } from '../../contract/host-function.js';
import type { VarChange } from '../../contract/var-change.js';
import type { CallProgram } from '../../contract/wasi.js';
import { hostLimit } from '../../contract/host-limit.js';
import { withAncestors } from './ancestry.js';
import { type AnswerChannel, openAnswerChannel, type UsableWay } from './answer-channel.js';
import { Deadline } from '../base/deadline.js';
import type { CompatibilityProfile } from '../base/compatibility-profile.js';
import type { StreamEnds } from '../base/program-plan.js';
import type { HostCall } from '../base/host-call.js';
import type { CallScope, HostEvents, HostLink, HostSide } from './host-side.js';
import type { TableEntry } from './host-table.js';
import { readParam, writeRawResult, writeResult } from './host-values.js';
import { parseRequest } from './host-wire.js';
import { ProgramStreams } from './program-streams.js';
import type { RawCalls } from './raw-calls.js';

/** Performs one HTTP request for a plug-in. */
export type HttpClient = (
  request: string,
  body: Uint8Array | null,
  signal: AbortSignal,
  log: HostEvents['log'],
) => Promise<HttpAnswer & { readonly body: Uint8Array<ArrayBuffer> }>;

/** The settings and functions that {@link HostCalls} uses for one plug-in. */
export interface HostCallsParts {
  readonly plugin: string;
  readonly table: readonly TableEntry[];
  /** Null if no way of waiting is available. */
  readonly way: UsableWay | null;
  readonly config: ReadonlyMap<string, string>;
  /** Milliseconds after which a host function that is still running is reported as stuck; null: never. */
  readonly stuckAfterMs: number | null;
  readonly http: HttpClient;
  /** HTTP requests of one call. */
  readonly maxRequests: number;
  /** Null if the plug-in imports no raw functions. */
  readonly raw: RawCalls | null;
  /** Null if the plug-in imports no WASI. */
  readonly ends: StreamEnds | null;
  /** Converts the results of raw functions before they are checked; null: results are not converted. */
  readonly convertResult: CompatibilityProfile['convertResult'] | null;
}

/** Answers the requests of one plug-in's instances: calls of host functions, and HTTP. */
export class HostCalls implements HostSide {
  readonly memories: number;
  readonly #parts: HostCallsParts;

  constructor(parts: HostCallsParts) {
    this.#parts = parts;
    this.memories = parts.raw === null ? 0 : 1;
  }

  connect(events: HostEvents): HostLink {
    return new InstanceLink(this.#parts, events);
  }
}

const outsideCalls: CallScope = { hostContext: undefined, ancestors: [], program: null };

type Answered = readonly [value: unknown, transfer: Transferable[]];

/** Connects one instance, whose worker sends one request at a time and numbers them in order. */
class InstanceLink implements HostLink {
  readonly start: StartHost;
  inHandler = false;
  readonly #parts: HostCallsParts;
  readonly #events: HostEvents;
  readonly #channel: AnswerChannel | null;
  /** Null if the plug-in imports no WASI. */
  readonly #streams: ProgramStreams | null;
  readonly #stuck: Deadline;
  readonly #vars = new Map<string, Uint8Array | null>();
  #scope = outsideCalls;
  /** Aborted when the running call ends or is aborted. */
  #call = new AbortController();
  #lastNumber = 0;
  /** The number of the unanswered request. */
  #pending: number | null = null;
  /** The last host function that returned a promise, for the report that it is stuck. */
  #function = '';
  /** Number of HTTP requests in this call. */
  #requests = 0;
  /** The first error of a request in this call. */
  #failure: PluginError | null = null;

  constructor(parts: HostCallsParts, events: HostEvents) {
    this.#parts = parts;
    this.#events = events;
    this.#streams = parts.ends === null ? null : new ProgramStreams(parts.ends);
    this.#channel = parts.way === null ? null : openAnswerChannel(parts.way, events.send);
    this.#stuck = new Deadline(() => this.#reportStuck());
    this.start = { waiting: this.#channel?.waiting ?? null, functions: parts.table.map(({ wire }) => wire) };
  }

  receive(data: unknown): void {
    try {
      const [number, ...question] = parseRequest(data, this.#parts.table);
      if (question[0] === 'print') {
        // What an aborted call still prints is dropped.
        if (!this.#call.signal.aborted) this.#streams?.print(question[1], question[2]);
        return;
      }
      if (question[0] === 'more') {
        if (number === this.#lastNumber) this.#channel?.more();
        return;
      }
      if (this.#pending !== null || number !== this.#lastNumber + 1) throw outOfTurn();
      this.#lastNumber = number;
      this.#pending = number;
      this.#answer(number, question);
    } catch (error) {
      if (isPluginError(error)) this.#events.breach(error);
    }
  }

  begin(scope: CallScope): CallProgram | null | Promise<CallProgram> {
    this.#scope = scope;
    this.#call = new AbortController();
    this.#failure = null;
    this.#requests = 0;
    return this.#streams?.begin(scope.program, this.#channel !== null, this.#call.signal) ?? null;
  }

  written(): Promise<PluginError | null> | null {
    // Nobody waits for what an aborted call printed: the sink may never answer, and the instance would be ended.
    return this.#call.signal.aborted ? null : (this.#streams?.written() ?? null);
  }

  end(): readonly VarChange[] {
    const changes = Array.from(this.#vars);
    this.#vars.clear();
    this.#discard(new PluginError('closed', { message: 'The call that this host function ran for has ended' }));
    this.#scope = outsideCalls;
    this.#streams?.end();
    return changes;
  }

  original(error: PluginError): PluginError {
    const failure = this.#failure;
    return failure !== null && failure.code === error.code && failure.message === error.message ? failure : error;
  }

  giveUp(error: PluginError): boolean {
    const number = this.#pending;
    if (number === null) return this.#streams?.giveUp() === true;
    this.#discard(error);
    this.#channel?.answer([number, null, errorToWire(error)], []);
    return true;
  }

  close(): void {
    this.#discard(new PluginError('closed', { message: "The plug-in's instance has ended" }));
    this.#streams?.giveUp();
    this.#streams?.end();
    this.#channel?.close();
  }

  #answer(number: number, question: HostQuestion): void {
    const refuse = (thrown: unknown): void =>
      this.#reply(number, null, asPluginError(thrown, 'unexpected error in a host call'));
    try {
      this.#call.signal.throwIfAborted(); // The guest of an aborted call can catch the error and send more requests.
      const answered = this.#work(question);
      if (answered instanceof Promise) answered.then((value) => this.#reply(number, value, null)).catch(refuse);
      else this.#reply(number, answered, null);
    } catch (thrown) {
      refuse(thrown);
    }
  }

  #reply(number: number, answered: Answered | null, failure: PluginError | null): void {
    // The request was rejected while it was handled, or the instance has ended.
    if (this.#pending !== number) return;
    if (failure !== null && traitsOf(failure).endsWorker) {
      this.#events.breach(failure);
      return;
    }
    const [value, transfer] = answered ?? [null, []];
    this.#channel?.answer([number, value, failure === null ? null : errorToWire(failure)], transfer);
    this.#failure ??= failure;
    this.#pending = null;
    this.#stuck.stop();
  }

  #work(question: HostQuestion): Answered | Promise<Answered> {
    switch (question[0]) {
      case 'http':
        return this.#request(question[1], question[2]);
      case 'call':
        return this.#runFunction(entryAt(this.#parts.table, question[1]), question[2]);
      case 'raw':
        return this.#runRaw(entryAt(this.#parts.table, question[1]), question);
      case 'printed':
        return this.#written();
      case 'stdin':
        return this.#readInput(question[1], question[2]);
      case 'more':
      case 'print':
        throw outOfTurn();
    }
  }

  async #written(): Promise<Answered> {
    const failure = await this.written();
    if (failure !== null) throw failure;
    return [null, []];
  }

  async #readInput(anew: boolean, withinMs: number | null): Promise<Answered> {
    if (this.#streams === null) throw outOfTurn();
    const bytes = await this.#streams.read(anew, withinMs, this.#call.signal);
    return [bytes, bytes === null || bytes === false ? [] : [bytes.buffer]];
  }

  async #request(request: string, body: Uint8Array | null): Promise<Answered> {
    const { http, maxRequests } = this.#parts;
    this.#requests += 1;
    if (this.#requests > maxRequests) throw hostLimit('maxRequests', maxRequests);
    const answer = await http(request, body, this.#call.signal, (level, text) => this.#events.log(level, text));
    return [answer, [answer.body.buffer]];
  }

  #runFunction(entry: TableEntry, args: readonly unknown[]): Answered | Promise<Answered> {
    const { params, result, where, run } = entry;
    const values = params.map((param, place) =>
      readParam(param, args[place], `${where}: parameter ${place + 1} of ${params.length}`),
    );
    const ready = values.some((value) => value instanceof Promise) ? Promise.all(values) : values;
    return after(ready, (all) =>
      after(
        this.#handle(where, () => run(...all, this.#hostCall())),
        (given) =>
          after(result === null ? null : writeResult(result, given, `result of ${where}`), (value) => [value, []]),
      ),
    );
  }

  async #runRaw({ where, run, imported }: TableEntry, [, , args, image, vars]: RawQuestion): Promise<Answered> {
    const { raw, config, convertResult } = this.#parts;
    const number = this.#pending;
    if (raw === null) throw outOfTurn();
    this.#keep(vars);
    const call = raw.begin({
      image,
      vars: () => [...this.#events.vars(), ...this.#vars],
      config,
      log: this.#events.log,
      where,
      call: this.#hostCall(),
    });
    try {
      const given: unknown = await this.#handle(where, () => run(call.context, ...args));
      const value = convertResult === null ? given : this.#handle(where, () => convertResult(given, imported));
      const result = writeRawResult(value, imported, where);
      const { memory, vars: changed } = call.changes();
      // The call may have been aborted while the function ran, and the next one may have started.
      if (this.#pending === number) this.#keep(changed);
      const answer: RawAnswer = { result, memory, vars: changed };
      return [answer, memory === null ? [] : [memory.buffer]];
    } catch (thrown) {
      throw withErrorText(thrown, call.error());
    } finally {
      call.end();
    }
  }

  /** Runs a handler. Throws or rejects with a `host-function` error, with the handler's exception as its cause. */
  #handle(where: string, run: () => unknown): unknown {
    let given: unknown;
    this.inHandler = true;
    try {
      given = run();
    } catch (thrown) {
      throw threw(where, thrown);
    } finally {
      this.inHandler = false;
    }
    if (!isThenable(given)) return given;
    this.#function = where;
    this.#stuck.start(this.#parts.stuckAfterMs);
    return Promise.resolve(given).catch((thrown: unknown) => {
      throw threw(where, thrown);
    });
  }

  #hostCall(): HostCall {
    const { hostContext, ancestors } = this.#scope;
    const { signal } = this.#call;
    return {
      plugin: this.#parts.plugin,
      hostContext,
      signal,
      log: this.#events.log,
      call: (plugin, name, input, options = {}) =>
        plugin.call(name, input, withAncestors({ signal, ...options }, ancestors)),
    };
  }

  /** Keeps changes to vars, which are committed when the call ends. A var that was set and deleted in this call leaves nothing. */
  #keep(changes: readonly VarChange[]): void {
    for (const [key, value] of changes) {
      if (value === null && !this.#events.hasVar(key)) this.#vars.delete(key);
      else this.#vars.set(key, value);
    }
  }

  #reportStuck(): void {
    this.#events.stuck(this.#function);
    this.#stuck.start(this.#parts.stuckAfterMs);
  }

  /** Aborts the handler of the open request, whose answer will be dropped. */
  #discard(reason: PluginError): void {
    this.#pending = null;
    this.#stuck.stop();
    this.#call.abort(reason);
  }
}

type RawQuestion = Extract<HostQuestion, readonly ['raw', ...unknown[]]>;

function entryAt(table: readonly TableEntry[], index: number): TableEntry {
  const entry = table[index];
  if (entry === undefined) throw new PluginError('bug', { message: `BUG: no host function has the index ${index}` });
  return entry;
}

function threw(where: string, cause: unknown): PluginError {
  return new PluginError('host-function', { message: describeThrown(cause), where, cause });
}

/** Returns the error of a host function, with the text of the error that the function had set before it threw. */
function withErrorText(thrown: unknown, said: string | null): unknown {
  if (said === null || !isPluginError(thrown, 'host-function')) return thrown;
  const { where, cause } = thrown;
  return new PluginError('host-function', { message: said, where, cause });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function outOfTurn(): PluginError {
  return new PluginError('protocol', {
    message: "Message from the plug-in's worker does not follow the protocol: the request is out of order",
    expected: 'one request at a time, numbered in order',
  });
}

/** Calls `use` with a value: synchronously, or after the value if that is a promise. Synchronous host functions thus need no promise. */
function after<Value, Result>(
  value: Value | Promise<Value>,
  use: (value: Value) => Result | Promise<Result>,
): Result | Promise<Result> {
  return value instanceof Promise ? value.then(use) : use(value);
}
