import { describe, expectTypeOf, test } from 'vitest';
import { type HostFunction, hostFunction, type HostFunctions, type StandardSchema } from './host-function.js';
import type { CallContext } from './call-context.js';
import type { HostCall } from './host-call.js';

const user: StandardSchema<{ readonly name: string }, { readonly name: string; readonly admin: boolean }> = {
  '~standard': { version: 1, vendor: 'test', validate: () => ({ value: { name: 'Ada', admin: true } }) },
};

/** What TypeScript infers: these tests are the compiler's. */
describe('the types of a host function', () => {
  test('of its parameters are those it names, and the call comes last', () => {
    hostFunction({
      params: ['text', 'json', 'bytes', 'i32', 'i64', 'f32', 'f64'],
      result: 'i64',
      handler: (...args) => {
        expectTypeOf(args).toEqualTypeOf<[string, unknown, Uint8Array, number, bigint, number, number, HostCall]>();
        return 1n;
      },
    });
  });

  test('come from a schema: the handler gets its output and gives its input', () => {
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
  });

  test('refuse a handler of another type', () => {
    // @ts-expect-error -- a number is no text
    hostFunction({ params: ['text'], result: 'text', handler: () => 1 });
    // @ts-expect-error -- a text is no bigint
    hostFunction({ params: ['i64'], handler: (value: string) => void value });
    // @ts-expect-error -- there is no such type
    hostFunction({ params: ['i8'], handler: () => {} });
    // @ts-expect-error -- what it gives does not fit the schema's input
    hostFunction({ params: [], result: user, handler: () => ({ admin: true }) });
  });

  test('of a raw function are WebAssembly values, after the context', () => {
    const functions = {
      'extism:host/user': {
        typed: hostFunction({ params: [], handler: () => {} }),
        raw: (context: CallContext, handle: bigint) => context.store(context.readText(handle) ?? ''),
      },
    };
    expectTypeOf(functions).toExtend<HostFunctions>();
    expectTypeOf({ acme: { bad: () => 'text' } }).not.toExtend<HostFunctions>();
  });
});
