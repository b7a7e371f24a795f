import type { Manifest } from 'tenon';
import { strings } from './strings.js';

/** A function to try first, with an input for it. */
export interface Sample {
  readonly name: string;
  readonly inputType: InputType;
  readonly input: string;
}

export type InputType = 'text' | 'json';

interface EntryBase {
  /** Unique among all entries, and stable between visits. */
  readonly id: string;
  readonly title: string;
  readonly about: string;
}

/** A line of the list: a plug-in to open. */
export type Entry = EntryBase &
  (
    | {
        readonly kind: 'example';
        readonly file: string;
        /** The module's address, or a manifest where several are linked. */
        readonly source: string | Manifest;
        /** Hosts that it may send HTTP requests to. */
        readonly allowedHosts: readonly string[];
        /** Whether this page stores values for it. */
        readonly keepsValues: boolean;
        readonly config: Readonly<Record<string, string>>;
        readonly samples: readonly Sample[];
      }
    | { readonly kind: 'file'; readonly blob: Blob; readonly addedAt: number }
    | { readonly kind: 'url'; readonly url: string; readonly addedAt: number }
  );

/** Entries that the user opened and may remove. */
export type OwnEntry = Exclude<Entry, { kind: 'example' }>;

export function fileEntry(name: string, blob: Blob, addedAt: number): OwnEntry {
  return { kind: 'file', id: `file:${name}`, title: name, about: strings.list.storedFile, blob, addedAt };
}

export function urlEntry(url: string, addedAt: number): OwnEntry {
  return { kind: 'url', id: `url:${url}`, title: lastPart(url), about: url, url, addedAt };
}

/** Returns the name that logs and errors use. */
export function nameOf(entry: Entry): string {
  return entry.kind === 'example' ? entry.file : entry.title;
}

export function samplesOf(entry: Entry): readonly Sample[] {
  return entry.kind === 'example' ? entry.samples : [];
}

function lastPart(url: string): string {
  const { pathname, host } = new URL(url);
  return pathname.slice(pathname.lastIndexOf('/') + 1) || host;
}
