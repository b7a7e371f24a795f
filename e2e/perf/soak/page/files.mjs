// Changes the files of a stored directory without end, and checks after a kill that they are as of one of the last two commits.
import { createHost } from 'tenon';

const opfs = 'soak-files';
const mebibyte = 1_048_576;

/** @typedef {{ kind: 'file', text: string, megabytes: number } | { kind: 'symlink', target: string } | { kind: 'directory' }} ModelNode */
/** What the directory must hold; two names of one file share a node. @typedef {Map<string, ModelNode>} Model */
/** What one commit changes: a call of the plug-in, or a write of the app. @typedef {{ call: string, input: string } | { write: string, text: string }} Step */

/** A number that looks random and depends on nothing else. @param {number} index */
function scrambled(index) {
  let value = Math.imul(index + 1, 0x9e37_79b1);
  value = Math.imul(value ^ (value >>> 15), 0x85eb_ca6b);
  return (value ^ (value >>> 13)) >>> 0;
}

/** Changes the model, and returns what does the same to the files. @param {Model} model @param {number} index @returns {Step} */
function step(model, index) {
  const dice = scrambled(index);
  const directory = model.has('/data/d') ? '/data/d' : '/data/e';
  const [from, to] = [`/data/log${dice % 3}`, `/data/log${(dice + 1) % 3}`];
  switch (dice % 11) {
    case 0: {
      const other = directory === '/data/d' ? '/data/e' : '/data/d';
      for (const [path, node] of Array.from(model)) {
        if (path !== directory && !path.startsWith(`${directory}/`)) continue;
        model.delete(path);
        model.set(other + path.slice(directory.length), node);
      }
      if (!model.has(other)) break;
      return { call: 'rename_file', input: `${directory} ${other}` };
    }
    case 1: {
      const megabytes = 1 + (index % 3);
      const path = `/data/large${index % 2}`;
      model.set(path, { kind: 'file', text: '', megabytes });
      return { call: 'write_megabytes', input: `${path} ${megabytes}` };
    }
    case 2:
    case 3: {
      const text = `${index} `.repeat(dice % 200_000);
      model.set('/data/app', { kind: 'file', text, megabytes: 0 });
      return { write: '/data/app', text };
    }
    case 4: {
      const node = model.get(from);
      if (node === undefined || from === to) break;
      // Renaming one name of a file to the other does nothing.
      if (model.get(to) !== node) {
        model.delete(from);
        model.set(to, node);
      }
      return { call: 'rename_file', input: `${from} ${to}` };
    }
    case 5:
      if (!model.delete(from)) break;
      return { call: 'remove_file', input: from };
    case 6: {
      const node = model.get(from);
      if (node === undefined || model.has('/data/hard')) break;
      model.set('/data/hard', node);
      return { call: 'link_file', input: `${from} /data/hard` };
    }
    case 7:
      if (model.delete('/data/hard')) return { call: 'remove_file', input: '/data/hard' };
      if (model.delete('/data/soft')) return { call: 'remove_file', input: '/data/soft' };
      model.set('/data/soft', { kind: 'symlink', target: 'log1' });
      return { call: 'link_symbolically', input: 'log1 /data/soft' };
    case 8:
      if (model.has(directory)) return append(model, `${directory}/log`, index);
      model.set('/data/d', { kind: 'directory' });
      return { call: 'make_directory', input: '/data/d' };
    default:
  }
  return append(model, from, index);
}

/** @param {Model} model @param {string} path @param {number} index @returns {Step} */
function append(model, path, index) {
  const node = model.get(path);
  const text = `${index};`;
  if (node?.kind === 'file') node.text += text;
  else model.set(path, { kind: 'file', text, megabytes: 0 });
  return { call: 'append', input: `${path} ${text}` };
}

/** @param {number} count @returns {Model} */
function modelAfter(count) {
  /** @type {Model} */
  const model = new Map();
  for (let index = 0; index < count; index += 1) step(model, index);
  return model;
}

/** @type {{ host: import('tenon').Host, plugin: import('tenon').Plugin } | null} */
let open = null;

async function openFiles() {
  if (open !== null) return open.plugin;
  const host = createHost();
  const files = { '/data': { opfs, maxBytes: 400 * mebibyte, whenShared: /** @type {const} */ ('wait') } };
  open = { host, plugin: await host.createPlugin('/wasi/tools.wasm', { files, circuitBreaker: false }) };
  return open.plugin;
}

/**
 * Compares the files with what they must be after `count` commits, or after one more. Returns which it is; -1 and what differs if neither.
 * @param {number} count
 * @returns {Promise<{ count: number, fault: string }>}
 */
export async function checkFiles(count) {
  const plugin = await openFiles();
  const first = await differences(plugin, modelAfter(count));
  if (first === '') return { count, fault: '' };
  const second = await differences(plugin, modelAfter(count + 1));
  if (second === '') return { count: count + 1, fault: '' };
  return { count: -1, fault: `after ${count} commits: ${first}; or after one more: ${second}` };
}

/** @param {import('tenon').Plugin} plugin @param {Model} model */
async function differences(plugin, model) {
  const files = await plugin.files();
  const found = await files.list();
  const missing = Array.from(model.keys()).filter((path) => !found.some((entry) => entry.path === path));
  if (missing.length > 0) return `lost ${missing.join(', ')}`;
  for (const { path, kind, target } of found) {
    const node = model.get(path);
    if (node?.kind !== kind) return `${path} is a ${kind}, not ${node?.kind ?? 'missing'}`;
    if (node.kind === 'symlink' && node.target !== target) return `${path} leads to ${target}`;
    if (node.kind === 'file' && !isContent(await files.read(path), node)) return `${path} is torn`;
  }
  return '';
}

/** @param {Uint8Array} bytes @param {Extract<ModelNode, { kind: 'file' }>} node */
function isContent(bytes, { text, megabytes }) {
  if (megabytes === 0) return new TextDecoder().decode(bytes) === text;
  if (bytes.length !== megabytes * mebibyte) return false;
  return bytes.every((byte, at) => byte === megabytes - Math.floor(at / mebibyte));
}

/**
 * Makes one commit after the other. Each is reported with `window.committed` before the next one begins. Ends when a call is stopped after
 * `stopAfterMs`; null: never.
 * @param {number} from
 * @param {number | null} stopAfterMs
 */
export async function churnFiles(from, stopAfterMs) {
  const plugin = await openFiles();
  const files = await plugin.files();
  const model = modelAfter(from);
  const signal = stopAfterMs === null ? null : AbortSignal.timeout(stopAfterMs);
  for (let index = from; ; index += 1) {
    const wanted = step(model, index);
    try {
      if ('write' in wanted) await files.write(wanted.write, wanted.text);
      else await plugin.call(wanted.call, wanted.input, signal === null ? {} : { signal });
    } catch (error) {
      if (signal?.aborted === true) return;
      throw error;
    }
    await window.committed(index + 1);
  }
}
