import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { VarChange } from '../../contract/var-change.js';
import { CommittedVars, InstanceVars } from './committed-vars.js';

/** The vars of a guest, and what the page knows of them. */
class Guest {
  readonly known: InstanceVars;
  readonly values = new Map<string, number>();

  constructor(committed: CommittedVars) {
    this.known = new InstanceVars(committed);
  }

  adopt(changes: readonly VarChange[] | null): void {
    for (const [key, bytes] of changes ?? []) {
      if (bytes === null) this.values.delete(key);
      else this.values.set(key, bytes[0] ?? 0);
    }
  }

  replace(): void {
    this.values.clear();
    this.known.clear();
  }
}

const key = fc.constantFrom('a', 'b', 'c', 'd');
const change = fc.tuple(key, fc.option(fc.nat(200)));
const step = fc.record({
  guest: fc.nat(2),
  changes: fc.array(change, { maxLength: 3 }),
  other: fc.option(fc.tuple(fc.nat(2), change)),
  replaced: fc.boolean(),
});

const asChange = ([name, given]: readonly [string, number | null]): VarChange => [
  name,
  given === null ? null : new Uint8Array([given]),
];

test('an instance starts each call with the committed vars, whatever the others committed and whichever was replaced', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const committed = new CommittedVars(new Map([['a', new Uint8Array([7])]]), null);
      const model = new Map([['a', 7]]);
      const guests = [0, 1, 2].map(() => new Guest(committed));
      const commit = (guest: Guest, changes: readonly (readonly [string, number | null])[]): void => {
        guest.adopt(changes.map(asChange));
        guest.known.commit(changes.map(asChange));
        for (const [name, given] of changes) {
          if (given === null) model.delete(name);
          else model.set(name, given);
        }
      };
      for (const { guest: index, changes, other, replaced } of steps) {
        const guest = guests[index] ?? new Guest(committed);
        const [missing, sent] = guest.known.missing();
        guest.adopt(missing);
        expect(guest.values).toEqual(model);
        // Another instance ends its call while this one runs.
        const second = other && other[0] !== index ? guests[other[0]] : undefined;
        if (other && second) commit(second, [other[1]]);
        sent();
        commit(guest, changes);
        if (replaced) guest.replace();
      }
      expect(new Map(committed.all().map(([name, bytes]) => [name, bytes?.[0]]))).toEqual(model);
    }),
  );
});

test('deleted vars leave nothing behind, in the committed vars or in what an instance is sent', () => {
  const committed = new CommittedVars(new Map(), null);
  const [one, other] = [new InstanceVars(committed), new InstanceVars(committed)];
  for (let index = 0; index < 10_000; index += 1) {
    one.commit([[`key ${index}`, new Uint8Array(1)]]);
    one.commit([[`key ${index}`, null]]);
  }
  expect(committed.all()).toEqual([]);
  expect(other.missing()[0]).toEqual([]);
});
