import { PluginError } from '../../contract/errors.js';
import type { Loader } from './loader.js';
import { gateOptions } from './plan-parts.js';
import type { SettledOptions } from './normalize.js';
import type { ResolvedSource } from './resolved.js';

/** `host.compile`. A part of its own: few apps prepare modules ahead. */
export async function compileOne(
  resolved: ResolvedSource,
  { settings, combined }: SettledOptions,
  loader: Loader,
): Promise<WebAssembly.Module> {
  const gate = gateOptions(combined, settings);
  if (resolved.kind === 'module') return resolved.module;
  if (resolved.kind === 'bytes') {
    const loaded = await loader.load(resolved, { hash: null, gate, settings });
    if ('module' in loaded) return loader.give(loaded, gate);
  }
  throw new PluginError('invalid-argument', {
    message: 'compile takes one module, not a manifest',
    where: 'source',
    fix: 'Give the manifest to createPlugin.',
  });
}
