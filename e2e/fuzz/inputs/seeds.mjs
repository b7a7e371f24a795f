// What the fuzzer starts from: real plug-ins, fixtures, and texts of each format.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { root } from '../../setup/processes.mjs';

/** The inputs that were slow or threw something else than a typed error when they were found. */
export const findings = join(root, 'e2e/fuzz/inputs/findings');
const largestModule = 32_768;

/** @param {string} folder @param {string} ending */
function filesIn(folder, ending) {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((name) => name.endsWith(ending) && statSync(join(path, name)).size <= largestModule)
    .toSorted()
    .map((name) => Uint8Array.from(readFileSync(join(path, name))));
}

/** @param {unknown} value */
function text(value) {
  return new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
}

/** @param {Uint8Array} bytes */
function crc32(bytes) {
  let sum = -1;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

/** @param {string} type @param {Uint8Array} data */
function pngChunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/** A PNG of one colour type. @param {number} side @param {number} depth @param {number} colour @param {number} bytesPerRow */
function png(side, depth, colour, bytesPerRow) {
  const header = Buffer.from([0, 0, 0, side, 0, 0, 0, side, depth, colour, 0, 0, 0]);
  const rows = Buffer.alloc(side * (bytesPerRow + 1), 1);
  return Uint8Array.from(
    Buffer.concat([
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]),
      pngChunk('IHDR', header),
      ...(colour === 3 ? [pngChunk('PLTE', Buffer.alloc(48, 7))] : []),
      pngChunk('IDAT', deflateSync(rows)),
      pngChunk('IEND', Buffer.alloc(0)),
    ]),
  );
}

const manifest = {
  wasm: [
    { url: 'https://example.com/a.wasm', name: 'main', hash: 'a'.repeat(64) },
    { data: 'AGFzbQEAAAA=', name: 'dep' },
  ],
  allowed_hosts: ['*.example.com', 'https://api.example.org:8443', '[::1]'],
  allowed_paths: { data: '/data', 'ro:notes': '/notes' },
  config: { key: 'value' },
  memory: { max_pages: 100, max_http_response_bytes: 1_000, max_var_bytes: 1_000 },
  timeout_ms: 1_000,
  plugin: {
    id: 'org.example.cats',
    name: 'Cats',
    version: '1.2.3-beta.4',
    description: 'Shows cats.',
    settings: { properties: { breed: { type: 'string', title: 'Breed', enum: ['a', 'b'] } }, required: ['breed'] },
    permissions: [{ host: 'example.com', reason: 'Pictures' }],
  },
};

const icons = [png(8, 8, 6, 32), png(16, 8, 2, 48), png(8, 1, 0, 1), png(8, 4, 3, 4)];

function packages() {
  const [icon = new Uint8Array()] = icons;
  const files = {
    'manifest.json': text(manifest),
    'README.md': text('# Cats'),
    'icon.png': icon,
    'a/b.wasm': text('\0asm'),
  };
  return [zipSync(files), zipSync(files, { level: 0 }), text(manifest)];
}

const modules = [...filesIn('e2e/fixtures/build', '.wasm'), ...filesIn('public/plugins', '.wasm')];
const hosts = [
  '*.example.com\napi.example.com\nhttps:',
  'http://[::ffff:127.0.0.1]:80\n[::1]\nhttp:',
  'xn--bcher-kva.example\nbücher.example\nhttps:',
  'a?.corp.*\na1.corp.internal\nhttps:',
];
const jsonWords = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ':',
  ',',
  '\\',
  '\\u0000',
  '-1',
  '1e999',
  'null',
  'true',
  '"url"',
  '"wasm"',
];
const nameWords = ['*', '?', '.', '-', '[', ']', '::', '0x7f', '127.0.0.1', 'localhost', '.local', 'xn--', '%2e', '\n'];
const wasmWords = [
  [0, 0x61, 0x73, 0x6d],
  [0x0b],
  [2, 0x40],
  [3, 0x40],
  [0x0e],
  [0x41, 0],
  [0x10, 0],
  [0x1f, 0x40, 0],
  [6, 0x40],
  [0xfc, 8],
  [0xfd, 12],
  [0x60, 0, 0],
  [0xff, 0xff, 3],
];

/** @type {Readonly<Record<string, { inputs: readonly Uint8Array[], words: readonly Uint8Array[] }>>} */
export const seeds = {
  gate: { inputs: modules, words: wasmWords.map((word) => Uint8Array.from(word)) },
  metering: { inputs: modules, words: wasmWords.map((word) => Uint8Array.from(word)) },
  manifest: {
    inputs: [text(manifest), text({ wasm: [{ url: 'a.wasm' }] })],
    words: [...jsonWords, ...nameWords].map(text),
  },
  hosts: { inputs: hosts.map(text), words: nameWords.map(text) },
  package: { inputs: packages(), words: ['PK\u0001\u0002', 'PK\u0003\u0004', 'icon.png', '../', '/'].map(text) },
  icon: { inputs: icons, words: ['IDAT', 'IHDR', 'PLTE', 'tRNS', 'IEND'].map(text) },
  json: { inputs: [text([{}, [], '\u0000', 1e9, null]), text('{}')], words: jsonWords.map(text) },
  settings: {
    inputs: [text(manifest.plugin.settings)],
    words: [...jsonWords, '"enum"', '"type"', '"properties"'].map(text),
  },
  signature: {
    inputs: [text({ publicKey: `${'A'.repeat(43)}=`, signature: `${'B'.repeat(86)}==` })],
    words: jsonWords.map(text),
  },
  versions: {
    inputs: [text('1.0.0\n1.0.1'), text('1.0.0-alpha.1\n1.0.0-alpha.beta')],
    words: ['.', '-', '+', '0', '\n'].map(text),
  },
  request: {
    inputs: [text({ url: 'https://example.com/a?b#c', method: 'POST', headers: { 'x-a': 'b' } })],
    words: [...jsonWords, ...nameWords, '"headers"', '"method"', '@', '//'].map(text),
  },
};

/** The findings of one target. @param {string} target */
export function findingsOf(target) {
  return filesIn(`e2e/fuzz/inputs/findings/${target}`, '.bin');
}
