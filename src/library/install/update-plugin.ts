import type { PluginRecord } from '../storage/record.js';
import { originOf } from './addresses.js';
import { installFrom, type InstallContext, type InstallOptions } from './install.js';
import type { InstallSource } from './read-source.js';
import { type AvailableUpdate, newestUpdate } from './updates.js';

/** Updates a plug-in; without a source, from its update address. @throws PluginError as `Library.update` */
export async function updatePlugin(
  record: PluginRecord,
  source: InstallSource | AvailableUpdate | undefined,
  options: InstallOptions,
  context: InstallContext,
): Promise<PluginRecord> {
  const { installHosts } = context;
  const found = source ?? (await newestUpdate(record, { signal: options.signal ?? null, installHosts }));
  if (typeof found !== 'object' || !('sha256' in found)) return installFrom(found, record, options, context);
  // The address is that of an update document, which the plug-in's author wrote.
  const { url, sha256 } = found;
  const trusted = originOf(record.current.source);
  return installFrom(url, record, { ...options, sha256 }, { ...context, trusted });
}
