import { assetFailed } from '../contract/asset-failed.js';

/**
 * Imports a lazy chunk. Some engines never request a URL again whose import failed once, so the second attempt has another URL.
 * @throws PluginError `asset-failed`
 */
export function importAsset<Chunk>(url: string): Promise<Chunk> {
  const load = (specifier: string): Promise<Chunk> => import(/* @vite-ignore */ specifier) as Promise<Chunk>;
  return load(url).catch((cause: unknown) =>
    load(`${url}?${Date.now()}`).catch(() => {
      throw assetFailed(url, cause);
    }),
  );
}
