import type { PluginRecord, VersionRecord } from '../storage/record.js';
import type { Store } from '../storage/store.js';
import { type InstallSource, toUrl } from './read-source.js';

/** A version that was read and checked, and is not installed yet. */
export interface Arrival {
  /** The id that its manifest declares, or that is made of its name. */
  readonly declaredId: string;
  readonly version: VersionRecord;
  /** The URL that it was read from, without query; null for a file or bytes. */
  readonly address: string | null;
}

export interface Match {
  /** The installed plug-in that it is a version of; null if there is none. */
  readonly old: PluginRecord | null;
  /** The installed plug-in that an unsigned file may replace if the user says so. */
  readonly replaceable: PluginRecord | null;
}

/** Returns the URL of a source without query and fragment, or null if its bytes come from no server. */
export function addressOf(source: InstallSource): string | null {
  if (typeof source !== 'string' && !(source instanceof URL)) return null;
  return /^https?:[^?#]*/.exec(toUrl(source, document.baseURI))?.[0] ?? null;
}

/** Returns the key of a version's signature, or null if it is unsigned. */
export function publisherOf({ signature }: VersionRecord): string | null {
  return signature?.publicKey ?? null;
}

/**
 * Returns the installed plug-in that the source is a version of: one with the same declared id that is signed with the same key
 * or, if it is unsigned, was installed or updated from the same address.
 */
export function matchOf({ declaredId, version, address }: Arrival, records: readonly PluginRecord[]): Match {
  const publisher = publisherOf(version);
  const named = records.filter((record) => record.declaredId === declaredId);
  const signed = named.find((record) => publisher !== null && record.publisher === publisher);
  const unsigned = named.filter((record) => record.publisher === null);
  const old = signed ?? unsigned.find(({ addresses }) => address !== null && addresses.includes(address)) ?? null;
  const isFile = publisher === null && address === null;
  const fromFile = unsigned.find(({ addresses }) => addresses.length === 0) ?? unsigned[0] ?? null;
  return { old, replaceable: isFile ? fromFile : null };
}

/** Returns whether a record's current version has the same code and manifest, by the same publisher. */
export function isInstalled({ declaredId, version }: Arrival, record: PluginRecord): boolean {
  const { current } = record;
  if (record.declaredId !== declaredId || current.sha256 !== version.sha256) return false;
  return publisherOf(current) === publisherOf(version);
}

/** Returns the declared id, or the id with the first number that no installed plug-in has. */
export async function freeId(declaredId: string, store: Store): Promise<string> {
  const taken = new Set([...(await store.list()), ...(await store.damaged())].map(({ id }) => id));
  let id = declaredId;
  for (let number = 2; taken.has(id); number += 1) id = `${declaredId}-${number}`;
  return id;
}
