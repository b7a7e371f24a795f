import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runCount } from '../../../contract/test-runs.js';
import type { PackFiles } from './pack.js';
import { acts, describe, describeStored, DiskFile, Session, Steps } from './pack.test-kit.js';

const session = fc.record({
  acts,
  stopAt: fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 40 })),
  power: fc.infiniteStream(fc.boolean()),
  losesPower: fc.boolean(),
});

test('a stored directory is as of a commit, whatever its openers do, and wherever each of them is stopped', () => {
  fc.assert(
    fc.property(fc.array(session, { minLength: 1, maxLength: 5 }), (sessions) => {
      const disk = [new DiskFile(), new DiskFile(), new DiskFile()] as const;
      const filesOf = (steps: Steps): PackFiles => {
        const [data, first, second] = disk;
        return { data: steps.wrap(data), journals: [steps.wrap(first), steps.wrap(second)] };
      };
      let committed = describeStored(filesOf(new Steps()));
      for (const { acts: program, stopAt, power, losesPower } of sessions) {
        let during: string | null = null;
        const steps = new Steps(stopAt ?? Number.POSITIVE_INFINITY);
        try {
          const opened = new Session(filesOf(steps));
          for (const [number, act] of program.entries()) {
            if (act.do === 'commit' || act.do === 'compact') during = describe(opened.volume);
            opened.act(act, number + 1);
            if (during !== null) [committed, during] = [during, null];
          }
        } catch (thrown) {
          if (!steps.isStopped) throw thrown;
        }
        const kept = power[Symbol.iterator]();
        for (const file of disk) if (losesPower) file.losePower(() => kept.next().value === true);
        const found = describeStored(filesOf(new Steps()));
        if (found !== committed) expect(found).toBe(during);
        committed = found;
      }
    }),
    { numRuns: runCount(300), includeErrorInReport: true },
  );
});
