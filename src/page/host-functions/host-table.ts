import { describeThrown } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';
import { type ValueTypeName, valueTypes, type WireFunction } from '../../contract/host-function.js';
import type { HostFunction, HostFunctions, RawHostFunction, ValueSpec } from '../base/host-function.js';
import { checkSchema, isSchema, type TypedValue } from './host-values.js';

/** One host function with its checked types. */
export interface TableEntry {
  readonly wire: WireFunction;
  /** The name of the function in error messages. */
  readonly where: string;
  readonly params: readonly TypedValue[];
  readonly result: TypedValue | null;
  readonly run: (...args: unknown[]) => unknown;
  /** The type of the result in the modules that import the function; null: no result, absent: unknown. */
  readonly imported?: string | null | undefined;
}

/**
 * Returns the host functions as a list, in which workers refer to them by index.
 * @throws PluginError `invalid-argument` for the first invalid definition
 */
export function hostTable(functions: HostFunctions): TableEntry[] {
  if (typeof functions !== 'object' || functions === null) {
    throw wrong('functions', 'an object of namespaces', describeThrown(functions));
  }
  return Object.entries(functions).flatMap(([module, group]) => {
    if (typeof group !== 'object' || group === null) {
      throw wrong(`functions["${module}"]`, 'an object of functions', describeThrown(group));
    }
    return Object.entries(group).map(([name, value]) => tableEntry(module, name, value));
  });
}

function tableEntry(module: string, name: string, value: HostFunction | RawHostFunction): TableEntry {
  const where = `host function "${module}" "${name}"`;
  if (typeof value === 'function') {
    return { wire: { module, name, types: null }, where, params: [], result: null, run: value as TableEntry['run'] };
  }
  const isDefinition = typeof value === 'object' && value !== null && typeof value.handler === 'function';
  if (!isDefinition || !Array.isArray(value.params)) {
    throw wrong(where, 'a function or the result of hostFunction()', describeThrown(value));
  }
  const params = value.params.map((spec, place) => typedValue(spec, `${where}: params[${place}]`));
  const result = value.result == null ? null : typedValue(value.result, `${where}: result`);
  const types = { params: params.map(({ type }) => type), result: result?.type ?? null };
  return { wire: { module, name, types }, where, params, result, run: value.handler as TableEntry['run'] };
}

function typedValue(spec: ValueSpec, where: string): TypedValue {
  if (isValueType(spec)) return { type: spec, schema: null };
  if (isSchema(spec)) return { type: 'json', schema: checkSchema(spec, where) };
  if (typeof spec === 'object' && spec !== null && 'type' in spec && isValueType(spec.type)) {
    return { type: spec.type, schema: checkSchema(spec.schema, where) };
  }
  throw wrong(where, `one of ${valueTypes.join(', ')}, or a Standard Schema`, describeThrown(spec));
}

function isValueType(value: unknown): value is ValueTypeName {
  return (valueTypes as readonly unknown[]).includes(value);
}

function wrong(where: string, expected: string, actual: string): PluginError {
  return new PluginError('invalid-argument', {
    message: `Invalid ${where}: expected ${expected}, found ${actual}`,
    where,
    expected,
    actual,
  });
}
