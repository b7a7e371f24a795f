import { PluginError } from '../contract/errors.js';
import { platformText, preludeText } from './generated/prelude.generated.js';
import type { CompiledJavaScript, CompileOptions, JavaScriptFiles } from './options.js';
import { compilePart } from './program.js';
import { standaloneModule } from './standalone-module.js';

/** Compiles a source to one module that contains the engine. */
export function compileStandalone(
  source: string | JavaScriptFiles,
  options: CompileOptions,
  engine: Uint8Array<ArrayBuffer>,
): CompiledJavaScript {
  const { part, exports, warnings } = compilePart(source, options, { preludeText, platformText });
  return { bytes: standaloneModule(engine, part), exports, warnings };
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
