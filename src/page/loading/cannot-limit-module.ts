import { PluginError } from '../../contract/errors.js';

/** Returns the error for a compiled module under limits. A lazy chunk: few apps need it. */
export function cannotLimitModule(): PluginError {
  return new PluginError('cannot-limit-module', {
    message: 'A WebAssembly.Module cannot be limited or metered, because its bytes cannot be read',
    where: 'source',
    fix: 'Pass the bytes or the URL instead, or a module from host.compile() with the same limits.',
  });
}
