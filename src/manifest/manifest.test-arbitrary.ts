import fc from 'fast-check';
import { snakeCase } from './shape.js';

/** Keys that break careless code, and some that do not. */
export const key: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'valueOf',
    'then',
    'length',
    'x-a',
    'a',
    '',
  ),
  fc.string({ maxLength: 8 }),
);

const spellings = [(name: string): string => name, snakeCase];

/** An own property for each entry, `__proto__` included. */
const object = (entries: readonly (readonly [string, unknown])[]): Record<string, unknown> =>
  Object.fromEntries(entries);

const dictionary = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.array(fc.tuple(key, value), { maxLength: 4 }).map(object);

/** How often, of a hundred, a part is replaced by something else altogether. */
interface Odds {
  readonly wrong: number;
}

const anything = fc.anything({
  maxDepth: 2,
  key,
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withSparseArray: true,
  withTypedArray: true,
});

const parts = ({ wrong }: Odds) => {
  const or = (arbitrary: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
    wrong === 0
      ? arbitrary
      : fc.oneof(
          { weight: 100 - wrong, arbitrary },
          { weight: wrong, arbitrary: fc.oneof(fc.constant(null), anything) },
        );

  /** Some of the fields, each in one of its spellings; now and then another key. */
  const record = (fields: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<unknown> => {
    const entries = Object.entries(fields).map(([name, value]) =>
      fc.option(
        fc.tuple(
          fc.constantFrom(...spellings).map((spell) => spell(name)),
          or(value),
        ),
        { nil: undefined, freq: 2 },
      ),
    );
    const none = fc.constant(undefined);
    const extra =
      wrong === 0 ? none : fc.oneof({ weight: 60, arbitrary: none }, { weight: 1, arbitrary: fc.tuple(key, anything) });
    return fc
      .tuple(fc.tuple(...entries), extra)
      .map(([given, more]) => object([...given, more].filter((entry) => entry !== undefined)));
  };
  return { or, record };
};

const base64Of = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

const text = fc.oneof(fc.constantFrom('a', '__proto__', 'ünï', ''), fc.string());
const some = fc.string({ minLength: 1, maxLength: 8 });
const name = fc.constantFrom('main', 'a', 'b', '__proto__', 'constructor', 'toString');
const hash = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF'.split('')), minLength: 64, maxLength: 64 }),
  fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => `sha256-${base64Of(bytes)}`),
);
const host = fc.constantFrom(
  '*',
  'a.com',
  'A.com.',
  '*.b.org',
  'https://*.c.net:8443',
  '[::1]',
  'localhost:80',
  'bücher.example',
  '127.1',
);
const base64 = fc.uint8Array({ maxLength: 8 }).map((bytes) => base64Of(bytes));

/** A manifest that is right (`wrong: 0`), or one in which some parts are not. `json`: nothing that JSON cannot say. */
export function manifestArbitrary(odds: Odds, json: boolean): fc.Arbitrary<unknown> {
  const { or, record } = parts(odds);
  const data = json ? base64 : fc.oneof(base64, fc.uint8Array({ maxLength: 8 }));
  const item = { name, hash };
  const headers = fc
    .array(fc.tuple(fc.constantFrom('Accept', '__proto__', 'x-a'), fc.constantFrom('a', 'b')), { maxLength: 2 })
    .map(object);
  const optional = (
    fields: Readonly<Record<string, fc.Arbitrary<unknown>>>,
    required: Readonly<Record<string, fc.Arbitrary<unknown>>>,
  ) =>
    fc
      .tuple(record(fields), fc.record({ ...required }))
      .map(([first, second]) => ({ ...(first as object), ...second }));
  const module = fc.oneof(
    optional({ ...item, method: fc.constantFrom('get', 'POST'), headers }, { url: or(some) }),
    optional(item, { data: or(data) }),
  );
  const permission = fc.oneof(
    optional({ reason: text }, { host: or(host) }),
    optional({ reason: text }, { path: or(some) }),
    optional({}, { capability: or(some) }),
  );
  const size = fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, Number.MAX_SAFE_INTEGER));
  const plugin = record({
    id: some,
    name: text,
    version: text,
    description: text,
    author: text,
    icon: text,
    homepage: fc.constantFrom('https://a.com', 'http://b.org/c'),
    permissions: fc.array(permission, { maxLength: 2 }),
    settings: dictionary(fc.jsonValue({ maxDepth: 2 })),
    engines: dictionary(text),
  });
  const fields = {
    memory: record({ maxPages: fc.integer({ min: 0, max: 65_536 }), maxHttpResponseBytes: size, maxVarBytes: size }),
    config: dictionary(or(text)),
    allowedHosts: fc.array(or(host), { maxLength: 3 }),
    allowedPaths: fc
      .array(fc.tuple(fc.constantFrom('/a', 'ro:/a', 'b', '__proto__'), some), { maxLength: 3 })
      .map(object),
    timeoutMs: size,
    plugin,
  };
  const modules = fc.uniqueArray(or(module), { minLength: 1, maxLength: 3, selector: nameOf });
  return optional(fields, { wasm: or(modules) });
}

/** Modules of one name are a fault; those without a name are all different. */
function nameOf(module: unknown): unknown {
  return typeof module === 'object' && module !== null && 'name' in module ? module.name : {};
}
