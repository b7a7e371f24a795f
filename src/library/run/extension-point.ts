import { PluginError } from '../../contract/errors.js';
import type { StandardSchema } from '../../contract/standard-schema.js';

/**
 * How the results of several plug-ins combine. `pipeline`: each plug-in receives the previous one's result. `collect`: all
 * receive the same input, and all results are returned. `first`: one after the other, until one returns a result. `race`: all
 * at once; the first result wins.
 */
export type PointMode = 'pipeline' | 'collect' | 'first' | 'race';

/** `json`: any JSON value; `text`: strings; `bytes`: typed arrays. */
export type PointFormat = 'json' | 'text' | 'bytes';

/** A place in an app where plug-ins of its users run. */
export interface PointDefinition<Input, Output, Mode extends PointMode> {
  /** The name that users see: `Before an order is charged`. */
  readonly name: string;
  /** The name of the exported function that is called. */
  readonly export: string;
  readonly mode: Mode;
  /** Validates the app's input. */
  readonly input?: StandardSchema<unknown, Input>;
  /** Validates each plug-in's result. */
  readonly output?: StandardSchema<unknown, Output>;
  /** @default 'json' */
  readonly format?: PointFormat;
  /**
   * What happens when a plug-in fails, times out or returns an invalid result: `fail` rejects, `skip` continues without it,
   * `disable` continues and disables it with a reason for its user. A failure of Tenon itself always rejects. @default 'skip'
   */
  readonly onError?: 'fail' | 'skip' | 'disable';
  /** The time limit of each plug-in, in milliseconds. @default the library's limit */
  readonly timeoutMs?: number;
}

/** An extension point, created by `defineExtensionPoint`. */
export interface ExtensionPoint<Input = unknown, Output = unknown, Mode extends PointMode = PointMode> {
  readonly definition: PointDefinition<Input, Output, Mode>;
}

/** The result of one plug-in. */
export interface PointAnswer<Output> {
  readonly id: string;
  readonly name: string;
  readonly value: Output;
}

/** The result of `run`, by mode. Without results: null for `first` and `race`, an empty list for `collect`, the input for `pipeline`. */
export type PointResult<Input, Output, Mode extends PointMode> = Mode extends 'pipeline'
  ? Input | Output
  : Mode extends 'collect'
    ? readonly PointAnswer<Output>[]
    : Output | null;

/**
 * Defines an extension point.
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
    definition.name === '' || definition.export === '' ? 'expected a name and an export that are not empty' : null,
  ];
  const fault = faults.find((one) => one !== null);
  if (fault === undefined) return Object.freeze({ definition: Object.freeze({ ...definition }) });
  throw new PluginError('invalid-argument', {
    message: `Invalid extension point "${definition.name}": ${fault}`,
    where: 'point',
  });
}

function oneOf(field: string, value: string, known: readonly string[]): string | null {
  return known.includes(value) ? null : `expected ${field} to be one of ${known.join(', ')}, found ${value}`;
}
