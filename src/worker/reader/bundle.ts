import { joined } from '../../contract/bytes.js';
import { Unzip, UnzipInflate, UnzipPassThrough } from 'fflate';
import { describeThrown } from '../../contract/error-wire.js';
import { isPluginError, PluginError } from '../../contract/errors.js';

export interface BundleLimits {
  readonly maxEntries: number;
  /** The unpacked size of all entries together. */
  readonly maxBytes: number;
}

export type BundleFiles = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

/** Deflate expands at most 1,032 times, so one step yields at most 4 MiB before the output is counted. */
const stepBytes = 4_096;

/**
 * Unpacks a zip bundle. The unpacked bytes are counted as they come, because the sizes in a zip file may be wrong.
 * @throws PluginError `bundle-format`, `bundle-limit`, `bundle-path`
 */
export function unpackBundle(
  zip: Uint8Array<ArrayBuffer>,
  label: string,
  limits: BundleLimits,
  onStep: (bytes: number) => void,
): BundleFiles {
  const intake = new Intake(label, limits);
  const unzip = new Unzip((file) => {
    const target = intake.open(file.name);
    if (target === null) return;
    file.ondata = (error, chunk, isFinal) => target(error, chunk, isFinal);
    file.start();
  });
  unzip.register(UnzipInflate);
  unzip.register(UnzipPassThrough);
  try {
    for (let at = 0; at < zip.length; at += stepBytes) {
      if (at % (stepBytes * 128) === 0) onStep(at);
      unzip.push(zip.subarray(at, at + stepBytes), at + stepBytes >= zip.length);
    }
  } catch (error) {
    throw isPluginError(error) ? error : unreadable(label, describeThrown(error), error);
  }
  return intake.finish();
}

type Take = (error: unknown, chunk: Uint8Array, isFinal: boolean) => void;

/** The entries unpacked so far. */
class Intake {
  readonly #label: string;
  readonly #limits: BundleLimits;
  readonly #files = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #open = new Set<string>();
  #entries = 0;
  #bytes = 0;

  constructor(label: string, limits: BundleLimits) {
    this.#label = label;
    this.#limits = limits;
  }

  /** Starts an entry. Returns the function that takes its bytes, or null for a directory. */
  open(name: string): Take | null {
    const { maxEntries } = this.#limits;
    this.#entries += 1;
    if (this.#entries > maxEntries)
      throw this.#tooMuch(`at most ${maxEntries} entries`, `at least ${this.#entries} entries`);
    const fault = pathFault(name);
    if (fault !== null) throw this.#badPath(name, fault);
    if (name.endsWith('/')) return null;
    if (this.#files.has(name) || this.#open.has(name)) throw this.#badPath(name, 'the name occurs twice');
    this.#open.add(name);
    const chunks: Uint8Array[] = [];
    let size = 0;
    return (error, chunk, isFinal) => {
      // fflate passes on an error that this function threw before.
      if (isPluginError(error)) throw error;
      if (error !== null && error !== undefined)
        throw unreadable(this.#label, `${name}: ${describeThrown(error)}`, error);
      size += chunk.length;
      this.#count(chunk.length);
      chunks.push(chunk.slice());
      if (!isFinal) return;
      this.#open.delete(name);
      this.#files.set(name, joined(chunks, size));
    };
  }

  finish(): BundleFiles {
    if (this.#files.size === 0) throw unreadable(this.#label, 'it contains no files');
    for (const name of this.#open) throw unreadable(this.#label, `${name} is incomplete`);
    return this.#files;
  }

  #count(bytes: number): void {
    const { maxBytes } = this.#limits;
    this.#bytes += bytes;
    if (this.#bytes > maxBytes)
      throw this.#tooMuch(`at most ${maxBytes} bytes unpacked`, `at least ${this.#bytes} bytes`);
  }

  #tooMuch(expected: string, actual: string): PluginError {
    return new PluginError('bundle-limit', {
      message: `The bundle ${this.#label} is too large: expected ${expected}, found ${actual}`,
      where: this.#label,
      expected,
      actual,
    });
  }

  #badPath(name: string, fault: string): PluginError {
    return new PluginError('bundle-path', {
      message: `Invalid entry ${JSON.stringify(name.slice(0, 100))} in the bundle ${this.#label}: ${fault}`,
      where: this.#label,
      expected: 'unique relative paths, such as folder/file.wasm',
      actual: name.slice(0, 100),
    });
  }
}

const maxDepth = 16;

function pathFault(name: string): string | null {
  if (name === '' || name.length > 255) return 'the name is empty or longer than 255 characters';
  if (/[\\:\0-\x1f]/.test(name)) return 'the name contains a backslash, a colon or a control character';
  const parts = name.replace(/\/$/, '').split('/');
  if (parts.length > maxDepth) return `the path has more than ${maxDepth} segments`;
  return parts.some((part) => part === '' || part === '.' || part === '..')
    ? 'the path has an empty, "." or ".." segment'
    : null;
}

function unreadable(label: string, what: string, cause?: unknown): PluginError {
  return new PluginError('bundle-format', {
    message: `The bundle ${label} cannot be read: ${what}`,
    where: label,
    expected: 'a zip file with a manifest.json, or with one .wasm file',
    cause,
  });
}
