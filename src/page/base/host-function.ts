import type { ValueTypeName } from '../../contract/host-function.js';
import type { StandardSchema } from '../../contract/standard-schema.js';
import type { CallContext } from './call-context.js';
import type { HostCall } from './host-call.js';

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

/** The type of a handler's argument for a parameter of that type. */
export type ParamValue<Spec extends ValueSpec> = Spec extends ValueTypeName
  ? NamedValues[Spec]
  : Checked<Spec, 'output'>;
/** The type that a handler returns for a result of that type. */
export type ResultValue<Spec extends ValueSpec | undefined> = Spec extends ValueTypeName
  ? NamedValues[Spec]
  : Spec extends undefined
    ? void
    : Checked<Spec, 'input'>;

export type ParamValues<Specs extends readonly ValueSpec[]> = {
  [Place in keyof Specs]: Specs[Place] extends ValueSpec ? ParamValue<Specs[Place]> : never;
};

/** A host function with typed values, as {@link hostFunction} returns it. */
export interface HostFunction {
  readonly params: readonly ValueSpec[];
  readonly result: ValueSpec | null;
  readonly handler: (...args: never[]) => unknown;
}

/**
 * A host function on WebAssembly values, as Extism defines it: i64 is a bigint, and may be the handle of a memory block. `context`
 * reads and writes the plug-in's memory until the function has returned, or its promise has settled. Where the plug-in declares a result,
 * it must be a value of that type; otherwise the call fails with `host-function`.
 */
export type RawHostFunction = (
  context: CallContext,
  ...args: never[]
) => number | bigint | void | Promise<number | bigint | void>;

/** Host functions by namespace and name. PDKs import from the namespace `extism:host/user`. */
export type HostFunctions = Readonly<Record<string, Readonly<Record<string, HostFunction | RawHostFunction>>>>;

/**
 * Defines a function on the page that plug-ins can call. Its arguments are decoded before it runs and its result is encoded after.
 *
 * @param definition `params` and `result` name the types. `text`, `json` and `bytes` are blocks of the plug-in's memory; `i32`,
 * `i64` (bigint), `f32` and `f64` are WebAssembly values; a Standard Schema stands for JSON that it validates. `handler` receives
 * the values and then the call, and may be async. If it throws, the plug-in's call fails with `host-function`.
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
