import { PluginError } from '../../contract/errors.js';
import type { StandardSchema } from '../../contract/standard-schema.js';

/**
 * `pipeline`: each plug-in gets what the one before gave. `collect`: all get the same, and all answers come. `first`: one
 * after the other, until one has an answer. `race`: all at once, the fastest answer.
 */
export type PointMode = 'pipeline' | 'collect' | 'first' | 'race';

/** `json`: any JSON value; `text`: strings; `bytes`: typed arrays. */
export type PointFormat = 'json' | 'text' | 'bytes';

/** A place in an app where its users' plug-ins run. */
export interface PointDefinition<Input, Output, Mode extends PointMode> {
  /** What users read: `Before an order is charged`. */
  readonly name: string;
  /** The function that a plug-in exports to run here. */
  readonly export: string;
  readonly mode: Mode;
  /** Checks what the app gives. */
  readonly input?: StandardSchema<unknown, Input>;
  /** Checks what each plug-in answers: it is nobody's word but its author's. */
  readonly output?: StandardSchema<unknown, Output>;
  /** @default 'json' */
  readonly format?: PointFormat;
  /**
   * When a plug-in fails, takes too long or answers nonsense: `fail` rejects, `skip` goes on without it, `disable` goes on and
   * turns it off with a reason for its user. @default 'skip'
   */
  readonly onError?: 'fail' | 'skip' | 'disable';
  /** Milliseconds one plug-in may take. @default the library's limit */
  readonly timeoutMs?: number;
}

/** Made by `defineExtensionPoint`. */
export interface ExtensionPoint<Input = unknown, Output = unknown, Mode extends PointMode = PointMode> {
  readonly definition: PointDefinition<Input, Output, Mode>;
}

/** One plug-in's answer. */
export interface PointAnswer<Output> {
  readonly id: string;
  readonly name: string;
  readonly value: Output;
}

/** What `run` gives, by mode; null when no plug-in has an answer. A pipeline without plug-ins gives what it was given. */
export type PointResult<Input, Output, Mode extends PointMode> = Mode extends 'pipeline'
  ? Input | Output
  : Mode extends 'collect'
    ? readonly PointAnswer<Output>[]
    : Output | null;

/**
 * @throws PluginError `invalid-argument`
 * @example
 * const beforeCharge = defineExtensionPoint({ name: 'Before an order is charged', export: 'before_charge', mode: 'pipeline' });
 * const order = await library.run(beforeCharge, { total: 100 });
 */
export function defineExtensionPoint<Input = unknown, Output = Input, const Mode extends PointMode = PointMode>(
  definition: PointDefinition<Input, Output, Mode>,
): ExtensionPoint<Input, Output, Mode> {
  const { mode, onError = 'skip', format = 'json' } = definition;
  const faults = [
    oneOf('mode', mode, ['pipeline', 'collect', 'first', 'race']),
    oneOf('onError', onError, ['fail', 'skip', 'disable']),
    oneOf('format', format, ['json', 'text', 'bytes']),
    definition.name === '' || definition.export === '' ? 'name and export must not be empty' : null,
  ];
  const fault = faults.find((one) => one !== null);
  if (fault === undefined) return Object.freeze({ definition: Object.freeze({ ...definition }) });
  throw new PluginError('invalid-argument', {
    message: `The extension point ${definition.name}: ${fault}`,
    where: 'point',
  });
}

function oneOf(field: string, value: string, known: readonly string[]): string | null {
  return known.includes(value) ? null : `${field} must be one of ${known.join(', ')}, not ${value}`;
}
