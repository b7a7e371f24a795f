import { PluginError } from '../../contract/errors.js';
import type { PackageFiles, ReadRequest } from '../../manifest/package-files.js';
import { parseManifest } from '../../manifest/parse.js';
import { unpackBundle } from './bundle.js';
import { decodePng, encodePng } from './png.js';

const maxTextBytes = 262_144;
const maxSignatureBytes = 16_384;
const manifestNames = ['manifest.json', 'plugin.json', 'extism.json'];
const readmeNames = ['README.md', 'readme.md', 'README.txt'];
const iconName = 'icon.png';
/** Formats that earlier versions showed. */
const refusedIcon = /^icon\.(?:svg|webp|jpe?g|gif|avif|ico)$/i;

/**
 * Reads a bundle or a manifest within its limits.
 * @throws PluginError `bundle-format`, `bundle-limit`, `bundle-path`, `invalid-manifest`
 */
export function readPackageFiles(
  { bytes, label, maxEntries, maxBytes }: Extract<ReadRequest, { do: 'package' }>,
  onProgress: (bytes: number) => void,
): PackageFiles {
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  if (!isZip) {
    const manifest = readManifest(bytes, label);
    return { manifest, files: new Map(), readme: null, icon: null, signature: null };
  }
  const files = new Map(unpackBundle(bytes, label, { maxEntries, maxBytes }, onProgress));
  const manifestFile = take(files, manifestNames);
  const readme = take(files, readmeNames);
  const signature = take(files, ['signature.json']);
  if (signature !== null && signature.length > maxSignatureBytes)
    throw tooLong(label, 'signature.json', maxSignatureBytes, signature.length);
  return {
    manifest: manifestFile === null ? null : readManifest(manifestFile, label),
    icon: readIcon(files, label),
    files,
    readme: readme === null ? null : decode(readme.subarray(0, maxTextBytes)),
    signature: signature === null ? null : decode(signature),
  };
}

function readManifest(bytes: Uint8Array, label: string): PackageFiles['manifest'] {
  const text = decode(bytes);
  return { text, parsed: parseManifest(text, label) };
}

/** Removes the first of the named files and returns its content. */
function take(files: Map<string, Uint8Array<ArrayBuffer>>, names: readonly string[]): Uint8Array<ArrayBuffer> | null {
  const name = names.find((one) => files.has(one));
  const content = name === undefined ? undefined : files.get(name);
  if (name !== undefined) files.delete(name);
  return content ?? null;
}

/** Returns the icon as a PNG that this code wrote, so that nothing of the author's reaches a decoder of the browser. */
function readIcon(files: Map<string, Uint8Array<ArrayBuffer>>, label: string): Uint8Array<ArrayBuffer> | null {
  const other = [...files.keys()].find((name) => refusedIcon.test(name));
  if (other !== undefined) throw badIcon(label, other, 'expected icon.png, found another format');
  const bytes = take(files, [iconName]);
  if (bytes === null) return null;
  const picture = decodePng(bytes);
  if (typeof picture === 'string') throw badIcon(label, iconName, picture);
  return encodePng(picture);
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function badIcon(label: string, name: string, fault: string): PluginError {
  return new PluginError('bundle-format', {
    message: `The icon ${name} of ${label} is refused: ${fault}`,
    where: `${label}/${name}`,
    expected: 'a PNG of at most 256 KiB and 1,024 x 1,024 pixels, not interlaced',
    fix: 'Put an icon.png of this kind into the bundle, or leave the icon out.',
  });
}

function tooLong(label: string, name: string, limit: number, size: number): PluginError {
  return new PluginError('bundle-limit', {
    message: `The file ${name} of ${label} is too large: expected at most ${limit} bytes, found ${size}`,
    where: `${label}/${name}`,
    expected: `at most ${limit} bytes`,
    actual: `${size} bytes`,
  });
}
