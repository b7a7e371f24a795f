/** Programs of e2e/specs/wasi, and what specs of WASI and files ask of them. */
import type { Host, LogRecord, Plugin, PluginOptions } from 'tenon';
import type { SpecContext } from '../harness.js';
import { sharedHost } from '../fixtures.js';

/** A program as a plug-in, and the lines that it prints. */
export async function openProgram(
  context: SpecContext,
  program: 'conformance_c' | 'conformance_rust' | 'streams' | 'tools',
  options: PluginOptions = {},
  host: Host = sharedHost(context),
): Promise<{ readonly plugin: Plugin; readonly lines: LogRecord[] }> {
  const lines: LogRecord[] = [];
  const plugin = await host.createPlugin(context.url(`/wasi/${program}.wasm`), {
    cache: 'off',
    ...options,
    onLog: (line) => lines.push(line),
  });
  return { plugin, lines };
}

/** Skips where plug-ins cannot keep files: insecure pages have no private file system, nor does WebKit's MiniBrowser. */
export async function needPrivateFiles({ skip, secure }: SpecContext): Promise<void> {
  if (!secure) skip('the origin private file system needs a secure page');
  if (typeof navigator.storage?.getDirectory !== 'function') skip('this browser has no origin private file system');
  try {
    await navigator.storage.getDirectory();
  } catch {
    skip('this browser does not open its origin private file system');
  }
}

/** A name that no other run has used. */
export function freshName(): string {
  return `specs-${Date.now()}-${Math.random().toString(36).slice(2)}`;
}

/** What the lines of one stream say that was printed. */
export function printedText(lines: readonly LogRecord[], stream: 'stdout' | 'stderr' = 'stdout'): string {
  const own = lines.filter((line) => line.stream === stream);
  return own.map(({ message, continues }) => (continues === true ? message : `${message}\n`)).join('');
}
