import type { ValueTypeName } from '../../contract/host-function.js';
import type { CallContext } from './call-context.js';
import type { HostCall } from './host-call.js';

/** What a schema library offers: https://standardschema.dev */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type SchemaResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The type of a parameter or a result: a name, or a schema for JSON, or both. */
export type ValueSpec =
  ValueTypeName | StandardSchema | { readonly type: ValueTypeName; readonly schema: StandardSchema };

interface NamedValues {
  readonly text: string;
  readonly json: unknown;
  readonly bytes: Uint8Array;
  readonly i32: number;
  readonly i64: bigint;
  readonly f32: number;
  readonly f64: number;
}

type SchemaOf<Spec> = Spec extends { readonly schema: infer Schema } ? Schema : Spec;
type Checked<Spec, Side extends 'input' | 'output'> =
  SchemaOf<Spec> extends { readonly '~standard': { readonly types?: infer Types } }
    ? NonNullable<Types> extends Readonly<Record<Side, infer Value>>
      ? Value
      : unknown
    : unknown;

/** What a handler gets for a parameter of that type. */
export type ParamValue<Spec extends ValueSpec> = Spec extends ValueTypeName
  ? NamedValues[Spec]
  : Checked<Spec, 'output'>;
/** What a handler gives for a result of that type. */
export type ResultValue<Spec extends ValueSpec | undefined> = Spec extends ValueTypeName
  ? NamedValues[Spec]
  : Spec extends undefined
    ? void
    : Checked<Spec, 'input'>;

export type ParamValues<Specs extends readonly ValueSpec[]> = {
  [Place in keyof Specs]: Specs[Place] extends ValueSpec ? ParamValue<Specs[Place]> : never;
};

/** A host function with typed values; {@link hostFunction} makes one. */
export interface HostFunction {
  readonly params: readonly ValueSpec[];
  readonly result: ValueSpec | null;
  readonly handler: (...args: never[]) => unknown;
}

/**
 * A host function as Extism has them: plain WebAssembly values, i64 as bigint, handles of blocks among them. `context` reads
 * and writes the plug-in's memory, until the function has given its result.
 */
export type RawHostFunction = (
  context: CallContext,
  ...args: never[]
) => number | bigint | void | Promise<number | bigint | void>;

/** Host functions by namespace and name; `extism:host/user` is where PDKs look. */
export type HostFunctions = Readonly<Record<string, Readonly<Record<string, HostFunction | RawHostFunction>>>>;

/**
 * Makes a function of the page that plug-ins can call. Its values are decoded before it runs and encoded after it.
 *
 * @param definition `params` and `result` name the types: `text`, `json` and `bytes` are blocks of the plug-in's memory, `i32`,
 * `i64` (bigint), `f32` and `f64` are WebAssembly values; a Standard Schema is JSON that is validated. `handler` gets the
 * values, then the call; it may be async. What it throws fails that call of the plug-in, as `host-function`.
 * @example hostFunction({ params: ['text'], result: 'text', handler: (key) => store.get(key) ?? '' })
 */
export function hostFunction<
  const Params extends readonly ValueSpec[],
  const Result extends ValueSpec | undefined = undefined,
>(definition: {
  readonly params: Params;
  readonly result?: Result;
  readonly handler: (
    ...args: [...values: ParamValues<Params>, call: HostCall]
  ) => ResultValue<Result> | Promise<ResultValue<Result>>;
}): HostFunction {
  const { params, result, handler } = definition;
  return { params, result: result ?? null, handler };
}
