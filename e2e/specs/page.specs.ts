import { check, equal } from './assert.js';
import { spec } from './harness.js';

spec('the page is isolated, and trusted, only where its server means it to be', ({ isolated, secure }) => {
  const page = new URLSearchParams(location.search).get('page');
  equal(isolated, page === 'isolated', 'crossOriginIsolated');
  equal(secure, page !== 'insecure', 'isSecureContext');
});

spec('the page can reach the example plug-ins', async ({ url }) => {
  const response = await fetch(url('/plugins/count_vowels_c.wasm'));
  equal(response.status, 200, 'status');
  const bytes = new Uint8Array(await response.arrayBuffer());
  check(bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d, 'does not start as wasm does');
});
