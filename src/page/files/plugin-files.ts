import type { FileReport, FilesReply, FilesRequest } from '../../contract/wasi.js';
import { asBytes, asNumber, asRecord, asText, malformed, unwrap } from '../base/parse-message.js';
import { readZip, writeZip, type ZipFile } from './zip.js';

const mostZipBytes = 268_435_456;
const encoder = new TextEncoder();

/** Asks the plug-in's worker, in turn with calls. */
export type AskFiles = (request: FilesRequest) => Promise<FilesReply>;

/**
 * A plug-in's files as they are between calls. A part of its own, that loads when it is asked for. Paths are those that the
 * plug-in uses.
 */
export class PluginFiles {
  readonly #ask: AskFiles;

  /** For `Plugin.files`. */
  constructor(ask: AskFiles) {
    this.#ask = ask;
  }

  /** Every file, directory and link; directories before what is in them. */
  async list(): Promise<readonly FileReport[]> {
    const reply = await this.#ask({ do: 'list' });
    return reply.done === 'list' ? reply.files : [];
  }

  /** @throws PluginError `files-failed` when there is no such file */
  async read(path: string): Promise<Uint8Array<ArrayBuffer>> {
    const reply = await this.#ask({ do: 'read', path });
    return reply.done === 'read' ? reply.content : new Uint8Array(0);
  }

  /** A file's content as text; what is not UTF-8 is replaced. */
  async text(path: string): Promise<string> {
    return new TextDecoder().decode(await this.read(path));
  }

  /**
   * Makes or replaces a file, and the directories on the way. A path that ends in a slash makes a directory.
   * @throws PluginError `files-failed` when it is in none of the plug-in's directories, or does not fit
   */
  async write(path: string, content: string | BufferSource): Promise<void> {
    await this.#ask({ do: 'write', files: [[path, toBytes(content)]] });
  }

  /** All files below `directory`, by their paths in it. @default '/', everything */
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
   * Unpacks an archive into `directory`, over what is there.
   * @throws PluginError `files-failed` for what is no archive, or does not fit
   */
  async importZip(zip: Blob | BufferSource, directory = '/', maxBytes: number = mostZipBytes): Promise<void> {
    const prefix = directory.endsWith('/') ? directory : `${directory}/`;
    const files = await readZip(zip instanceof Blob ? zip : new Blob([zip]), maxBytes);
    await this.#ask({ do: 'write', files: files.map(({ path, content }) => [prefix + path, content] as const) });
  }
}

/** Everything a worker sends, parsed as hostile. */
export function parseFilesReply(reply: unknown): FilesReply {
  const value = asRecord(unwrap(reply), 'an answer about files');
  switch (value['done']) {
    case 'write':
      return { done: 'write' };
    case 'read':
      return { done: 'read', content: asBytes(value['content'], 'content') };
    case 'list':
      if (!Array.isArray(value['files'])) throw malformed('files', 'a list');
      return { done: 'list', files: value['files'].map(parseFile) };
    default:
      throw malformed('done', 'list, read or write');
  }
}

function parseFile(file: unknown): FileReport {
  const { path, kind, sizeBytes, modifiedAt, changed } = asRecord(file, 'a file');
  if (kind !== 'file' && kind !== 'directory' && kind !== 'symlink') throw malformed('kind', 'a kind of file');
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
