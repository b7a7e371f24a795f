// The page of e2e/journeys/chunks.spec.ts, whose import map names the files of dist/.
import * as tenon from 'tenon';
import { createPlugin } from 'tenon/extism';
import * as library from 'tenon/library';
import { basicUses, furtherUses, libraryUses, perform } from './uses.mjs';

const url = (/** @type {string} */ path) => new URL(path, location.href).href;
const kit = { tenon, library, url, hostOptions: {} };
/** @type {Readonly<Record<string, import('./uses.mjs').Use>>} */
const dropInUses = {
  'the drop-in': async () => {
    const plugin = await createPlugin(JSON.stringify({ wasm: [{ url: url('/plugins/echo.wasm') }] }));
    await plugin.call('echo', 'Hello');
    await plugin.close();
  },
};
const uses = window.isSecureContext ? { ...basicUses, ...furtherUses, ...libraryUses, ...dropInUses } : basicUses;

/** @param {readonly string[] | null} names Null: all. */
window.performUses = (names) =>
  perform(kit, Object.fromEntries(Object.entries(uses).filter(([name]) => names === null || names.includes(name))));
