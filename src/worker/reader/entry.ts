import { errorToWire } from '../../contract/error-wire.js';
import type { ReaderMessage, ReadRequest } from '../../manifest/package-files.js';
import { compileSource } from './javascript.js';
import { parseJson } from './json.js';
import { readManifestValue } from './manifest.js';
import { readPackageFiles } from './package.js';

/**
 * The script `reader.js`: parses what authors and plug-ins wrote, so that the page need not. It runs no plug-in, and has one request
 * in its life: the page ends it after the answer, or when the time is over.
 */
addEventListener('message', ({ data }: MessageEvent<ReadRequest>) => void answer(data));

async function answer(data: ReadRequest): Promise<void> {
  const send = (message: ReaderMessage, transfer: Transferable[] = []): void => postMessage(message, transfer);
  try {
    if (data.do === 'json') {
      send({ kind: 'value', value: parseJson(data) });
      return;
    }
    if (data.do === 'manifest') {
      const manifest = readManifestValue(data);
      send({ kind: 'value', value: manifest.value }, manifest.buffers);
      return;
    }
    if (data.do === 'javascript') {
      const value = await compileSource(data);
      send({ kind: 'value', value }, [value.bytes.buffer]);
      return;
    }
    const value = readPackageFiles(data, (bytes) => send({ kind: 'progress', bytes }));
    send(
      { kind: 'value', value },
      Array.from(value.files.values(), ({ buffer }) => buffer),
    );
  } catch (thrown) {
    send({ kind: 'error', error: errorToWire(thrown) });
  }
}
