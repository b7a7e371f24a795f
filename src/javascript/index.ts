import { compile, engineMissing } from './compile.js';
import type { CompiledJavaScript, CompileOptions, JavaScriptFiles } from './options.js';

export type { CompiledJavaScript, CompileOptions, HostFunctionDeclaration, JavaScriptFiles } from './options.js';

/**
 * Compiles JavaScript or TypeScript to an Extism plug-in, which other Extism hosts run too. It runs nothing of the source.
 * @throws PluginError `invalid-source` with the place of what cannot be compiled; `unsupported` if `javascript.wasm` cannot be loaded
 * @example
 * const { bytes } = await compileJavaScript('export const greet = plugin(({ name }) => ({ hello: name }))');
 */
export async function compileJavaScript(
  source: string | JavaScriptFiles,
  options: CompileOptions = {},
): Promise<CompiledJavaScript> {
  return compile(source, options, readEngine);
}

async function readEngine(): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const response = await fetch(new URL('./engine/javascript.wasm', import.meta.url));
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    throw engineMissing(response.status);
  } catch (cause) {
    throw engineMissing(cause);
  }
}
