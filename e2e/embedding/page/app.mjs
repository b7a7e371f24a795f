// An app that embeds the package, as each tool chain builds it. `?assets=` is the folder of the scripts of workers.
import * as tenon from 'tenon';
import 'tenon/elements';
import * as library from 'tenon/library';
import { appUses, perform } from './uses.mjs';

const url = (/** @type {string} */ path) => new URL(path, location.href).href;
const assets = new URLSearchParams(location.search).get('assets');
const kit = { tenon, library, url, hostOptions: assets === null ? {} : { assets } };

window.performUses = () => perform(kit, appUses);
