import type { Sha256Hex } from '../../contract/units.js';
import { sha256Hex } from '../hash.js';

/** What identifies a version of a plug-in. */
export interface StatementParts {
  readonly id: string;
  readonly version: string | null;
  /** The manifest's text as distributed; null for a bare module. */
  readonly manifest: string | null;
  /** The sha256 hashes of the modules, in the manifest's order. */
  readonly moduleHashes: readonly string[];
}

/**
 * Returns the bytes that a publisher signs with Ed25519: one line of JSON with its keys in alphabetical order. It contains the
 * sha256 of the manifest's text, so that a signature covers everything in it, permissions included.
 */
export async function pluginStatement(parts: StatementParts): Promise<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  const manifest = parts.manifest === null ? null : await sha256Hex(encoder.encode(parts.manifest));
  const { id, version, moduleHashes } = parts;
  return encoder.encode(JSON.stringify({ id, manifest, modules: moduleHashes, type: 'tenon-plugin/1', version }));
}

/** Returns the sha256 of the statement, which identifies the version. */
export async function statementHash(parts: StatementParts): Promise<Sha256Hex> {
  return sha256Hex(await pluginStatement(parts));
}
