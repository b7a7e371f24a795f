import { expect, test } from 'vitest';
import { Vars } from './vars.js';

const value = new Uint8Array([1]);

test('a var that is set and deleted in one call is not among its changes', () => {
  const vars = new Vars(1_000, 'full');
  for (let index = 0; index < 100_000; index += 1) {
    vars.set(`key ${index}`, value);
    vars.delete(`key ${index}`);
  }
  expect(vars.usedBytes).toBe(0);
  expect(vars.takeChanges()).toBeNull();
});

test('the deletion of a var that had a value before the call is a change, however often it was set in between', () => {
  const vars = new Vars(1_000, 'full');
  vars.adopt([['kept', value]]);
  vars.delete('kept');
  vars.set('kept', new Uint8Array([2]));
  vars.delete('kept');
  vars.delete('kept');
  expect(vars.takeChanges()).toEqual([['kept', null]]);
  expect(vars.takeChanges()).toBeNull();
});

test('a var whose value was taken as a change before it is deleted is deleted by a change', () => {
  const vars = new Vars(1_000, 'full');
  vars.set('key', value);
  expect(vars.takeChanges()).toEqual([['key', value]]);
  vars.delete('key');
  vars.set('other', value);
  vars.delete('other');
  expect(vars.takeChanges()).toEqual([['key', null]]);
});
