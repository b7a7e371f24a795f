import { describeThrown } from '../../contract/error-wire.js';
import { isPluginError, PluginError, traitsOf } from '../../contract/errors.js';
import { abortedError } from '../../page/base/aborted.js';
import type { CallSource } from '../../page/base/call-options.js';
import type { PluginOutput } from '../../page/base/output.js';
import type { ExtensionPoint, PointAnswer, PointDefinition, PointMode, PointResult } from './extension-point.js';
import type { OpenPlugin } from './open-plugin.js';
import type { StandardSchema } from '../../contract/standard-schema.js';

/** What a plug-in returns to a point is parsed by itself, without the app's doing, so little of it on the page's thread. */
const mostBytesOnPage = 65_536;

export interface RunOptions {
  /** Aborts the run and its calls. */
  readonly signal?: AbortSignal;
}

/** One plug-in that runs at a point. */
export interface PointMember {
  readonly id: string;
  readonly name: string;
  readonly open: OpenPlugin;
}

/** What running a point needs from the library. */
export interface RunContext {
  /** In the user's order. */
  readonly members: readonly PointMember[];
  /** Called when a plug-in failed and the run continues. `isFault`: it is the plug-in's own, and `onError` is `disable`. */
  readonly onFailure: (member: PointMember, error: PluginError, isFault: boolean) => Promise<void>;
}

/** Runs a point's plug-ins in its mode. With `onError: 'fail'`, the first failure rejects; one of Tenon itself always does. A lazy chunk, loaded with the first run. */
export async function runPoint<Input, Output, Mode extends PointMode, Value extends Input>(
  { definition }: ExtensionPoint<Input, Output, Mode>,
  value: Value,
  options: RunOptions,
  context: RunContext,
): Promise<PointResult<Value, Output, Mode>> {
  const checked = await checkValue(definition.input, value, `The input of "${definition.name}"`);
  const run = new PointRun<Input, Output, Mode>(definition, options.signal ?? null, context);
  // Each mode returns what PointResult defines for it, which the compiler cannot infer.
  const results = {
    pipeline: () => run.pipeline(checked),
    collect: () => run.collect(checked),
    first: () => run.first(checked),
    race: () => run.race(checked),
  };
  return (await results[definition.mode]()) as PointResult<Value, Output, Mode>;
}

/** Stands for the result of a plug-in whose output is empty, or whose call failed. */
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
      const answer = await this.#call(member, now, this.#signal);
      if (answer !== nothing) now = answer;
    }
    return now;
  }

  async collect(value: Input): Promise<readonly PointAnswer<Output>[]> {
    const asked = this.#context.members.map(async (member): Promise<PointAnswer<Output>[]> => {
      const answer = await this.#call(member, value, this.#signal);
      return answer === nothing ? [] : [{ id: member.id, name: member.name, value: answer }];
    });
    return (await Promise.all(asked)).flat();
  }

  async first(value: Input): Promise<Output | null> {
    for (const member of this.#context.members) {
      const answer = await this.#call(member, value, this.#signal);
      if (answer !== nothing) return answer;
    }
    return null;
  }

  async race(value: Input): Promise<Output | null> {
    const losers = new AbortController();
    const signal = this.#signal === null ? losers.signal : AbortSignal.any([this.#signal, losers.signal]);
    const asked = this.#context.members.map((member) => this.#call(member, value, signal));
    try {
      return await new Promise<Output | null>((resolve, reject) => {
        for (const one of asked) one.then((answer) => (answer === nothing ? undefined : resolve(answer)), reject);
        Promise.all(asked).then(() => resolve(null), reject);
      });
    } finally {
      losers.abort();
    }
  }

  /** Calls one plug-in and returns its result. Failures are handled by the point's `onError`. */
  async #call(
    member: PointMember,
    value: Input | Output,
    signal: AbortSignal | null,
  ): Promise<Output | typeof nothing> {
    const { name, timeoutMs, output, onError = 'skip' } = this.#definition;
    const what = `"${name}" in ${member.name}`;
    try {
      const answer = await member.open.call(this.#definition.export, this.#encode(value), {
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        ...(signal === null ? {} : { signal }),
      });
      if (answer.byteLength === 0) return nothing;
      return await checkValue(output, await this.#decode(answer), `The result of ${what}`);
    } catch (thrown) {
      const error = asPluginError(what, thrown);
      if (this.#signal?.aborted === true) throw abortedError(what, this.#signal);
      // Another plug-in won the race.
      if (signal?.aborted === true) return nothing;
      if (onError === 'fail' || traitsOf(error).isTenonFailure) throw error;
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
        return value as Uint8Array; // the call refuses anything else
    }
  }

  async #decode(answer: PluginOutput): Promise<unknown> {
    switch (this.#definition.format ?? 'json') {
      case 'json':
        return answer.byteLength > mostBytesOnPage ? answer.parseJson() : answer.json();
      case 'text':
        return answer.text();
      case 'bytes':
        return answer.bytes();
    }
  }
}

/** Returns the value if it matches the schema. @throws PluginError `point-value` */
async function checkValue<Value>(
  schema: StandardSchema<unknown, Value> | undefined,
  value: unknown,
  what: string,
): Promise<Value> {
  if (schema === undefined) return value as Value; // without a schema, every value is valid
  const result = await schema['~standard'].validate(value);
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map(({ message, path = [] }) => ({
    message,
    path: path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.'),
  }));
  const [first] = issues;
  throw new PluginError('point-value', {
    message: `${what} does not match its schema: ${first?.path ? `${first.path}: ` : ''}${first?.message ?? 'no reason given'}`,
    where: what,
    issues,
  });
}

function asPluginError(what: string, thrown: unknown): PluginError {
  if (isPluginError(thrown)) return thrown;
  return new PluginError('point-value', {
    message: `Cannot encode, decode or validate a value of ${what}: ${describeThrown(thrown)}`,
    where: what,
    cause: thrown,
  });
}
