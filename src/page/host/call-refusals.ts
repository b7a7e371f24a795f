import { PluginError } from '../../contract/errors.js';

/** Why a call is not even made. */

export function reentrant(what: string): PluginError {
  return new PluginError('reentrant', {
    message: `${what} cannot run: the plug-in is waiting for the very function that calls it`,
    where: what,
    fix: 'Return from the host function first, or call another plug-in.',
  });
}

export function queueFull(what: string, maxQueue: number): PluginError {
  return new PluginError('queue-full', {
    message: `${what} cannot wait: ${maxQueue} calls wait already`,
    where: what,
    expected: `at most ${maxQueue} waiting calls`,
    actual: `one more`,
    fix: 'Wait for calls to end before making more, or raise maxQueue or concurrency.',
    details: { maxQueue },
  });
}

export function notFuelled(): PluginError {
  return new PluginError('invalid-argument', {
    message: 'fuel: the plug-in was created without',
    where: 'fuel',
    fix: 'Give createPlugin fuel: Infinity.',
  });
}
