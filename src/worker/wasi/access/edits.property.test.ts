import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPluginError } from '../../../contract/errors.js';
import { runCount } from '../../../contract/test-runs.js';
import type { FileEdit } from '../../../contract/wasi.js';
import { applyEdits } from './edits.js';
import { Refusal, refuse } from '../errno.js';
import { type Act, acts, describe, describeStored, DiskFile, Session } from '../store/pack.test-kit.js';

const names = ['a', 'b', 'd', 'd/a', 'd/b', 'd/e', 'd/e/a', 'new/deep/x'];
const path = fc.constantFrom(...names.map((name) => `/data/${name}`));
const modifiedAt = fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 2e12 }));

const edits: fc.Arbitrary<FileEdit[]> = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constant('write' as const),
      path,
      pieces: fc.array(
        fc.uint8Array({ maxLength: 9 }).map((bytes) => new Uint8Array(bytes)),
        { maxLength: 3 },
      ),
      modifiedAt,
    }),
    fc.record({ do: fc.constant('directory' as const), path, modifiedAt }),
    fc.record({ do: fc.constant('symlink' as const), path, target: fc.constantFrom('a', '../b', 'd/e'), modifiedAt }),
    fc.record({ do: fc.constant('remove' as const), path, recursive: fc.boolean() }),
    fc.record({ do: fc.constant('rename' as const), path, to: path }),
  ),
  { minLength: 1, maxLength: 8 },
);

test('edits of the app are made and stored as a whole, or not at all', () => {
  let [made, refused] = [0, 0];
  fc.assert(
    fc.property(acts, edits, fc.boolean(), fc.boolean(), (program, wanted, isFull, breaksStore) => {
      const disk = { data: new DiskFile(), journals: [new DiskFile(), new DiskFile()] as const };
      const session = new Session(disk, isFull ? 530_000 : 1e9);
      const { volume, pack } = session;
      for (const [number, act] of program.entries()) tryAct(session, act, number);
      pack.commit(volume);
      const [before, bytes, entries] = [describe(volume), volume.usedBytes, volume.usedEntries];
      volume.sync = () => {
        if (breaksStore) refuse('nospc');
        pack.commit(volume);
      };
      try {
        applyEdits([{ guestPath: '/data', volume, store: null, acceptsEdits: true, initial: new Map() }], wanted);
        made += 1;
        expect(describeStored(disk)).toBe(describe(volume));
      } catch (error) {
        if (!isPluginError(error, 'files-failed')) throw error;
        refused += 1;
        expect(describe(volume)).toBe(before);
        expect([volume.usedBytes, volume.usedEntries]).toEqual([bytes, entries]);
      }
    }),
    { numRuns: runCount(2_000) },
  );
  expect(Math.min(made, refused)).toBeGreaterThan(0);
});

/** What does not fit is not done. */
function tryAct(session: Session, act: Act, number: number): void {
  try {
    session.act(act, number);
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
  }
}
