import { PluginError } from '../../contract/errors.js';
import type { DirectorySetup, WasiSetup } from '../../contract/wasi.js';
import type { CombinedSettings } from '../../manifest/limits.js';
import { parseOptionsAs } from '../../manifest/parse.js';
import type { PluginSettings } from '../base/options.js';
import type { CallPlan, StreamEnds, WasiPlan } from '../base/program-plan.js';
import type { DirectorySettings, ProgramOptions } from '../base/wasi-options.js';
import type { LoadedEntry } from './loaded.js';
import { programShape } from './wasi-shape.js';

/** What a program is planned from. */
export interface ProgramParts {
  readonly name: string;
  readonly entries: readonly LoadedEntry[];
  readonly settings: PluginSettings;
  readonly combined: CombinedSettings;
  /** The scripts that the plug-in's worker imports. */
  readonly urls: Pick<WasiSetup, 'url' | 'storeUrl' | 'filesUrl'>;
}

/** Returns what a plug-in that imports WASI is given. A lazy chunk, loaded for such a plug-in. */
export function planProgram({ name, entries, settings, combined, urls }: ProgramParts): WasiPlan {
  const { args, env, stdin, stdout, stderr, clockResolutionMs } = settings.wasi;
  const ends: StreamEnds = {
    stdin: stdin instanceof Uint8Array ? null : stdin,
    stdout: typeof stdout === 'string' ? null : stdout,
    stderr: typeof stderr === 'string' ? null : stderr,
  };
  const waiting = waitingOf(ends, entries, settings);
  return {
    setup: {
      ...urls,
      args: args ?? [name],
      env,
      stdin: stdin instanceof Uint8Array ? stdin : 'page',
      stdout: typeof stdout === 'string' ? stdout : 'page',
      stderr: typeof stderr === 'string' ? stderr : 'page',
      clockResolutionMs,
      directories: planDirectories(settings, combined),
    },
    ends,
    waiting,
    forCall: (called, hasInput, options) =>
      planCall({ options, isFed: called === '_start' && hasInput && settings.profile === null, waiting }),
  };
}

/** Whether the plug-in waits for the page: it reads or writes there, or is a command, which may print more than the page can hold. */
function waitingOf(
  ends: StreamEnds,
  entries: readonly LoadedEntry[],
  { profile }: PluginSettings,
): WasiPlan['waiting'] {
  if (Object.values(ends).some((end) => end !== null)) return 'needed';
  const isCommand = entries.some(({ index }) => index.exports.get('_start')?.kind === 'function');
  return isCommand && profile === null ? 'useful' : 'none';
}

interface CallParts {
  readonly options: ProgramOptions;
  /** Whether the call's input is its standard input, unless the options say otherwise. */
  readonly isFed: boolean;
  readonly waiting: WasiPlan['waiting'];
}

function planCall({ options, isFed, waiting }: CallParts): CallPlan | null {
  const { args, env, stdin } = options;
  if ((args ?? env ?? stdin) === undefined) return isFed ? fedByInput : null;
  const program = parseOptionsAs(programShape, { args, env, stdin });
  const given = program.stdin ?? (isFed ? 'input' : null);
  if (given === null || given === 'input' || given instanceof Uint8Array) {
    return { wire: { args: program.args, env: program.env, stdin: given }, stdin: null };
  }
  if (waiting === 'none') throw cannotStream();
  return { wire: { args: program.args, env: program.env, stdin: 'page' }, stdin: given };
}

const fedByInput: CallPlan = { wire: { args: null, env: null, stdin: 'input' }, stdin: null };

function cannotStream(): PluginError {
  return new PluginError('invalid-argument', {
    message: 'Invalid stdin of a call: the plug-in has no _start, and cannot read from the page during a call',
    where: 'stdin',
    expected: 'text or bytes',
    fix: 'Pass text or bytes, or set wasi.stdin of createPlugin.',
  });
}

function planDirectories(settings: PluginSettings, { allowedPaths }: CombinedSettings): readonly DirectorySetup[] {
  const { directories } = settings.wasi;
  const unnamed = new Map(directories);
  const granted = allowedPaths.map(({ hostPath, guestPath, isReadOnly }): DirectorySetup => {
    const directory = directories.get(hostPath);
    if (directory === undefined) throw unmappedPath(hostPath, guestPath);
    unnamed.delete(hostPath);
    return { ...directory, guestPath, readOnly: isReadOnly || directory.readOnly };
  });
  const all = [...granted, ...Array.from(unnamed, ([guestPath, directory]) => ({ ...directory, guestPath }))];
  checkTogether(all, settings.concurrency);
  return all;
}

function checkTogether(
  directories: readonly (DirectorySettings & { readonly guestPath: string })[],
  concurrency: number,
) {
  const paths = directories.map(({ guestPath }) => guestPath);
  const twice = paths.find((path, index) => paths.indexOf(path) !== index);
  if (twice !== undefined) {
    throw new PluginError('invalid-argument', {
      message: `Two directories have the guest path "${twice}"`,
      where: 'files',
      expected: 'one directory for each guest path',
    });
  }
  checkStores(directories);
  const writable = directories.find(({ readOnly }) => !readOnly);
  if (concurrency === 1 || writable === undefined) return;
  throw new PluginError('invalid-argument', {
    message: `Directory "${writable.guestPath}" is writable, but each of ${concurrency} instances would have its own copy`,
    where: 'concurrency',
    expected: '1 instance, or only read-only directories',
    actual: `${concurrency} instances`,
    fix: 'Set concurrency to 1, or set readOnly on the directory.',
  });
}

/** Rejects a stored directory that a plug-in would write to under two guest paths: it is open for writing once at a time. */
function checkStores(directories: readonly (DirectorySettings & { readonly guestPath: string })[]): void {
  const pathOf = new Map<string, string>();
  for (const { backing, readOnly, guestPath } of directories) {
    if (backing.kind !== 'opfs' || readOnly) continue;
    const other = pathOf.get(backing.id);
    if (other !== undefined) {
      throw new PluginError('invalid-argument', {
        message: `Directories "${other}" and "${guestPath}" both write to { opfs: ${JSON.stringify(backing.id)} }`,
        where: 'files',
        expected: 'one writable directory for each opfs name',
        actual: `"${other}" and "${guestPath}"`,
        fix: 'Use another opfs name, or set readOnly on one of them.',
      });
    }
    pathOf.set(backing.id, guestPath);
  }
}

function unmappedPath(hostPath: string, guestPath: string): PluginError {
  return new PluginError('invalid-argument', {
    message: `Host path "${hostPath}" (guest path "${guestPath}") has no directory: expected an entry in the option files, found none`,
    where: `allowedPaths["${hostPath}"]`,
    expected: `an entry "${hostPath}" in the option \`files\``,
    actual: 'none',
    fix: `Define it: files: { ${JSON.stringify(hostPath)}: { memory: {} } }, or with opfs or handle.`,
  });
}
