import { describeThrown } from '../../contract/error-wire.js';
import { isPluginError, PluginError, traitsOf } from '../../contract/errors.js';
import { abortedError } from '../../page/base/aborted.js';
import type { CallSource } from '../../page/base/call-options.js';
import type { PluginOutput } from '../../page/base/output.js';
import type { ExtensionPoint, PointAnswer, PointDefinition, PointMode, PointResult } from './extension-point.js';
import type { OpenPlugin } from './open-plugin.js';
import type { StandardSchema } from '../../contract/standard-schema.js';

export interface RunOptions {
  /** Gives up; calls that run are ended. */
  readonly signal?: AbortSignal;
}

/** One plug-in that runs at a point. */
export interface PointMember {
  readonly id: string;
  readonly name: string;
  readonly open: OpenPlugin;
}

/** What running needs of the library. */
export interface RunContext {
  /** In the user's order. */
  readonly members: readonly PointMember[];
  /** A plug-in failed, and the run goes on without it. `isFault`: it is the plug-in's own. */
  readonly onFailure: (member: PointMember, error: PluginError, isFault: boolean) => Promise<void>;
}

/** Runs a point's plug-ins; what one of them does wrong is no other's matter. A part of its own, that loads with the first run. */
export async function runPoint<Input, Output, Mode extends PointMode, Value extends Input>(
  { definition }: ExtensionPoint<Input, Output, Mode>,
  value: Value,
  options: RunOptions,
  context: RunContext,
): Promise<PointResult<Value, Output, Mode>> {
  const checked = await checkValue(definition.input, value, `The input of "${definition.name}"`);
  const run = new PointRun<Input, Output, Mode>(definition, options.signal ?? null, context);
  // Each mode gives what PointResult says of it, which the compiler does not follow into the cases.
  const results = {
    pipeline: () => run.pipeline(checked),
    collect: () => run.collect(checked),
    first: () => run.first(checked),
    race: () => run.race(checked),
  };
  return (await results[definition.mode]()) as PointResult<Value, Output, Mode>;
}

/** A plug-in had nothing to say: its output was empty. */
const nothing: unique symbol = Symbol('nothing');

class PointRun<Input, Output, Mode extends PointMode> {
  readonly #definition: PointDefinition<Input, Output, Mode>;
  readonly #signal: AbortSignal | null;
  readonly #context: RunContext;

  constructor(definition: PointDefinition<Input, Output, Mode>, signal: AbortSignal | null, context: RunContext) {
    this.#definition = definition;
    this.#signal = signal;
    this.#context = context;
  }

  async pipeline(value: Input): Promise<Input | Output> {
    let now: Input | Output = value;
    for (const member of this.#context.members) {
      const answer = await this.#ask(member, now, this.#signal);
      if (answer !== nothing) now = answer;
    }
    return now;
  }

  async collect(value: Input): Promise<readonly PointAnswer<Output>[]> {
    const asked = this.#context.members.map(async (member): Promise<PointAnswer<Output>[]> => {
      const answer = await this.#ask(member, value, this.#signal);
      return answer === nothing ? [] : [{ id: member.id, name: member.name, value: answer }];
    });
    return (await Promise.all(asked)).flat();
  }

  async first(value: Input): Promise<Output | null> {
    for (const member of this.#context.members) {
      const answer = await this.#ask(member, value, this.#signal);
      if (answer !== nothing) return answer;
    }
    return null;
  }

  async race(value: Input): Promise<Output | null> {
    const losers = new AbortController();
    const signal = this.#signal === null ? losers.signal : AbortSignal.any([this.#signal, losers.signal]);
    const asked = this.#context.members.map((member) => this.#ask(member, value, signal));
    try {
      return await new Promise<Output | null>((resolve, reject) => {
        for (const one of asked) one.then((answer) => (answer === nothing ? undefined : resolve(answer)), reject);
        Promise.all(asked).then(() => resolve(null), reject);
      });
    } finally {
      losers.abort();
    }
  }

  /** One plug-in's answer; what goes wrong is handled as the point says. */
  async #ask(member: PointMember, value: Input | Output, signal: AbortSignal | null): Promise<Output | typeof nothing> {
    const { name, timeoutMs, output, onError = 'skip' } = this.#definition;
    const what = `"${name}" in ${member.name}`;
    try {
      const answer = await member.open.call(this.#definition.export, this.#encode(value), {
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        ...(signal === null ? {} : { signal }),
      });
      if (answer.byteLength === 0) return nothing;
      return await checkValue(output, this.#decode(answer), `The answer of ${what}`);
    } catch (thrown) {
      const error = asPluginError(what, thrown);
      if (this.#signal?.aborted === true) throw abortedError(what, this.#signal);
      // It lost the race.
      if (signal?.aborted === true) return nothing;
      if (onError === 'fail') throw error;
      await this.#context.onFailure(member, error, onError === 'disable' && traitsOf(error).fault === 'plugin');
      return nothing;
    }
  }

  #encode(value: Input | Output): CallSource {
    switch (this.#definition.format ?? 'json') {
      case 'json':
        return JSON.stringify(value);
      case 'text':
        return String(value);
      case 'bytes':
        return value as Uint8Array; // the point's format says so; anything else is refused by the call
    }
  }

  #decode(answer: PluginOutput): unknown {
    switch (this.#definition.format ?? 'json') {
      case 'json':
        return answer.json();
      case 'text':
        return answer.text();
      case 'bytes':
        return answer.bytes();
    }
  }
}

/** @throws PluginError `point-value` */
async function checkValue<Value>(
  schema: StandardSchema<unknown, Value> | undefined,
  value: unknown,
  what: string,
): Promise<Value> {
  if (schema === undefined) return value as Value; // nobody asked for a check
  const result = await schema['~standard'].validate(value);
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map(({ message, path = [] }) => ({
    message,
    path: path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.'),
  }));
  const [first] = issues;
  throw new PluginError('point-value', {
    message: `${what} is not what it should be: ${first?.path ? `${first.path}: ` : ''}${first?.message ?? 'it was refused'}`,
    where: what,
    issues,
  });
}

function asPluginError(what: string, thrown: unknown): PluginError {
  if (isPluginError(thrown)) return thrown;
  return new PluginError('point-value', {
    message: `${what} could not be read: ${describeThrown(thrown)}`,
    where: what,
    cause: thrown,
  });
}
