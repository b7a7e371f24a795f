import { expect, test } from 'vitest';
import { defaultLimits } from '../../contract/policy.js';
import { createWasi, type WasiHost } from './wasi.js';

const host: WasiHost = {
  setup: {
    url: '',
    storeUrl: '',
    filesUrl: '',
    args: [],
    env: [],
    stdin: new Uint8Array(0),
    stdout: 'off',
    stderr: 'off',
    clockResolutionMs: 1,
    directories: [
      {
        guestPath: '/work',
        readOnly: false,
        maxBytes: 1_000,
        maxEntries: 10,
        backing: { kind: 'memory', files: [['text.txt', new TextEncoder().encode('abcdefgh')]] },
      },
    ],
  },
  policy: { logLevel: 'off', limits: { ...defaultLimits, maxPages: null } },
  logs: { write: () => {}, flush: () => {} },
  sendFilesEvent: () => {},
  failure: {
    exit: (code) => {
      throw new RangeError(`exit ${code}`);
    },
    raise: (error) => {
      throw error;
    },
    raiseHost: (error) => {
      throw error;
    },
  },
  work: { count: () => {}, charge: () => {} },
  storage: null,
  waiter: null,
};

type Run = (...params: (number | bigint)[]) => number;

/** Opens "text.txt" through one namespace. */
async function openFile(namespace: string): Promise<{ call: (name: string) => Run; view: DataView; fd: number }> {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const view = new DataView(memory.buffer);
  new Uint8Array(memory.buffer, 64).set(new TextEncoder().encode('text.txt'));
  new Uint8Array(memory.buffer, 512, 64).fill(255);
  const imports = (await createWasi(host)).imports(() => memory);
  const call = (name: string): Run => imports(namespace, name) as unknown as Run;
  expect(call('path_open')(3, 0, 64, 8, 0, 0x20_0026n, 0n, 0, 96)).toBe(0);
  return { call, view, fd: view.getUint32(96, true) };
}

for (const { namespace, links, size, bytes, end, start, clock } of [
  { namespace: 'wasi_snapshot_preview1', links: 24, size: 32, bytes: 64, start: 0, end: 2, clock: 16 },
  { namespace: 'wasi_unstable', links: 20, size: 24, bytes: 56, start: 2, end: 1, clock: 24 },
]) {
  test(`a filestat of ${namespace} takes ${bytes} bytes`, async () => {
    const { call, view, fd } = await openFile(namespace);
    expect(call('fd_filestat_get')(fd, 512)).toBe(0);
    expect(view.getUint8(528)).toBe(4);
    expect(view.getUint32(512 + links, true)).toBe(1);
    expect(view.getBigUint64(512 + size, true)).toBe(8n);
    expect(view.getBigUint64(512 + bytes - 8, true), 'time of change').toBeGreaterThan(1_600_000_000_000_000_000n);
    if (bytes < 64) expect(view.getUint8(512 + bytes), 'first byte after it').toBe(255);
  });

  test(`fd_seek of ${namespace} uses its values of whence`, async () => {
    const { call, view, fd } = await openFile(namespace);
    expect(call('fd_seek')(fd, -3n, end, 600)).toBe(0);
    expect(view.getBigUint64(600, true)).toBe(5n);
    expect(call('fd_seek')(fd, 1n, start, 600)).toBe(0);
    expect(view.getBigUint64(600, true)).toBe(1n);
  });

  test(`poll_oneoff of ${namespace} reads the clock at offset ${clock}`, async () => {
    const { call, view } = await openFile(namespace);
    view.setBigUint64(700, 77n, true);
    view.setUint32(700 + clock, 1, true);
    view.setBigUint64(700 + clock + 8, 1_000n, true);
    expect(call('poll_oneoff')(700, 800, 1, 900)).toBe(0);
    expect([view.getUint32(900, true), view.getBigUint64(800, true), view.getUint16(808, true)]).toEqual([1, 77n, 0]);
  });
}
