import type { Sha256Hex } from '../../contract/units.js';
import { sha256Hex } from '../hash.js';

/** What makes one version of a plug-in that version. */
export interface StatementParts {
  readonly id: string;
  readonly version: string | null;
  /** The manifest's text as it is distributed, permissions and all; null for a bare module. */
  readonly manifest: string | null;
  /** Of the modules, in the manifest's order. */
  readonly moduleHashes: readonly string[];
}

/**
 * The bytes a publisher signs with Ed25519: one line of JSON, its keys in alphabetical order. The manifest enters by the
 * sha256 of its text, so that nothing in it, permissions included, can change under a signature.
 */
export async function pluginStatement(parts: StatementParts): Promise<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  const manifest = parts.manifest === null ? null : await sha256Hex(encoder.encode(parts.manifest));
  const { id, version, moduleHashes } = parts;
  return encoder.encode(JSON.stringify({ id, manifest, modules: moduleHashes, type: 'tenon-plugin/1', version }));
}

export async function statementHash(parts: StatementParts): Promise<Sha256Hex> {
  return sha256Hex(await pluginStatement(parts));
}
