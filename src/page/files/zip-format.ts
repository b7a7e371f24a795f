/**
 * The zip format (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT), as far as files of plug-ins need it: UTF-8 names, no
 * encryption, zip64. Numbers are little-endian.
 */

export const signatures = {
  file: 0x0403_4b50,
  entry: 0x0201_4b50,
  end: 0x0605_4b50,
  end64: 0x0606_4b50,
  locator64: 0x0706_4b50,
} as const;
export const headerBytes = { file: 30, entry: 46, end: 22, end64: 56, locator64: 20 } as const;
export const methods = { stored: 0, deflated: 8 } as const;
export const flags = { encrypted: 1, utf8Names: 0x800 } as const;
/** In these fields, the largest number says that the number is in the zip64 field or record. */
export const max16 = 0xffff;
export const max32 = 0xffff_ffff;

/** Numbers of extra fields: zip64 sizes, times of NTFS in steps of 100 ns, and Unix times in seconds. */
export const extraFields = { zip64: 1, ntfs: 0x000a, unixTimes: 0x5455 } as const;

/** Unix, in the upper byte of `version made by`: its file modes are in the upper half of the external attributes. */
export const madeByUnix = 3;
export const modes = { mask: 0o170_000, file: 0o100_644, directory: 0o040_755, symlink: 0o120_777 } as const;

/** 100 ns from 1601, where times of NTFS begin, to 1970. */
const ntfsEpoch = 116_444_736_000_000_000n;

export function toNtfsTime(ms: number): bigint {
  return BigInt(Math.round(ms * 10_000)) + ntfsEpoch;
}

export function fromNtfsTime(time: bigint): number {
  return Number(time - ntfsEpoch) / 10_000;
}

/** Local time in steps of two seconds, from 1980 to 2107. */
export function toDosTime(ms: number): number {
  const time = new Date(ms);
  const year = time.getFullYear() - 1980;
  if (!(year >= 0)) return (1 << 21) | (1 << 16);
  if (year > 127) return 0xff9f_bf7d;
  const date = (year << 9) | ((time.getMonth() + 1) << 5) | time.getDate();
  return ((date << 16) | (time.getHours() << 11) | (time.getMinutes() << 5) | (time.getSeconds() >> 1)) >>> 0;
}

export function fromDosTime(value: number): number {
  const [year, month, day] = [(value >>> 25) + 1980, ((value >>> 21) & 15) - 1, (value >>> 16) & 31];
  return new Date(year, month, day, (value >>> 11) & 31, (value >>> 5) & 63, (value & 31) * 2).getTime();
}
