import type { WireError } from '../contract/error-wire.js';
import type { ParsedManifest } from './parsed.js';

/** The types of a host function, as the compiler for JavaScript takes them. */
export interface HostTypes {
  readonly params: readonly ('I32' | 'I64' | 'F32' | 'F64')[];
  readonly result: 'I32' | 'I64' | 'F32' | 'F64' | null;
}

/** What the page asks the reader worker for: one request in the life of a worker. */
export type ReadRequest =
  | {
      readonly do: 'package';
      /** A zip bundle, or the text of a manifest. */
      readonly bytes: Uint8Array<ArrayBuffer>;
      /** The file's name or the address, as the user knows it. */
      readonly label: string;
      readonly maxEntries: number;
      /** The unpacked size of all entries together. */
      readonly maxBytes: number;
    }
  | {
      readonly do: 'manifest';
      readonly text: string | Uint8Array<ArrayBuffer>;
      /** How messages name the manifest. */
      readonly label: string;
    }
  | {
      readonly do: 'javascript';
      /** Absolute URL of `javascript.js`. */
      readonly url: string;
      /** The files by name, in UTF-8. */
      readonly files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>;
      /** The file that exports the plug-in's functions; null for `main.js` or a like name, or the only file. */
      readonly main: string | null;
      readonly hostFunctions: Readonly<Record<string, HostTypes>>;
    }
  | {
      readonly do: 'json';
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly maxDepth: number;
      readonly maxValues: number;
    };

/** What a bundle or a manifest contains, parsed and within its limits. */
export interface PackageFiles {
  readonly manifest: { readonly text: string; readonly parsed: ParsedManifest } | null;
  /** The files of the bundle by their paths, without those that are returned as text or as the icon. */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  readonly readme: string | null;
  /** The icon, decoded and encoded again as a small PNG. */
  readonly icon: Uint8Array<ArrayBuffer> | null;
  /** The text of `signature.json`. */
  readonly signature: string | null;
}

/** The reader's messages: any number of `progress`, then one of the others. */
export type ReaderMessage =
  | { readonly kind: 'progress'; readonly bytes: number }
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'error'; readonly error: WireError };
