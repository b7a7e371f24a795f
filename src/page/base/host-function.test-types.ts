/**
 * Type tests of `hostFunction`: `tsc -p src` checks them (`npm test -- types`), and nothing runs them. A wrong type is a compile
 * error; so is a `@ts-expect-error` above a line without one.
 */
import { expectTypeOf } from 'vitest';
import type { StandardSchema } from '../../contract/standard-schema.js';
import { type HostFunction, hostFunction, type HostFunctions } from './host-function.js';
import type { CallContext } from './call-context.js';
import type { HostCall } from './host-call.js';

const user: StandardSchema<{ readonly name: string }, { readonly name: string; readonly admin: boolean }> = {
  '~standard': { version: 1, vendor: 'test', validate: () => ({ value: { name: 'Ada', admin: true } }) },
};

/** The handler gets the parameters that are named, and the call last. */
export function parametersAreThoseItNames(): void {
  hostFunction({
    params: ['text', 'json', 'bytes', 'i32', 'i64', 'f32', 'f64'],
    result: 'i64',
    handler: (...args) => {
      expectTypeOf(args).toEqualTypeOf<[string, unknown, Uint8Array, number, bigint, number, number, HostCall]>();
      return 1n;
    },
  });
}

/** With a schema, the handler gets its output and returns its input. */
export function schemasTypeTheHandler(): void {
  const made = hostFunction({
    params: [user, { type: 'json', schema: user }],
    result: user,
    handler: (one, two) => {
      expectTypeOf(one).toEqualTypeOf<{ readonly name: string; readonly admin: boolean }>();
      expectTypeOf(two).toEqualTypeOf<{ readonly name: string; readonly admin: boolean }>();
      return Promise.resolve({ name: one.name + two.name });
    },
  });
  expectTypeOf(made).toEqualTypeOf<HostFunction>();
}

/** A handler of another type is refused. */
export function handlersOfAnotherTypeAreRefused(): void {
  // @ts-expect-error -- a number is not a text
  hostFunction({ params: ['text'], result: 'text', handler: () => 1 });
  // @ts-expect-error -- a text is not a bigint
  hostFunction({ params: ['i64'], handler: (value: string) => void value });
  // @ts-expect-error -- there is no such type
  hostFunction({ params: ['i8'], handler: () => {} });
  // @ts-expect-error -- the returned value does not fit the schema's input
  hostFunction({ params: [], result: user, handler: () => ({ admin: true }) });
}

/** A raw function takes the context, then WebAssembly values. */
export function rawFunctionsTakeTheContextAndWasmValues(): void {
  const functions = {
    'extism:host/user': {
      typed: hostFunction({ params: [], handler: () => {} }),
      raw: (context: CallContext, handle: bigint) => context.store(context.readText(handle) ?? ''),
    },
  };
  expectTypeOf(functions).toExtend<HostFunctions>();
  expectTypeOf({ acme: { bad: () => 'text' } }).not.toExtend<HostFunctions>();
}
