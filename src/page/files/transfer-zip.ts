import type { DirectorySetup, FileEdit, FileEntry } from '../../contract/wasi.js';
import { abortedError } from '../base/aborted.js';
import { archivePath, fromArchive, withSlash } from './mounts.js';
import { listZip, ZipData, type ZipEntry } from './read-zip.js';
import { ZipWriter } from './write-zip.js';
import type { ZipOptions } from './zip-progress.js';

type Bytes = Uint8Array<ArrayBuffer>;

const mostZipBytes = 268_435_456;
const reportBytes = 1_048_576;
const encoder = new TextEncoder();

export interface ExportedFiles {
  readonly directories: readonly DirectorySetup[];
  list(): Promise<readonly FileEntry[]>;
  pieces(path: string): AsyncIterable<Bytes>;
}

/** Packs what is below a directory, for `PluginFiles.exportZip`. */
export async function exportFiles(files: ExportedFiles, directory: string, options: ZipOptions): Promise<Blob> {
  const entries = await files.list();
  const progress = new Progress('The export', options, entries);
  const zip = new ZipWriter();
  const prefix = withSlash(directory);
  for (const { path, kind, modifiedAt, target } of entries) {
    progress.check();
    const inside = directory === '/' ? archivePath(path) : path.slice(prefix.length);
    const content = kind === 'file' ? files.pieces(path) : textOf(target);
    await zip.add({ path: inside, kind, modifiedAt, pieces: progress.counting(content) });
    progress.ended();
  }
  return zip.finish();
}

/** Returns the edits that unpack an archive, for `PluginFiles.importZip`. Nothing is changed yet. */
export async function importFiles(
  zip: Blob,
  directory: string,
  directories: readonly DirectorySetup[],
  options: ZipOptions & { readonly maxBytes?: number },
): Promise<FileEdit[]> {
  const entries = await listZip(zip, options.maxBytes ?? mostZipBytes);
  const progress = new Progress('The import', options, entries);
  const edits: FileEdit[] = [];
  const data = new ZipData(zip);
  for (const entry of entries) {
    progress.check();
    const path =
      directory === '/'
        ? (fromArchive(directories, entry.path) ?? `/${entry.path}`)
        : withSlash(directory) + entry.path;
    edits.push(await editOf(path, entry, progress.counting(data.unpack(entry))));
    progress.ended();
  }
  return edits;
}

async function editOf(path: string, { kind, modifiedAt }: ZipEntry, content: AsyncIterable<Bytes>): Promise<FileEdit> {
  if (kind === 'directory') return { do: 'directory', path, modifiedAt };
  const pieces: Bytes[] = [];
  for await (const piece of content) pieces.push(piece);
  if (kind === 'file') return { do: 'write', path, pieces, modifiedAt };
  return { do: 'symlink', path, target: await new Blob(pieces).text(), modifiedAt };
}

// oxlint-disable-next-line typescript/require-await -- The content of a file arrives later.
async function* textOf(text: string | null): AsyncGenerator<Bytes> {
  if (text !== null) yield encoder.encode(text);
}

/** Counts what is done, reports it, and ends the operation when it is aborted. */
class Progress {
  readonly #what: string;
  readonly #options: ZipOptions;
  readonly #totals: { readonly totalEntries: number; readonly totalBytes: number };
  #entries = 0;
  #bytes = 0;
  #unreported = 0;

  constructor(what: string, options: ZipOptions, entries: readonly { readonly sizeBytes: number }[]) {
    this.#what = what;
    this.#options = options;
    const totalBytes = entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    this.#totals = { totalEntries: entries.length, totalBytes };
  }

  /** @throws PluginError `aborted` */
  check(): void {
    const { signal } = this.#options;
    if (signal?.aborted === true) throw abortedError(this.#what, signal);
  }

  ended(): void {
    this.#entries += 1;
    this.#report();
  }

  async *counting(pieces: AsyncIterable<Bytes>): AsyncGenerator<Bytes> {
    for await (const piece of pieces) {
      this.check();
      this.#bytes += piece.length;
      this.#unreported += piece.length;
      if (this.#unreported >= reportBytes) this.#report();
      yield piece;
    }
  }

  #report(): void {
    this.#unreported = 0;
    const { onProgress } = this.#options;
    onProgress?.({ entries: this.#entries, bytes: this.#bytes, ...this.#totals });
  }
}
