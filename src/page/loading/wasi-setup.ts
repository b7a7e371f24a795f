import { PluginError } from '../../contract/errors.js';
import type { DirectorySetup, WasiSetup } from '../../contract/wasi.js';
import type { CombinedSettings } from '../../manifest/limits.js';
import { wasiChunkUrl } from '../workers/spawn.js';
import type { PluginSettings } from '../base/options.js';
import type { DirectorySettings } from '../base/wasi-options.js';

/** Returns the arguments, streams and directories of a plug-in that imports WASI. A lazy chunk, loaded for such a plug-in. */
export function wasiSetup(name: string, settings: PluginSettings, { allowedPaths }: CombinedSettings): WasiSetup {
  const { args, env, stdin, stdout, stderr, clockResolutionMs, directories } = settings.wasi;
  const unnamed = new Map(directories);
  const granted = allowedPaths.map(({ hostPath, guestPath, isReadOnly }): DirectorySetup => {
    const directory = directories.get(hostPath);
    if (directory === undefined) throw unmappedPath(hostPath, guestPath);
    unnamed.delete(hostPath);
    return { ...directory, guestPath, readOnly: isReadOnly || directory.readOnly };
  });
  const all = [...granted, ...Array.from(unnamed, ([guestPath, directory]) => ({ ...directory, guestPath }))];
  checkTogether(all, settings.concurrency);
  return {
    url: wasiChunkUrl(),
    args: args ?? [name],
    env,
    stdin,
    stdout,
    stderr,
    clockResolutionMs,
    directories: all,
  };
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

function unmappedPath(hostPath: string, guestPath: string): PluginError {
  return new PluginError('invalid-argument', {
    message: `Host path "${hostPath}" (guest path "${guestPath}") has no directory: expected an entry in the option files, found none`,
    where: `allowedPaths["${hostPath}"]`,
    expected: `an entry "${hostPath}" in the option \`files\``,
    actual: 'none',
    fix: `Define it: files: { ${JSON.stringify(hostPath)}: { memory: {} } }, or with opfs or handle.`,
  });
}
