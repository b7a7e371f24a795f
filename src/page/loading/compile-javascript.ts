import { PluginError } from '../../contract/errors.js';
import type { HostTypes } from '../../manifest/package-files.js';
import type { ParsedManifest } from '../../manifest/parsed.js';
import { askReader } from '../workers/ask-reader.js';

/** The name by which compiled sources import the engine. */
export const engineName = 'javascript';
const compileTimeoutMs = 20_000;

/** @throws PluginError `invalid-manifest` for JavaScript that is not the main module */
export function checkSources({ modules, main }: ParsedManifest): void {
  const other = modules.findIndex((module) => module.isJavaScript && module !== main);
  if (other < 0) return;
  throw new PluginError('invalid-manifest', {
    message: `wasm[${other}] is JavaScript, but only the main module may be`,
    where: `wasm[${other}]`,
    expected: 'WebAssembly, or one source that is the main module',
    actual: 'JavaScript',
  });
}

export interface JavaScriptSource {
  /** Absolute URL of `javascript.js`. */
  readonly url: string;
  /** How messages name the source. */
  readonly label: string;
  /** The files by their relative paths, in UTF-8. */
  readonly files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>;
  /** The file that exports the plug-in's functions; null for `main.js` or a like name, or the only file. */
  readonly main: string | null;
  /** The host functions that the source may call, besides those that it declares. */
  readonly hostFunctions: Readonly<Record<string, HostTypes>>;
  readonly signal: AbortSignal | null;
}

export interface CompiledSource {
  /** A module that is linked to the engine. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly exports: readonly string[];
}

/**
 * Compiles a source in a worker, under limits of size and time. It runs nothing of the source.
 * @throws PluginError `invalid-source`, `load-timeout`, `aborted`, `asset-failed`, `worker-start`
 */
export async function compileFiles(source: JavaScriptSource, startReader: () => Worker): Promise<CompiledSource> {
  const { url, label, files, main, hostFunctions, signal } = source;
  const request = { do: 'javascript', url, files, main, hostFunctions } as const;
  const compiled = await askReader(startReader, request, {
    label,
    timeoutMs: compileTimeoutMs,
    signal,
    onProgress: () => {},
  });
  const { bytes, exports } = Object(compiled) as Partial<CompiledSource>;
  if (bytes instanceof Uint8Array && Array.isArray(exports)) return { bytes, exports };
  throw new PluginError('protocol', { message: `Reply to the compilation of ${label} is not a module` });
}
