import type { Capability } from '../wasm/inspect.js';
import type { PublisherState } from '../library/permissions/consent.js';
import type { InstallProgress } from '../library/install/read-source.js';
import type { InstalledPlugin } from '../library/view.js';

const kilobyte = 1_000;

/** `1.8 MB`. */
export function saySize(bytes: number): string {
  if (bytes < kilobyte) return `${bytes} B`;
  const [value, unit] = bytes < kilobyte ** 2 ? [bytes / kilobyte, 'kB'] : [bytes / kilobyte ** 2, 'MB'];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** Shortened in the middle. */
export function sayHash(sha256: string): string {
  return `${sha256.slice(0, 8)}\u2026${sha256.slice(-8)}`;
}

export function sayVersion({ version }: Pick<InstalledPlugin, 'version'>): string {
  return version === null ? 'no version' : version;
}

const steps: Readonly<Record<InstallProgress['step'], string>> = {
  reading: 'Reading',
  unpacking: 'Unpacking',
  checking: 'Checking',
  asking: 'Waiting for your answer',
  saving: 'Saving',
};

export function sayStep({ step, bytes, totalBytes }: InstallProgress): string {
  if (bytes === 0) return steps[step];
  return `${steps[step]}, ${saySize(bytes)}${totalBytes === null ? '' : ` of ${saySize(totalBytes)}`}`;
}

const abilities: Readonly<Record<Capability, string>> = {
  kernel: 'Read what the app gives it, and answer',
  config: 'Read its settings',
  vars: 'Remember things between calls',
  logs: 'Write to its log',
  http: 'Send requests, to hosts you allow',
  'host-functions': 'Call functions of this app',
  clock: 'Read the time',
  random: 'Draw random numbers',
  files: 'Use files, where you allow it',
  environment: 'Read arguments and environment variables',
  stdio: 'Write text output',
  sockets: 'Ask for network sockets, which it does not get',
  process: 'Stop itself, and wait',
  abort: 'Stop with a message',
  linked: 'Use its own other modules',
  foreign: 'Ask for things of other hosts, which it does not get',
};

export function sayAbility(capability: Capability): string {
  return abilities[capability];
}

const publishers: Readonly<Record<PublisherState, string>> = {
  unsigned: 'Not signed: who made it is not known for sure.',
  new: 'Signed by a publisher that is new to you. From now on, updates must be signed by the same one.',
  same: 'Signed by the same publisher as the installed version.',
  changed: 'Signed by someone else than the installed version. Add it only if you know why.',
  dropped: 'Not signed, and the installed version is. Add it only if you know why.',
};

export function sayPublisher(state: PublisherState): string {
  return publishers[state];
}

export function sayError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
