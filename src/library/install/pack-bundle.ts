import { zipSync } from 'fflate';

/** Packs files into a zip bundle. */
export function packBundle(files: ReadonlyMap<string, Uint8Array>): Uint8Array<ArrayBuffer> {
  // A fixed date, so that two exports of a plug-in are equal.
  return zipSync(Object.fromEntries(files), { level: 6, mtime: '2000-01-01T00:00:00Z' });
}
