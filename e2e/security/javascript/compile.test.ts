import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleCompiler } from './bundle-compiler.mjs';
import { compileCases } from './compile-cases.mjs';
import { LimitedThread } from './limited-thread.mjs';

/** Far more than any case takes: one that needs exponential or quadratic time takes longer. */
const timeoutMs = 60_000;

/** What a plug-in may import, in any language. */
const modules = ['extism:host/env', 'extism:host/user', 'wasi_snapshot_preview1'];

let thread: LimitedThread;

beforeAll(async () => {
  thread = new LimitedThread(await bundleCompiler());
});

afterAll(() => thread.close());

test('there are enough hostile sources', () => {
  expect(compileCases.length).toBeGreaterThan(50);
  expect(new Set(compileCases.map(({ name }) => name)).size).toBe(compileCases.length);
});

test.each(compileCases)(
  'the compiler withstands $name: $tries',
  async ({ source, options = {}, ends, says = /./u }) => {
    const answer = await thread.ask({ do: 'compile', source: source(), options }, timeoutMs);
    expect([answer.end, answer.text]).toEqual([ends, ends === 'compiled' ? undefined : expect.stringMatching(says)]);
    if (answer.bytes === undefined || answer.linked === undefined) return;
    // Each module is what it says, and imports what a plug-in in any language may import.
    const [standalone, linked] = [await WebAssembly.compile(answer.bytes), await WebAssembly.compile(answer.linked)];
    const importsOf = (module: WebAssembly.Module): string[] =>
      WebAssembly.Module.imports(module).map((one) => one.module);
    expect(importsOf(standalone).filter((name) => !modules.includes(name))).toEqual([]);
    expect(importsOf(linked).filter((name) => ![...modules, 'javascript'].includes(name))).toEqual([]);
    const exported = WebAssembly.Module.exports(standalone).map(({ name }) => name);
    expect(exported.toSorted()).toEqual(['memory', ...(answer.exports ?? [])].toSorted());
  },
);
