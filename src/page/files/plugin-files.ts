import type { FileReport, FilesReply, FilesRequest } from '../../contract/wasi.js';
import { asBytes, asNumber, asRecord, asText, malformed, unwrap } from '../base/parse-message.js';
import { readZip, writeZip, type ZipFile } from './zip.js';

const mostZipBytes = 268_435_456;
const encoder = new TextEncoder();

/** Sends a file request to the plug-in's worker. It queues like a call. */
export type RequestFiles = (request: FilesRequest) => Promise<FilesReply>;

/** A plug-in's files, as they are between calls. Paths are guest paths, as the plug-in uses them. A lazy chunk. */
export class PluginFiles {
  readonly #request: RequestFiles;

  /** For `Plugin.files`. */
  constructor(request: RequestFiles) {
    this.#request = request;
  }

  /** Lists every file, directory and link; a directory comes before its content. */
  async list(): Promise<readonly FileReport[]> {
    const reply = await this.#request({ do: 'list' });
    return reply.done === 'list' ? reply.files : [];
  }

  /**
   * Reads a file.
   * @throws PluginError `files-failed` if the file does not exist
   */
  async read(path: string): Promise<Uint8Array<ArrayBuffer>> {
    const reply = await this.#request({ do: 'read', path });
    return reply.done === 'read' ? reply.content : new Uint8Array(0);
  }

  /** Reads a file as UTF-8 text. Invalid bytes become U+FFFD. */
  async text(path: string): Promise<string> {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(await this.read(path));
  }

  /**
   * Creates or replaces a file, and creates its parent directories. A path that ends in a slash creates a directory.
   * @throws PluginError `files-failed` if the path is in none of the plug-in's directories, or the content does not fit
   */
  async write(path: string, content: string | BufferSource): Promise<void> {
    await this.#request({ do: 'write', files: [[path, toBytes(content)]] });
  }

  /** Packs all files below `directory` into a zip archive. @default '/', every file */
  async exportZip(directory = '/'): Promise<Blob> {
    const prefix = directory.endsWith('/') ? directory : `${directory}/`;
    const files: ZipFile[] = [];
    for (const { path, kind, modifiedAt } of await this.list()) {
      if (!path.startsWith(prefix) && prefix !== '/') continue;
      const inside = path.startsWith(prefix) ? path.slice(prefix.length) : path;
      if (kind === 'directory') files.push({ path: `${inside}/`, content: new Uint8Array(0), modifiedAt });
      else if (kind === 'file') files.push({ path: inside, content: await this.read(path), modifiedAt });
    }
    return writeZip(files);
  }

  /**
   * Unpacks a zip archive into `directory`, replacing existing files.
   * @throws PluginError `files-failed` if it is not a zip archive, or does not fit
   */
  async importZip(zip: Blob | BufferSource, directory = '/', maxBytes: number = mostZipBytes): Promise<void> {
    const prefix = directory.endsWith('/') ? directory : `${directory}/`;
    const files = await readZip(zip instanceof Blob ? zip : new Blob([zip]), maxBytes);
    await this.#request({ do: 'write', files: files.map(({ path, content }) => [prefix + path, content] as const) });
  }
}

/** Parses the worker's answer to a file request. */
export function parseFilesReply(reply: unknown): FilesReply {
  const value = asRecord(unwrap(reply), 'the answer to a file request');
  switch (value['done']) {
    case 'write':
      return { done: 'write' };
    case 'read':
      return { done: 'read', content: asBytes(value['content'], 'content') };
    case 'list':
      if (!Array.isArray(value['files'])) throw malformed('files', 'an array');
      return { done: 'list', files: value['files'].map(parseFile) };
    default:
      throw malformed('done', 'list, read or write');
  }
}

function parseFile(file: unknown): FileReport {
  const { path, kind, sizeBytes, modifiedAt, changed } = asRecord(file, 'a file');
  if (kind !== 'file' && kind !== 'directory' && kind !== 'symlink')
    throw malformed('kind', 'file, directory or symlink');
  return {
    path: asText(path, 'path'),
    kind,
    sizeBytes: asNumber(sizeBytes, 'sizeBytes'),
    modifiedAt: asNumber(modifiedAt, 'modifiedAt'),
    changed: changed === true,
  };
}

function toBytes(content: string | BufferSource): Uint8Array<ArrayBuffer> {
  if (typeof content === 'string') return encoder.encode(content);
  const view = ArrayBuffer.isView(content)
    ? new Uint8Array(content.buffer, content.byteOffset, content.byteLength)
    : new Uint8Array(content);
  return view.slice();
}
