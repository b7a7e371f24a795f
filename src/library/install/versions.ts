import type { PluginRecord } from '../storage/record.js';

interface Parts {
  readonly numbers: readonly string[];
  /** The identifiers of a pre-release; none for a release. */
  readonly preRelease: readonly string[];
}

/**
 * Returns a number below 0 if version `a` precedes `b` by Semantic Versioning (https://semver.org/#spec-item-11), above 0 if
 * `b` precedes `a`, 0 if they have the same precedence, and null if one of them is no such version. `1` and `1.0` are `1.0.0`.
 */
export function compareVersions(a: string | null, b: string | null): number | null {
  const [left, right] = [partsOf(a), partsOf(b)];
  if (left === null || right === null) return a === b ? 0 : null;
  const difference = compareLists(left.numbers, right.numbers);
  if (difference !== 0) return difference;
  const [isRelease, isOtherRelease] = [left.preRelease.length === 0, right.preRelease.length === 0];
  if (isRelease || isOtherRelease) return Number(isRelease) - Number(isOtherRelease);
  return compareLists(left.preRelease, right.preRelease);
}

/** Returns whether a version is newer than the installed one. Other forms of versions are newer if they differ. */
export function isNewer(candidate: string, installed: string | null): boolean {
  if (installed === null) return true;
  return (compareVersions(candidate, installed) ?? 1) > 0;
}

/**
 * Returns whether a version is older than the installed one. For a signed plug-in it must not be older than the newest version
 * that was ever installed, and a version that cannot be compared with that counts as older.
 */
export function isDowngrade(version: string | null, old: PluginRecord | null): boolean {
  if (old === null) return false;
  const installed = old.versionFloor ?? old.current.version;
  if (installed === null) return false;
  const order = compareVersions(version, installed);
  return order === null ? old.publisher !== null : order < 0;
}

function partsOf(version: string | null): Parts | null {
  const match = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([\w.-]+))?(?:\+[\w.-]+)?$/.exec(version ?? '');
  if (match === null) return null;
  const numbers = [match[1], match[2], match[3]].map((digits) => digits ?? '0');
  return { numbers, preRelease: match[4]?.split('.') ?? [] };
}

function compareLists(a: readonly string[], b: readonly string[]): number {
  for (const [at, left] of a.entries()) {
    const right = b[at];
    if (right === undefined) return 1;
    const difference = compareIdentifiers(left, right);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Numbers precede words. Words are compared as ASCII, and numbers of any length by their digits. */
function compareIdentifiers(a: string, b: string): number {
  const [isNumber, isOtherNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
  const [left, right] = isNumber ? [a.replace(/^0+/, ''), b.replace(/^0+/, '')] : [a, b];
  if (isNumber && left.length !== right.length) return left.length - right.length;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
