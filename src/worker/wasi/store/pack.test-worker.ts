/** Stops a pack with real access handles at every storage step of a program, and opens it again. They exist only in workers. */
import { dataFile, journalFiles } from '../../../contract/storage/stored-journal.js';
import type { PackFiles, SyncFile } from './pack.js';
import { type Act, describe, describeStored, Session, Steps } from './pack.test-kit.js';

type Handle = SyncFile & { close(): void };

async function openFiles(folder: FileSystemDirectoryHandle): Promise<Handle[]> {
  const handles: Handle[] = [];
  for (const name of [dataFile, ...journalFiles]) {
    const file = (await folder.getFileHandle(name, { create: true })) as FileSystemFileHandle & {
      createSyncAccessHandle(): Promise<Handle>;
    };
    handles.push(await file.createSyncAccessHandle());
  }
  return handles;
}

function counted(handles: readonly Handle[], steps: Steps): PackFiles {
  const [data, first, second] = handles.map((handle) => steps.wrap(handle));
  if (data === undefined || first === undefined || second === undefined) throw new TypeError('expected three handles');
  return { data, journals: [first, second] };
}

/** Runs `before`, then `program` until step `stopAt`, and compares what is stored then with the commits. */
function stopAtStep(
  handles: readonly Handle[],
  before: readonly Act[],
  program: readonly Act[],
  stopAt: number,
): Result {
  for (const handle of handles) handle.truncate(0);
  const steps = new Steps();
  const points: string[] = [];
  try {
    const session = new Session(counted(handles, steps));
    for (const [number, act] of before.entries()) session.act(act, number);
    points.push(describe(session.volume));
    steps.stopAt = steps.done + stopAt;
    for (const [number, act] of program.entries()) {
      if (act.do === 'commit') points.push(describe(session.volume));
      session.act(act, 100 + number);
      // This commit has ended: what was before it may not come back.
      if (act.do === 'commit') points.splice(0, points.length - 1);
    }
  } catch (thrown) {
    if (!steps.isStopped) throw thrown;
  }
  const found = describeStored(counted(handles, new Steps()));
  const fault = points.includes(found) ? null : `step ${stopAt}: found\n${found}\nof\n${points.join('\n\n')}`;
  return { isStopped: steps.isStopped, fault };
}

interface Result {
  readonly isStopped: boolean;
  readonly fault: string | null;
}

/** What the worker reports to the test: how far it has come, then its result. */
export type Report = { readonly reached: string } | { readonly steps: number; readonly faults: string[] };

function report(sent: Report): void {
  postMessage(sent);
}

addEventListener('message', ({ data }: MessageEvent<{ before: readonly Act[]; program: readonly Act[] }>) => {
  const run = async (): Promise<{ steps: number; faults: string[] }> => {
    report({ reached: 'its first message' });
    const root = await navigator.storage.getDirectory();
    report({ reached: 'the root directory' });
    const name = `stop-${Math.random()}`;
    const handles = await openFiles(await root.getDirectoryHandle(name, { create: true }));
    report({ reached: 'its open files' });
    const faults: string[] = [];
    let result = stopAtStep(handles, data.before, data.program, 0);
    let step = 0;
    for (; result.isStopped; step += 1) {
      report({ reached: `step ${step}` });
      if (result.fault !== null) faults.push(result.fault);
      result = stopAtStep(handles, data.before, data.program, step + 1);
    }
    for (const handle of handles) handle.close();
    await root.removeEntry(name, { recursive: true });
    return { steps: step, faults };
  };
  run().then(
    (result) => report(result),
    (thrown: unknown) => report({ steps: 0, faults: [String(thrown)] }),
  );
});
