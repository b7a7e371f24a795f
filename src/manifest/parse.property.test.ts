import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPluginError } from '../contract/errors.js';
import { manifestArbitrary } from './manifest.test-arbitrary.js';
import { parseManifest } from './parse.js';
import type { ParsedManifest, ParsedMetadata } from './parsed.js';
import { snakeCase } from './shape.js';
import { runCount } from '../contract/test-runs.js';

const seed = Date.now() % 2 ** 31;

function metadata(plugin: ParsedMetadata): object {
  const permissions = plugin.permissions.map(({ kind, value, reason }) => ({ [kind]: value, reason }));
  return { ...plugin, permissions, engines: Object.fromEntries(plugin.engines) };
}

/** A manifest in normal form, written as a user would in the one or the other spelling. */
function write(manifest: ParsedManifest, spell: (name: string) => string): object {
  const { modules, memory, config, requested, timeoutMs, plugin, extensions } = manifest;
  return {
    wasm: modules.map((module) => {
      const item = { name: module.name, hash: module.hash };
      return module.kind === 'data'
        ? { ...item, data: module.bytes }
        : { ...item, url: module.url, method: module.method, headers: Object.fromEntries(module.headers) };
    }),
    memory: Object.fromEntries(Object.entries(memory).map(([name, value]) => [spell(name), value])),
    config: Object.fromEntries(config),
    [spell('allowedHosts')]: requested.hosts,
    [spell('allowedPaths')]:
      requested.paths &&
      Object.fromEntries(
        requested.paths.map(({ hostPath, guestPath, isReadOnly }) => [
          isReadOnly ? `ro:${hostPath}` : hostPath,
          guestPath,
        ]),
      ),
    [spell('timeoutMs')]: timeoutMs,
    plugin: plugin && metadata(plugin),
    ...Object.fromEntries(extensions),
  };
}

/** What a field of the input says, in whichever spelling. */
function said(input: unknown, name: string): unknown {
  const at = (key: string): unknown => (Object.hasOwn(Object(input), key) ? Object(input)[key] : undefined);
  return at(name) ?? at(snakeCase(name)) ?? null;
}

/** Counts and numbers of the input, found without the parser: nothing may be lost on the way. */
function isWhole(input: unknown, parsed: ParsedManifest): boolean {
  const wasm = said(input, 'wasm');
  const memory = said(input, 'memory');
  const hosts = said(input, 'allowedHosts');
  const config = said(input, 'config') ?? {};
  return (
    Array.isArray(wasm) &&
    wasm.length === parsed.modules.length &&
    (Array.isArray(hosts) ? hosts.length : 0) === parsed.allowedHosts.length &&
    (hosts === null) === (parsed.requested.hosts === null) &&
    Object.keys(said(input, 'allowedPaths') ?? {}).length === parsed.allowedPaths.length &&
    said(input, 'timeoutMs') === parsed.timeoutMs &&
    (['maxPages', 'maxHttpResponseBytes', 'maxVarBytes'] as const).every(
      (name) => said(memory, name) === parsed.memory[name],
    ) &&
    isDeepStrictEqual(Object.entries(config), [...parsed.config]) &&
    (said(input, 'plugin') === null) === (parsed.plugin === null) &&
    parsed.modules.filter((module) => module === parsed.main).length === 1 &&
    parsed.main.name === 'main'
  );
}

/** Objects that throw when they are looked at. */
const traps = fc.constantFrom('get', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor').map(
  (trap) =>
    new Proxy(
      { wasm: [] },
      {
        [trap]: () => {
          throw 'a trap';
        },
      },
    ),
);

const input = fc.oneof(
  { weight: 5, arbitrary: manifestArbitrary({ wrong: 1 }, false) },
  { weight: 5, arbitrary: manifestArbitrary({ wrong: 0 }, false) },
  { weight: 2, arbitrary: manifestArbitrary({ wrong: 2 }, true).map((value) => safeJson(value)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(manifestArbitrary({ wrong: 0 }, true), fc.nat(), fc.string({ maxLength: 3 }))
      .map(([value, at, piece]) => {
        const text = safeJson(value);
        return text.slice(0, at % text.length) + piece + text.slice((at % text.length) + 1);
      }),
  },
  {
    weight: 1,
    arbitrary: fc.anything({
      withMap: true,
      withSet: true,
      withBigInt: true,
      withTypedArray: true,
      withNullPrototype: true,
    }),
  },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: traps },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        manifestArbitrary({ wrong: 0 }, false),
        fc.constantFrom('memory', 'config', 'allowedHosts', 'plugin', 'wasm'),
        traps,
      )
      .map(([value, field, trap]) => ({ ...Object(value), [field]: trap })),
  },
);

function safeJson(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? String(item) : item)) ?? '';
}

test(`each input is refused with one typed error or accepted as a whole (seed ${seed})`, () => {
  let accepted = 0;
  let refused = 0;
  fc.assert(
    fc.property(input, (value) => {
      let parsed: ParsedManifest;
      try {
        parsed = parseManifest(value);
      } catch (error) {
        refused += 1;
        if (!isPluginError(error, 'invalid-manifest') || error.issues.length === 0) throw error;
        return;
      }
      accepted += 1;
      if (!isWhole(typeof value === 'string' ? JSON.parse(value) : value, parsed)) throw new Error('half accepted');
      for (const spell of [(name: string): string => name, snakeCase]) {
        const again = parseManifest(write(parsed, spell));
        if (!isDeepStrictEqual(again, parsed)) expect(again).toEqual(parsed);
      }
    }),
    { numRuns: runCount(100_000), seed },
  );
  console.log(`seed ${seed}: ${accepted} accepted, ${refused} refused`);
  expect(Math.min(accepted, refused)).toBeGreaterThan(runCount(100_000) / 5);
}, 600_000);

test(`every manifest without fault is accepted (seed ${seed})`, () => {
  fc.assert(
    fc.property(manifestArbitrary({ wrong: 0 }, false), (value) => {
      parseManifest(value);
    }),
    { numRuns: runCount(20_000), seed },
  );
}, 300_000);
