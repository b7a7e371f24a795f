import { PluginError } from '../../contract/errors.js';

/** A part of its own: few apps ever read this. */
export function cannotLimitModule(): PluginError {
  return new PluginError('cannot-limit-module', {
    message: 'A WebAssembly.Module cannot be limited or metered: its bytes are what nobody can read any more',
    where: 'source',
    fix: 'Give the bytes or the URL instead, or a module from host.compile() under the same limits.',
  });
}
