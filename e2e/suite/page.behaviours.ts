import { check, equal } from './assert.js';
import { behaviour } from './harness.js';

behaviour('the page is isolated only where its server says so', ({ isolated }) => {
  const expected = new URLSearchParams(location.search).has('isolated');
  equal(isolated, expected, 'crossOriginIsolated');
});

behaviour('the page can reach the example plug-ins', async ({ url }) => {
  const response = await fetch(url('/plugins/count_vowels_c.wasm'));
  equal(response.status, 200, 'status');
  const bytes = new Uint8Array(await response.arrayBuffer());
  check(bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d, 'does not start as wasm does');
});
