import { readFile } from 'node:fs/promises';
import { compileJavaScript as compile } from './index.js';
import type { CompiledJavaScript, CompileOptions, JavaScriptFiles } from './options.js';

/** `compileJavaScript` for Node, which reads the engine from the package's files. */
export async function compileJavaScript(
  source: string | JavaScriptFiles,
  options: CompileOptions = {},
): Promise<CompiledJavaScript> {
  if (options.engine !== undefined || options.form === 'linked') return compile(source, options);
  const engine = await readFile(new URL('./engine/javascript.wasm', import.meta.url));
  return compile(source, { ...options, engine: new Uint8Array(engine) });
}
