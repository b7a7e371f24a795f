import { PluginError } from '../../contract/errors.js';
import type { Loader } from './loader.js';
import { gateOptions } from './plan-parts.js';
import type { NormalizedOptions } from './normalize.js';
import type { ResolvedSource } from './resolved.js';

/** Loads one module for `host.compile`. A lazy chunk: few apps compile modules ahead. */
export async function compileOne(
  resolved: ResolvedSource,
  { settings, combined }: NormalizedOptions,
  loader: Loader,
): Promise<WebAssembly.Module> {
  const gate = gateOptions(combined, settings);
  if (resolved.kind === 'module') return resolved.module;
  if (resolved.kind === 'bytes') {
    const loaded = await loader.load(resolved, { hash: null, gate, settings });
    if ('module' in loaded) return loader.handOut(loaded, gate);
  }
  throw new PluginError('invalid-argument', {
    message: 'Cannot compile a manifest: expected one WebAssembly module',
    where: 'source',
    fix: 'Pass the manifest to createPlugin.',
  });
}
