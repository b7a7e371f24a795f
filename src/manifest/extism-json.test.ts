import { expect, test } from 'vitest';
import { toExtismJson } from './extism-json.js';
import { parseManifest } from './parse.js';

test('a manifest is written in snake_case, without what only Tenon knows', () => {
  const manifest = parseManifest({
    wasm: [{ url: 'lib.wasm', name: 'lib' }, { data: new TextEncoder().encode('hello') }],
    memory: { maxPages: 4 },
    config: JSON.parse('{"__proto__":"v"}'),
    allowedHosts: ['a.com'],
    allowedPaths: { 'ro:/a': '/b' },
    timeoutMs: 5,
    plugin: { id: 'x' },
    'x-note': 1,
  });
  expect(toExtismJson(manifest)).toBe(
    '{"wasm":[{"url":"lib.wasm","method":"GET","headers":{},"name":"lib"},{"data":"aGVsbG8=","name":"main"}],' +
      '"memory":{"max_pages":4},"config":{"__proto__":"v"},"allowed_hosts":["a.com"],"allowed_paths":{"ro:/a":"/b"},"timeout_ms":5}',
  );
});

test('what is written reads the same again, however large', () => {
  const bytes = Uint8Array.from({ length: 20_003 }, (_, index) => (index * 31) & 255);
  const manifest = parseManifest({ wasm: [{ data: bytes, hash: 'A'.repeat(64) }] });
  expect(parseManifest(toExtismJson(manifest))).toEqual(manifest);
});
