import type { FileEntry, FilesReply } from '../../contract/wasi.js';
import { asBytes, asNumber, asRecord, asText, malformed, unwrap } from '../base/parse-message.js';

/** Parses the worker's answer to a file request. A lazy chunk. */
export function parseFilesReply(reply: unknown): FilesReply {
  const value = asRecord(unwrap(reply), 'the answer to a file request');
  switch (value['done']) {
    case 'edit':
      return { done: 'edit' };
    case 'read':
      return {
        done: 'read',
        content: asBytes(value['content'], 'content'),
        sizeBytes: asNumber(value['sizeBytes'], 'sizeBytes'),
        revision: asText(value['revision'], 'revision'),
      };
    case 'list':
      if (!Array.isArray(value['files'])) throw malformed('files', 'an array');
      return { done: 'list', files: value['files'].map(parseFile) };
    default:
      throw malformed('done', 'list, read or edit');
  }
}

function parseFile(file: unknown): FileEntry {
  const { path, kind, sizeBytes, modifiedAt, changed, target, revision } = asRecord(file, 'a file');
  if (kind !== 'file' && kind !== 'directory' && kind !== 'symlink')
    throw malformed('kind', 'file, directory or symlink');
  return {
    path: asText(path, 'path'),
    kind,
    sizeBytes: asNumber(sizeBytes, 'sizeBytes'),
    modifiedAt: asNumber(modifiedAt, 'modifiedAt'),
    changed: changed === true,
    target: target === null ? null : asText(target, 'target'),
    revision: asText(revision, 'revision'),
  };
}
