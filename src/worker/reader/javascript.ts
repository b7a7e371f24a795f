import type { ReadRequest } from '../../manifest/package-files.js';
import { importAsset } from '../import-asset.js';

/** A module that is linked to the engine, and the functions that it exports. */
export interface CompiledSource {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly exports: readonly string[];
}

/** What `javascript.js` exports. */
interface Compiler {
  readonly compileJavaScript: (files: unknown, options: Readonly<Record<string, unknown>>) => Promise<CompiledSource>;
}

/**
 * Compiles the source of a plug-in to a module that is linked to the engine.
 * @throws PluginError `invalid-source`, `asset-failed`
 */
export async function compileSource(request: Extract<ReadRequest, { do: 'javascript' }>): Promise<CompiledSource> {
  const { url, files, main, hostFunctions } = request;
  const { compileJavaScript } = await importAsset<Compiler>(url);
  const named = main === null ? {} : { name: main };
  const { bytes, exports } = await compileJavaScript(files, { form: 'linked', hostFunctions, ...named });
  return { bytes, exports };
}
