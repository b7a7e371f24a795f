import { assetFailed } from '../../contract/asset-failed.js';

/**
 * Loads a lazy chunk of the library. A failed import is tried once more, under another URL if the first one is known: some engines never
 * request a URL again whose import failed once. So it also recovers at the next use.
 * @param load imports the chunk, by an expression that bundlers find
 * @throws PluginError `asset-failed`
 * @example const { inspectModules } = await lazyChunk(() => import('./inspection.js'));
 */
export async function lazyChunk<Chunk>(load: () => Promise<Chunk>): Promise<Chunk> {
  try {
    return await load();
  } catch (first) {
    const url = addressOf(load, first);
    try {
      return url === null ? await load() : ((await import(/* @vite-ignore */ again(url))) as Chunk);
    } catch {
      throw assetFailed(url?.href ?? 'a lazy chunk', first);
    }
  }
}

/** Returns the URL that an import requested: it is in the code, as the last bundler wrote it, or in the error. */
function addressOf(load: () => unknown, error: unknown): URL | null {
  const [, specifier] = /import\(\s*(?:\/\*.*?\*\/\s*)*["'`](\.[^"'`]+)["'`]/su.exec(String(load)) ?? [];
  const [named] = /\bhttps?:\/\/\S+/u.exec(String(error)) ?? [];
  if (specifier !== undefined) return new URL(specifier, import.meta.url);
  return named === undefined ? null : new URL(named);
}

function again(url: URL): string {
  const other = new URL(url);
  other.searchParams.set('retry', String(Date.now()));
  return other.href;
}
