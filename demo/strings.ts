import type { Capability, CapabilityGroup, ModuleInspection, RequestEvent } from 'tenon';
import { showDuration, showSize } from './format.js';

/** What an import lets a plug-in do, for whoever decides whether to run it. */
const abilities: Readonly<Record<Capability, string>> = {
  kernel: 'Reads its input and gives an output or an error',
  config: 'Reads the settings it is given',
  vars: 'Remembers things between calls',
  logs: 'Writes to the log',
  http: 'Asks for web pages and data, from allowed hosts only',
  'host-functions': 'Calls functions that the app offers',
  clock: 'Reads the clock',
  random: 'Asks for random numbers',
  files: 'Works with files, in allowed folders only',
  environment: 'Reads arguments and environment variables',
  stdio: 'Reads and writes its standard streams',
  sockets: 'Asks for network sockets',
  process: 'Ends itself, waits or yields',
  abort: 'Can stop itself with a message',
  linked: 'Uses another module of the same plug-in',
  foreign: 'Asks for something made for another host',
};

export function sayAbility({ capability, imports }: CapabilityGroup): string {
  return `${abilities[capability]} (${imports.length})`;
}

const origins: Readonly<Record<ModuleInspection['from'], string>> = {
  network: 'Fetched',
  cache: 'This browser’s cache',
  memory: 'Memory: compiled before on this page',
  app: 'This page',
};

/** Where a module's bytes came from. */
export function sayOrigin(from: ModuleInspection['from'], isFile: boolean): string {
  return isFile && from === 'network' ? 'A file kept in this browser' : origins[from];
}

/** One HTTP request of the plug-in, in the log. */
export function sayRequest({ method, url, status, bytes, ms, reason }: RequestEvent): string {
  const asked = `${method} ${url}`.trim();
  // The call fails with the reason, and the log says so.
  if (reason !== null) return `${asked} failed`;
  return `${asked} gave ${status ?? 'nothing'}: ${showSize(bytes)} in ${showDuration(ms)}`;
}
