import { expect, test } from 'vitest';
import type { PluginRecord } from '../storage/record.js';
import { compareVersions, isDowngrade, isNewer } from './versions.js';

/** The order of https://semver.org/#spec-item-11, with shortened and very long forms. */
const ascending = [
  '0.9.9',
  '1.0.0-1',
  '1.0.0-2',
  '1.0.0-10',
  '1.0.0-alpha',
  '1.0.0-alpha.1',
  '1.0.0-alpha.beta',
  '1.0.0-beta',
  '1.0.0-beta.2',
  '1.0.0-beta.11',
  '1.0.0-rc.1',
  '1',
  '1.0.1',
  'v1.2',
  '1.10.0+build.7',
  '2.0.0',
  '90071992547409910.0.0',
  '90071992547409911.0.0',
];

test('versions have the order of Semantic Versioning', () => {
  for (const [at, older] of ascending.entries()) {
    for (const [later, newer] of ascending.entries()) {
      expect(Math.sign(compareVersions(older, newer) ?? Number.NaN), `${older} and ${newer}`).toBe(
        Math.sign(at - later),
      );
    }
  }
});

test('build metadata and leading zeros make no difference', () => {
  expect(compareVersions('1.0.0+a', '1.0.0+b')).toBe(0);
  expect(compareVersions('01.0', '1')).toBe(0);
});

test('other forms of versions cannot be compared, and are newer if they differ', () => {
  expect(compareVersions('spring', 'summer')).toBeNull();
  expect(compareVersions(null, '1.0.0')).toBeNull();
  expect([isNewer('spring', 'summer'), isNewer('spring', 'spring'), isNewer('1.0.0', null)]).toEqual([
    true,
    false,
    true,
  ]);
});

function installed(version: string | null, versionFloor: string | null = null): PluginRecord {
  const publisher = versionFloor === null ? null : 'a key';
  return { current: { version }, versionFloor, publisher } as PluginRecord;
}

test('a version is a downgrade below the installed one, and of a signed plug-in below the newest one', () => {
  expect(isDowngrade('1.9.9', installed('2.0.0'))).toBe(true);
  expect(isDowngrade('2.0.0', installed('2.0.0'))).toBe(false);
  expect(isDowngrade('2.0.1', installed('2.0.0'))).toBe(false);
  expect(isDowngrade('1.5.0', installed('1.0.0', '2.0.0'))).toBe(true);
  expect(isDowngrade('2.0.0', installed('1.0.0', '2.0.0'))).toBe(false);
  expect(isDowngrade('1.0.0', null)).toBe(false);
});

test('a version without a number is a downgrade of a signed plug-in only', () => {
  expect(isDowngrade(null, installed('1.0.0'))).toBe(false);
  expect(isDowngrade(null, installed('1.0.0', '1.0.0'))).toBe(true);
  expect(isDowngrade('1.0.0', installed(null))).toBe(false);
});
