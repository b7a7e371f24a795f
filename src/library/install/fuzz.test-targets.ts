import { crc32 } from '../../contract/bytes.js';
import { isPluginError } from '../../contract/errors.js';
import { createHostMatcher } from '../../manifest/hosts.js';
import { parseManifest } from '../../manifest/parse.js';
import { readRequest } from '../../page/http/http-request.js';
import { createGate } from '../../wasm/gate/gate.js';
import { meterModule } from '../../wasm/metering/meter.js';
import { joined } from '../../wasm/reader/test-modules.js';
import { parseJson } from '../../worker/reader/json.js';
import { readPackageFiles } from '../../worker/reader/package.js';
import { decodePng, encodePng } from '../../worker/reader/png.js';
import { readSettings } from '../settings.js';
import { readSignature } from './signature.js';
import { isNewer } from './versions.js';

/**
 * The functions that read what a stranger wrote, for the fuzzer in e2e/fuzz/inputs. Each takes any bytes. It may refuse them with a
 * PluginError; whatever else it throws is a fault.
 */
export const targets: Readonly<Record<string, (bytes: Uint8Array<ArrayBuffer>) => void>> = {
  gate: (bytes) => void gatedModule(bytes, 1_021),
  metering(bytes) {
    const module = gatedModule(bytes, bytes.length);
    // As in the loader: metering reads what an engine has accepted.
    if (!WebAssembly.validate(module)) return;
    for (const level of ['interrupt', 'fuel'] as const) {
      const metered = joined(meterModule(module, level));
      if (!WebAssembly.validate(metered)) throw new Error(`the metered module (${level}) is not valid`);
    }
  },
  manifest: (bytes) => void parseManifest(textOf(bytes)),
  hosts(bytes) {
    const [pattern = '', hostname = '', protocol = 'https:'] = textOf(bytes).split('\n');
    createHostMatcher([pattern], { protocol: 'https:', hostname: 'app.example', port: '' })({
      protocol,
      hostname,
      port: '',
    });
  },
  package: (bytes) =>
    void readPackageFiles({ do: 'package', bytes, label: 'x.zip', maxEntries: 1_000, maxBytes: 1 << 24 }, () => {}),
  icon(bytes) {
    const picture = decodePng(withChecksums(bytes));
    if (typeof picture !== 'string') encodePng(picture);
  },
  json: (bytes) => void parseJson({ do: 'json', bytes, maxDepth: 64, maxValues: 100_000 }),
  settings: (bytes) => void readSettings(valueOf(bytes)),
  signature: (bytes) => void readSignature(textOf(bytes), 'x.zip'),
  versions(bytes) {
    const [one = '', other = ''] = textOf(bytes).split('\n');
    isNewer(one, other);
  },
  request: (bytes) => void readRequest(textOf(bytes)),
};

/** Runs one target. @throws whatever else than a PluginError the target throws */
export function runTarget(name: string, bytes: Uint8Array<ArrayBuffer>): void {
  try {
    targets[name]?.(bytes);
  } catch (error) {
    if (!isPluginError(error)) throw error;
  }
}

function gatedModule(bytes: Uint8Array, chunkBytes: number): Uint8Array<ArrayBuffer> {
  const gate = createGate({ maxPages: 1_000 });
  const passed: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) passed.push(...gate.push(bytes.slice(at, at + chunkBytes)));
  return joined([...passed, ...gate.finish().rest]);
}

/** Returns a PNG whose chunks have the right checksums, so that a change of their content is not refused for its checksum alone. */
function withChecksums(png: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const view = new DataView(png.buffer);
  for (let at = 8; at + 12 <= png.length;) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > png.length) break;
    view.setUint32(end, crc32(png.subarray(at + 4, end)));
    at = end + 4;
  }
  return png;
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** The value of a JSON text; the text itself where it is none. */
function valueOf(bytes: Uint8Array): unknown {
  const text = textOf(bytes);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
