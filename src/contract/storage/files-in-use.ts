import { PluginError } from '../errors.js';

/** Returns the error for a stored directory that another plug-in has open for writing. */
export function filesInUse(name: string): PluginError {
  return new PluginError('files-in-use', {
    message: `Directory "${name}" is in use: expected no other plug-in that writes to it, found one on this page or in another tab`,
    where: name,
    fix: "Close the other plug-in, or set whenShared to 'wait' or 'read-only'.",
  });
}
