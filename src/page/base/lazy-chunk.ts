import { assetFailed } from '../../contract/asset-failed.js';

/**
 * Chunks that were imported from another URL after an import of their own had failed, by their own URL. Browsers keep a failed import for
 * as long as the page lives, and a chunk must not be loaded from two URLs.
 */
const replacements = new Map<string, Promise<unknown>>();

/**
 * Loads a lazy chunk of the library. A failed import is tried once more. Where the chunk's URL is known, the second attempt and those of
 * later uses have another query: engines never request a URL again whose import failed. Chunks that a bundler loads by its own code are
 * left to it.
 * @param load imports the chunk, by an expression that bundlers find
 * @throws PluginError `asset-failed`
 * @example const { inspectModules } = await lazyChunk(() => import('./inspection.js'));
 */
export async function lazyChunk<Chunk>(load: () => Promise<Chunk>): Promise<Chunk> {
  const url = urlIn(load);
  let cause: unknown = null;
  try {
    const replacement = replacements.get(url ?? '');
    if (replacement !== undefined) return (await replacement) as Chunk;
    return await load().catch((first: unknown) => {
      cause = first;
      return url === null ? load() : (replace(url) as Promise<Chunk>);
    });
  } catch (thrown) {
    cause ??= thrown;
    const [named = 'a file of the library'] = /\bhttps?:\/\/[^\s)]+/u.exec(String(cause)) ?? [];
    const likely = navigator.onLine ? 'a policy, an ad blocker or an update of the site' : 'the network';
    throw assetFailed(
      url ?? named,
      cause,
      `The likely cause is ${likely}. Serve all files of one release, under script-src.`,
    );
  }
}

/** Returns the URL that `load` imports, as the last bundler wrote it; null if its code imports no file as it is. */
function urlIn(load: () => unknown): string | null {
  const literal = /\bimport\(\s*(?:\/\*.*?\*\/\s*)*["'`](\.[^"'`]+)["'`]\s*\)(?!\.then)/su;
  const [, specifier] = literal.exec(String(load)) ?? [];
  const here = import.meta.url;
  try {
    return specifier === undefined ? null : new URL(specifier, here).href;
  } catch {
    return null; // Classic scripts have no address of their own.
  }
}

function replace(url: string): Promise<unknown> {
  const known = replacements.get(url);
  if (known !== undefined) return known;
  const other = new URL(url);
  other.searchParams.set('retry', String(Date.now()));
  const replacement = import(/* @vite-ignore */ other.href) as Promise<unknown>;
  replacements.set(url, replacement);
  replacement.catch(() => replacements.delete(url));
  return replacement;
}
