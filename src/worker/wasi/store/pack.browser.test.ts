import { describe, expect, test } from 'vitest';
import type { Act } from './pack.test-kit.js';
import type { Report } from './pack.test-worker.js';

const commit: Act = { do: 'commit' };
const file = (path: string, length = 30): Act => ({ do: 'write', path, at: 0, length });

/** A file, a directory with two, and a file of more than one chunk. */
const before: readonly Act[] = [
  file('a'),
  { do: 'directory', path: 'd' },
  file('d/a'),
  { do: 'directory', path: 'd/e' },
  file('d/e/a'),
  { do: 'write', path: 'b', at: 262_100, length: 60 },
  commit,
];

const programs: Readonly<Record<string, readonly Act[]>> = {
  create: [file('d/b'), commit],
  overwrite: [file('a', 10), file('b', 262_144), commit],
  append: [
    { do: 'write', path: 'a', at: 30, length: 9 },
    commit,
    { do: 'write', path: 'b', at: 262_160, length: 9 },
    commit,
  ],
  truncate: [{ do: 'resize', path: 'a', size: 5 }, { do: 'resize', path: 'b', size: 262_110 }, commit],
  'rename over': [{ do: 'rename', path: 'd/a', to: 'a' }, commit],
  'rename a directory': [{ do: 'rename', path: 'd', to: 'ünï\\côdé ' }, commit],
  'remove a tree': [
    { do: 'remove', path: 'd/e/a' },
    { do: 'remove', path: 'd/e' },
    { do: 'remove', path: 'd/a' },
    { do: 'remove', path: 'd' },
    commit,
    { do: 'compact' },
  ],
  'save as a temporary file, with fsync': [file('d/b', 5), commit, { do: 'rename', path: 'd/b', to: 'b' }, commit],
};

describe('a stored directory is as of a commit when its worker is stopped at any storage step of', () => {
  for (const [name, program] of Object.entries(programs)) {
    test(name, async () => {
      const worker = new Worker(new URL('./pack.test-worker.ts', import.meta.url), { type: 'module' });
      try {
        let reached = 'its start';
        const { steps, faults } = await new Promise<{ steps: number; faults: string[] }>((resolve, reject) => {
          worker.addEventListener('error', reject);
          worker.addEventListener('message', ({ data }: MessageEvent<Report>) => {
            if ('reached' in data) reached = data.reached;
            else resolve(data);
          });
          setTimeout(() => reject(new Error(`the worker has reached ${reached} after 100 s`)), 100_000);
          worker.postMessage({ before, program });
        });
        expect(faults).toEqual([]);
        expect(steps).toBeGreaterThan(1);
      } finally {
        worker.terminate();
      }
    });
  }
});
