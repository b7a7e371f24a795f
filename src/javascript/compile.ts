import { PluginError } from '../contract/errors.js';
import { platformText, preludeText } from './engine/prelude.generated.js';
import { linkedModule } from './linked-module.js';
import type { CompiledJavaScript, CompileOptions, JavaScriptFiles } from './options.js';
import { compilePart } from './program.js';
import { standaloneModule } from './standalone-module.js';

/** Compiles a source in the form that the options name. */
export async function compile(
  source: string | JavaScriptFiles,
  options: CompileOptions,
  readEngine: () => Promise<Uint8Array<ArrayBuffer>>,
): Promise<CompiledJavaScript> {
  const { part, exports, warnings } = compilePart(source, options, { preludeText, platformText });
  if (options.form === 'linked') return { bytes: linkedModule(part), exports, warnings };
  return { bytes: standaloneModule(options.engine ?? (await readEngine()), part), exports, warnings };
}

/** Returns the error for an engine that could not be read. */
export function engineMissing(cause: unknown): PluginError {
  return new PluginError('unsupported', {
    message: 'The JavaScript engine could not be loaded: javascript.wasm is missing',
    where: 'javascript.wasm',
    fix: 'Serve javascript.wasm beside javascript.js.',
    cause,
  });
}
