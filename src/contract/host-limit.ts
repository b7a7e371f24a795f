import { PluginError } from './errors.js';

/** Returns the error for a call that exceeded `option`, which limits what the host does in one call. */
export function hostLimit(option: 'maxHostCalls' | 'maxRequests', most: number): PluginError {
  const expected = `at most ${most} in one call`;
  return new PluginError('host-limit', {
    message: `Limit ${option} exceeded: expected ${expected}, found more`,
    where: option,
    expected,
    fix: `Raise ${option}.`,
    details: { limit: most },
  });
}
