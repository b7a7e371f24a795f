import type { ReadRequest } from '../../manifest/package-files.js';
import { importAsset } from '../import-asset.js';

/** What `javascript.js` exports. */
interface Compiler {
  readonly compileJavaScript: (
    files: unknown,
    options: Readonly<Record<string, unknown>>,
  ) => Promise<{ readonly bytes: Uint8Array<ArrayBuffer> }>;
}

/**
 * Compiles the source of a plug-in to a module that is linked to the engine.
 * @throws PluginError `invalid-source`, `asset-failed`
 */
export async function compileSource(
  request: Extract<ReadRequest, { do: 'javascript' }>,
): Promise<Uint8Array<ArrayBuffer>> {
  const { url, files, hostFunctions } = request;
  const { compileJavaScript } = await importAsset<Compiler>(url);
  return (await compileJavaScript(files, { form: 'linked', hostFunctions })).bytes;
}
