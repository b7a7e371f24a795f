import { expect, test } from 'vitest';
import { isPluginError, type PluginError } from '../../contract/errors.js';
import { checkAddress, originOf } from './addresses.js';

const ownOrigin = 'https://app.example.com';

function refusal(address: string, trusted: string | null = null, hosts: readonly string[] = ['*']): PluginError | null {
  try {
    checkAddress(address, trusted, { hosts, ownOrigin });
    return null;
  } catch (error) {
    if (isPluginError(error, 'host-not-allowed')) return error;
    throw error;
  }
}

test.each([
  'http://localhost/a',
  'http://LOCALHOST.:8080/a',
  'http://127.1/a',
  'http://0x7f000001/a',
  'http://[::1]/a',
  'http://[::ffff:10.0.0.1]/a',
  'http://10.0.0.1/a',
  'http://169.254.169.254/latest',
  'http://router/reboot',
  'http://nas.home/a',
  'http://wiki.corp/a',
  'http://db.default.svc/a',
  'https://app.example.com/private.wasm',
  'https://app.example.com:8443/a',
  'http://app.example.com/a',
  'https://app.example.com./a',
  'http://user@localhost/a',
  'file:///etc/passwd',
  'data:application/wasm,a',
])('%s is not requested', (address) => {
  expect(refusal(address)).toMatchObject({ code: 'host-not-allowed' });
});

test('public addresses are requested, and those that installHosts names', () => {
  expect(refusal('https://plugins.example.org/a.zip')).toBeNull();
  expect(refusal('http://localhost:5000/a.zip', null, ['*', 'localhost:5000'])).toBeNull();
  expect(refusal('http://localhost:5001/a.zip', null, ['*', 'localhost:5000'])?.message).toBe(
    'Request to "localhost:5001" during an installation is not allowed: "localhost:5001" is a name of the local network, which "*" ' +
      'does not cover: name it exactly in installHosts',
  );
  expect(refusal('https://plugins.example.org/a.zip', null, [])?.message).toContain('installHosts is empty');
});

test('the trusted origin is requested, and no other port, scheme or host', () => {
  const trusted = 'http://127.0.0.1:8080';
  expect(refusal('http://127.0.0.1:8080/a.wasm', trusted)).toBeNull();
  expect(refusal('http://127.1:8080/a.wasm', trusted)).toBeNull();
  for (const address of ['http://127.0.0.1:8081/', 'https://127.0.0.1:8080/', 'http://localhost:8080/'])
    expect(refusal(address, trusted), address).not.toBeNull();
});

test('only an address has an origin: a file name has none', () => {
  expect(originOf('https://a.example/b/c.zip')).toBe('https://a.example');
  expect([originOf('plugin.json'), originOf('http:a'), originOf('')]).toEqual([null, null, null]);
});
