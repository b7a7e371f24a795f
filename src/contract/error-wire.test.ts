import { expect, test } from 'vitest';
import { errorFromWire, errorToWire } from './error-wire.js';
import { PluginError } from './errors.js';

/** A plug-in with so many imports that nothing provides, each with a name of that length. */
function missingImports(count: number, nameLength: number): PluginError {
  const name = 'n'.repeat(nameLength);
  const place = { from: 'main', module: 'm', name, kind: 'function' };
  const issues = Array.from({ length: count }, () => ({ path: `"m" "${name}"`, message: 'missing', import: place }));
  return new PluginError('missing-import', { message: 'Unresolved import', issues });
}

test('an error says where it was and why, across the wire', () => {
  const error = missingImports(2, 3);
  const received = errorFromWire(errorToWire(error));
  expect(received.toJSON()).toEqual(error.toJSON());
});

test('a plug-in cannot make an error long, whatever it names: it is cut before it is sent', () => {
  for (const error of [
    missingImports(20_000, 10),
    missingImports(150, 50_000),
    new PluginError('guest-error', { message: 'x'.repeat(16_000_000), where: 'y'.repeat(1_000_000) }),
    new Error('z'.repeat(16_000_000)),
  ]) {
    expect(JSON.stringify(errorToWire(error)).length).toBeLessThan(2_000_000);
  }
});
