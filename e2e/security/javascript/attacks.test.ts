import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attackGroups, sourceOf } from './attacks.mjs';
import { bundleCompiler } from './bundle-compiler.mjs';
import { LimitedThread } from './limited-thread.mjs';

/** Endless attacks take longer than the first. The second is far more than the others take. */
const soonMs = 150;
const lateMs = 60_000;

/** In the WASI of Node a thread that sleeps cannot be ended. The browsers make these attacks. */
const sleeping = new Set(['longTimer', 'infiniteTimer']);

let thread: LimitedThread;

beforeAll(async () => {
  thread = new LimitedThread(await bundleCompiler());
});

afterAll(() => thread.close());

test('there are at least 60 attacks', () => {
  expect(attackGroups.flatMap(({ attacks }) => attacks).length).toBeGreaterThan(60);
});

/** In the Extism JS SDK, which has no limit of memory, and neither of outputs nor of time: the thread is ended from outside. */
describe.each(attackGroups)('a plug-in in JavaScript that tries $tries', ({ attacks, ...group }) => {
  let bytes: Uint8Array<ArrayBuffer>;

  beforeAll(async () => {
    const answer = await thread.ask({ do: 'compile', source: sourceOf({ attacks, ...group }) }, lateMs);
    expect(answer.text).toBe(undefined);
    bytes = answer.bytes ?? new Uint8Array();
  });

  test.each(attacks.filter(({ name, takesMemory }) => takesMemory !== true && !sleeping.has(name)))(
    '$name is contained',
    async ({ name, ends, output }) => {
      const timeoutMs = ends.includes('timeout') ? soonMs : lateMs;
      const answer = await thread.ask({ do: 'run', bytes, name, input: '' }, timeoutMs);
      expect(ends, answer.text?.slice(0, 500)).toContain(answer.end);
      if (output !== undefined && answer.end === 'value') expect(answer.text).toBe(output);
    },
  );
});
