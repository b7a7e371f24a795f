import type { Sha256Hex } from '../../contract/units.js';

/** A module of a package. */
export interface PackageModule {
  readonly name: string | null;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly sha256: Sha256Hex;
}

/** A file of a plug-in in JavaScript. */
export interface PackageSource {
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly sha256: Sha256Hex;
}
