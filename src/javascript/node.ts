import { readFile } from 'node:fs/promises';
import { compileStandalone, engineMissing } from './compile.js';
import type { CompiledJavaScript, CompileOptions, JavaScriptFiles } from './options.js';

/** `compileJavaScript` for Node, which reads the engine from the package's files. */
export async function compileJavaScript(
  source: string | JavaScriptFiles,
  options: CompileOptions = {},
): Promise<CompiledJavaScript> {
  try {
    const engine = await readFile(new URL('./generated/javascript.wasm', import.meta.url));
    return compileStandalone(source, options, new Uint8Array(engine));
  } catch (cause) {
    throw Object(cause).code === 'ENOENT' ? engineMissing(cause) : cause;
  }
}
